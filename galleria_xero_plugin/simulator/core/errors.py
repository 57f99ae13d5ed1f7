"""How the rules say no."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from .wire import HTML_TYPE, Response, answer

ZERO_GUID = "00000000-0000-0000-0000-000000000000"


class Refused(Exception):
    """The whole request is answered at once."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"answered {response.status}")
        self.response = response


class Invalid(Exception):
    """One element breaks rules; the messages are Xero's."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages: Iterable[str] = messages


def not_found() -> Refused:
    """404 as recorded: html content type, empty body (xero-facts.md §6.3)."""
    return Refused(Response(404, b"", HTML_TYPE))


def problem(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Refused:
    """An error in the gateway's format (§6.2)."""
    content: dict[str, object] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid.uuid4()),
        "Extensions": {},
    }
    return Refused(answer(status, content, headers))


def api_exception(number: int, kind: str, message: str) -> Refused:
    """A 400 that concerns no element: bad JSON, bad where clause, bad key (§6.1)."""
    return Refused(answer(400, {"ErrorNumber": number, "Type": kind, "Message": message}))


def bad_json(message: str = "Invalid Json data") -> Refused:
    """The body cannot be read."""
    return api_exception(14, "PostDataInvalidException", message)


def bad_query(message: str) -> Refused:
    """The where or order clause cannot be read."""
    return api_exception(16, "QueryParseException", message)


def validation(found: list[dict[str, Any]]) -> Refused:
    """400 ValidationException with the elements that broke rules (§6.1)."""
    return Refused(
        answer(
            400,
            {
                "ErrorNumber": 10,
                "Type": "ValidationException",
                "Message": "A validation exception occurred",
                "Elements": found,
            },
        )
    )
