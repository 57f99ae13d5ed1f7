"""Who may do what: every route names a right, and the door asks the host for it.

Deny by default: a view is reachable only through `guarded`, which `blueprint.ROUTES` applies to all of them. The
gallery's id comes from the host's signed-in session (`Gallery.access`), never from the request.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from enum import Enum
from typing import Any

from flask import current_app, jsonify, redirect, request, url_for
from werkzeug.exceptions import Forbidden

from ..proxies import state


class Right(Enum):
    """What a route asks for. FRESH is CHANGE by somebody who entered their password lately."""

    VIEW = "view"
    CHANGE = "change"
    FRESH = "fresh"


View = Callable[..., Any]


def guarded(right: Right, view: View) -> View:
    """The view behind its door: it gets the `Access` first, then the ids of the address as texts."""

    @functools.wraps(view)
    def door(**ids: Any) -> Any:
        access = state().gallery.access()
        if access is None:
            return _anonymous()
        if not (access.may_view or access.may_change):
            raise Forbidden("You may not see the webservices of this gallery.")
        if right is not Right.VIEW:
            if not access.may_change:
                raise Forbidden("Only the main holder of your gallery's account may change the webservices.")
            if right is Right.FRESH and not access.fresh_login:
                return current_app.login_manager.needs_refresh()  # type: ignore[attr-defined]
        return view(access, **{name: str(value) for name, value in ids.items()})

    return door


def with_link(view: View) -> View:
    """A view for whoever has its link: nobody is signed in, and the view itself finds out what the link opens."""

    @functools.wraps(view)
    def door(token: str) -> Any:
        return view(token)

    return door


def _anonymous() -> Any:
    """The host's own login, with two exceptions: a page that polls gets a bare 401 (the host's answer may leave
    a message in the session each time), and the way back from Xero is not offered to the login as its `next`,
    because it holds a code."""
    if request.path.endswith(".json"):
        return jsonify(state="signed_out", done=True, message="Please sign in again."), 401
    if request.path == url_for("galleria_xero.callback"):
        return redirect(url_for("galleria_xero.index"), 303)
    return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
