"""How a mail is written: plain text and HTML of the same words. Pure.

Names come from Xero and from the gallery: each text becomes one line, is escaped in HTML, and a link is always one
of our own pages.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from ..ports.runtime import Mail


@dataclass(frozen=True, slots=True)
class Heading:
    """A cause, above the documents that it concerns."""

    text: str


@dataclass(frozen=True, slots=True)
class Point:
    """One of several things, with the address of the page where it is settled ("" for none)."""

    text: str
    address: str = ""


Part = str | Heading | Point


# Inside the elements, because a mail reader throws away a style sheet. Colours are left to the reader's own, light or
# dark.
_BODY = "margin:0 auto;padding:16px;max-width:36em;font:16px/1.5 sans-serif;overflow-wrap:anywhere"
_HEADING = "margin:24px 0 4px;font-size:17px;line-height:1.3"
_LIST = "margin:0;padding-left:20px"
_POINT = "margin:4px 0"
_LAST = "margin:24px 0 0;font-weight:bold"


def compose(to: Sequence[str], subject: str, parts: Sequence[Part], label: str, address: str) -> Mail:
    """A mail that ends with one link, called `label`."""
    together = [(of_list, list(these)) for of_list, these in groupby(parts, lambda part: isinstance(part, Point))]
    text = "\n\n".join([*(_as_text(these) for _, these in together), f"{label}: {address}"]) + "\n"
    body = "".join(
        f'<ul style="{_LIST}">{_as_html(these)}</ul>' if of_list else _as_html(these) for of_list, these in together
    )
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(_line(subject))}</title></head>"
    )
    link = f'<p style="{_LAST}">{_link(label, address)}</p>'
    return Mail(tuple(to), _line(subject), text, f'{head}<body style="{_BODY}">{body}{link}</body></html>')


def _as_text(parts: Sequence[Part]) -> str:
    """Points close together, everything else apart."""
    written = []
    for part in parts:
        if isinstance(part, Heading):
            written.append(f"{_line(part.text)}:")
        elif isinstance(part, Point):
            written.append(f"- {_line(part.text)}" + (f"\n  {part.address}" if part.address else ""))
        else:
            written.append(_line(part))
    return ("\n" if isinstance(parts[0], Point) else "\n\n").join(written)


def _as_html(parts: Sequence[Part]) -> str:
    written = []
    for part in parts:
        if isinstance(part, Heading):
            written.append(f'<h2 style="{_HEADING}">{html.escape(_line(part.text))}</h2>')
        elif isinstance(part, Point):
            text = _link(part.text, part.address) if part.address else html.escape(_line(part.text))
            written.append(f'<li style="{_POINT}">{text}</li>')
        else:
            written.append(f"<p>{html.escape(_line(part))}</p>")
    return "".join(written)


def _link(text: str, address: str) -> str:
    return f'<a href="{html.escape(address, quote=True)}">{html.escape(_line(text))}</a>'


def _line(text: str) -> str:
    return " ".join(text.split())
