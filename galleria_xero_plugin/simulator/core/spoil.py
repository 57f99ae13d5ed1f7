"""Ways to spoil an answer between Xero and its client; what was executed stays executed."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from .errors import ZERO_GUID
from .organisation import KEYS
from .wire import HTML_TYPE, JSON_TYPE, Response, dump, load
from .xml import as_xml

GREETING = b"<!DOCTYPE html><html><head><title>Log in</title></head><body>Please log in</body></html>"
CENT = Decimal("0.01")
MONEY = ("Total", "AmountDue", "RemainingCredit", "Amount")
_BLOCK = b" " * 1_000_000

Way = Callable[[Response, int], Response]


def _html(response: Response, size: int) -> Response:
    return replace(response, status=200, body=GREETING, content_type=HTML_TYPE)


def _truncate(response: Response, size: int) -> Response:
    return replace(response, body=response.body[: len(response.body) // 2])


def _drop(response: Response, size: int) -> Response:
    return replace(response, body=b"", drop=True)


def _half(response: Response, size: int) -> Response:
    """A body that comes with ``drop`` is sent before the cut."""
    return replace(_truncate(response, size), drop=True)


def _charset(response: Response, size: int) -> Response:
    return replace(response, body=response.body.decode("utf-8", "replace").encode("utf-16"))


def _oversized(response: Response, size: int) -> Response:
    return replace(response, filler=size)


def _gzip_bomb(response: Response, size: int) -> Response:
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(response.body)]
    for start in range(0, size, len(_BLOCK)):
        parts.append(packer.compress(_BLOCK[: size - start]))
    parts.append(packer.flush())
    headers = {**response.headers, "Content-Encoding": "gzip"}
    return replace(response, body=b"".join(parts), headers=headers)


def _elements(change: Callable[[str, list[Any]], list[Any]]) -> Way:
    """A way that changes the elements of a JSON answer; any other answer passes."""

    def spoilt(response: Response, size: int) -> Response:
        if response.content_type != JSON_TYPE or response.status != 200:
            return response
        content = load(response.body)
        if isinstance(content, list):
            return replace(response, body=dump(change("", content)))
        for name, value in content.items():
            if name in KEYS and isinstance(value, list):
                return replace(response, body=dump({**content, name: change(name, value)}))
        return response

    return spoilt


def _zero_first(kind: str, found: list[Any]) -> list[Any]:
    return [{**entry, KEYS[kind]: ZERO_GUID} if place == 0 and kind else entry for place, entry in enumerate(found)]


def _cent_off(kind: str, found: list[Any]) -> list[Any]:
    def wrong(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, **{name: Decimal(entry[name]) + CENT for name in MONEY if name in entry}}

    return [wrong(entry) for entry in found]


WAYS: dict[str, Way] = {
    "html": _html,
    "xml": lambda response, size: as_xml(response),
    "truncate": _truncate,
    "drop": _drop,
    "half": _half,
    "charset": _charset,
    "oversized": _oversized,
    "gzip_bomb": _gzip_bomb,
    "reordered": _elements(lambda kind, found: found[::-1]),
    "missing": _elements(lambda kind, found: found[1:]),
    "doubled": _elements(lambda kind, found: found[:1] + found),
    "zero_guid": _elements(_zero_first),
    "cent_off": _elements(_cent_off),
}
