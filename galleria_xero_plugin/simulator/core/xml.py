"""The default answer format is XML: who wants JSON must ask for it (xero-facts.md §2.3)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

from .wire import JSON_TYPE, Response

XML_TYPE = "text/xml; charset=utf-8"
_UNPRINTABLE = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_SINGULAR = {"ies": "y", "sses": "ss", "ses": "s", "s": ""}


def wanted(accept: str) -> bool:
    """Whether an Accept header leaves the choice to Xero."""
    return "json" not in accept.lower()


def as_xml(response: Response) -> Response:
    """The same answer in XML; anything but JSON stays as it is."""
    if response.content_type != JSON_TYPE:
        return response
    content = json.loads(response.body)
    root = "ApiException" if response.status >= 400 else "Response"
    text = '<?xml version="1.0" encoding="utf-8"?>' + _element(root, content)
    return replace(response, body=text.encode(), content_type=XML_TYPE)


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = "".join(_element(_tag(member), entry) for member, entry in value.items())
    elif isinstance(value, list):
        inner = "".join(_element(_singular(name), entry) for entry in value)
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(_UNPRINTABLE.sub("", str(value)))
    return f"<{name}>{inner}</{name}>"


def _tag(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"


def _singular(name: str) -> str:
    for ending, instead in _SINGULAR.items():
        if name.endswith(ending):
            return name[: -len(ending)] + instead
    return name
