"""What a person sees when something fails: plain words, a way on, a reference for the site's developer."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.exceptions import BadRequest, Forbidden, HTTPException, InternalServerError

from .. import errors
from ..errors import GalleriaXeroError
from ..services.connect import ConsentRefused
from .responses import BLUEPRINT, bare_page, notice, poll_answer, see_other

log = logging.getLogger(BLUEPRINT)

# branch of the error tree -> (status, heading, whether it is worth a line with a reference in the log)
_BRANCHES: dict[type[GalleriaXeroError], tuple[int, str, bool]] = {
    errors.NotFound: (404, "Not found", False),
    errors.InvalidInput: (422, "Please check what you entered", False),
    errors.Conflict: (409, "Somebody was faster", False),
    ConsentRefused: (409, "Not connected", False),
    errors.NotConnected: (409, "Not connected to Xero", False),
    errors.Paused: (503, "Xero asked us to wait", False),
    errors.Busy: (503, "The site is busy", False),
    errors.ConfigError: (500, "Xero is not set up on this site yet", True),
    errors.TokenUnreadable: (500, "The connection to Xero cannot be opened", True),
    errors.AuthRejected: (502, "Xero did not accept it", True),
    errors.AuthUnavailable: (503, "Xero cannot be reached", True),
    errors.XeroError: (503, "Xero did not answer as expected", True),
    GalleriaXeroError: (500, "Something went wrong", True),
}


def register(blueprint: Blueprint) -> None:
    """One handler for each branch, and pages for what is refused or breaks; the host's own pages for the same
    statuses are used by all other pages of the host."""
    blueprint.register_error_handler(GalleriaXeroError, _ours)
    blueprint.register_error_handler(Forbidden, _forbidden)
    blueprint.register_error_handler(BadRequest, _bad_request)
    blueprint.register_error_handler(InternalServerError, _broken)


def _ours(problem: GalleriaXeroError) -> Any:
    status, heading, logged = next(_BRANCHES[kind] for kind in type(problem).__mro__ if kind in _BRANCHES)
    reference = None
    if logged:
        reference = _reference()
        log.error("%s: %s: %s", reference, type(problem).__name__, problem.detail, exc_info=status == 500)
    message = problem.user_message
    if isinstance(problem, errors.InvalidInput):
        message = " ".join(problem.errors.values())
    return _answer(status, heading, message, reference)


def _forbidden(problem: Forbidden) -> Any:
    return _answer(403, "You cannot do this", problem.description or "", None)


def _bad_request(problem: BadRequest) -> Any:
    return _answer(400, "Please try again", problem.description or "", None)


def _broken(problem: HTTPException) -> Any:
    """Anything unforeseen. Flask has logged it with its traceback; the reference stands in the same log."""
    reference = _reference()
    log.error("%s: the page of the error above", reference)
    return _answer(
        500, "Something went wrong", "The page could not be shown. What was saved before is safe.", reference
    )


def _answer(status: int, heading: str, message: str, reference: str | None) -> Response:
    if request.path.endswith(".json"):
        return poll_answer(status, state="error", done=status == 404, message=message)
    if request.endpoint == f"{BLUEPRINT}.callback":
        # This address holds a code: no page is shown under it.
        notice(message, good=False)
        return see_other("index")
    return bare_page("error.html", status=status, heading=heading, message=message, reference=reference)


def _reference() -> str:
    """Short enough to be read out on the telephone."""
    return secrets.token_hex(4)
