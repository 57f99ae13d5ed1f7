"""What the two halves of ``/_simulator`` share: JSON in, JSON out, and how a wrong call is answered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import flask

from .core.errors import Invalid, Refused
from .core.wire import JSON_TYPE, dump, load


def control_blueprint(name: str) -> flask.Blueprint:
    """A blueprint under ``/_simulator`` whose refusals are JSON."""
    made = flask.Blueprint(name, __name__, url_prefix="/_simulator")
    made.register_error_handler(ValueError, _wrong)
    made.register_error_handler(Invalid, _wrong)
    made.register_error_handler(Refused, _refused)
    return made


def json_answer(content: Any, status: int = 200) -> flask.Response:
    """JSON with Decimals as numbers and dates in Xero's form."""
    return flask.Response(dump(content), status, content_type=JSON_TYPE)


def sent_object() -> dict[str, Any]:
    """The JSON object that was sent; an empty body is an empty one."""
    raw = flask.request.get_data()
    found = load(raw) if raw.strip() else {}
    if not isinstance(found, dict):
        raise ValueError("The body must be a JSON object.")
    return found


def plain_number(value: Any) -> Any:
    """Switches and faults hold floats where JSON brought Decimal."""
    return float(value) if isinstance(value, Decimal) else value


def _wrong(error: Exception) -> flask.Response:
    return json_answer({"error": str(error)}, 400)


def _refused(error: Refused) -> flask.Response:
    return json_answer({"error": "There is no such record, or the body cannot be read."}, error.response.status)
