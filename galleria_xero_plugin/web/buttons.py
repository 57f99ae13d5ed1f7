"""Buttons: a POST with nothing but a CSRF token."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import BadRequest

from .forms import ActionForm

STALE = "For safety this page works for a limited time only. Nothing was changed: please go back, reload, try again."


def pressed(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view of a button: refused when the token is missing or old, whether or not the host checks it too."""

    @functools.wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        if not ActionForm().validate():
            raise BadRequest(STALE)
        return view(*args, **kwargs)

    return checked
