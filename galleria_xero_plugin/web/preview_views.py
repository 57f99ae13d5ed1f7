"""Preview: what a sync would do now."""

from __future__ import annotations

from flask import Response, request

from ..domain.model import Access
from ..proxies import services
from .responses import page


def preview(access: Access, webservice_id: str) -> Response:
    """One month, read-only; nothing is asked of Xero."""
    number = request.args.get("page", "")
    number = number if number.isascii() and number.isdigit() and len(number) < 6 else "1"
    shown = services().preview.page(access, webservice_id, request.args.get("month", ""), int(number))
    return page("preview.html", access, shown.gallery, page=shown)
