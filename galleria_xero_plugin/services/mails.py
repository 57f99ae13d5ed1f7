"""How a mail is written: plain text and HTML of the same words. Pure.

Names come from Xero and from the gallery: each text becomes one line, is escaped in HTML, and a link is always one
of our own pages.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

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


def compose(to: Sequence[str], subject: str, parts: Sequence[Part], label: str, address: str) -> Mail:
    """A mail that ends with one link, called `label`."""
    text = "\n\n".join([*(_as_text(part) for part in parts), f"{label}: {address}"]) + "\n"
    button = f"<p>{_link(label, address)}</p>"
    body = "".join(_as_html(part) for part in parts)
    head = f"<!doctype html><html><head><title>{html.escape(_line(subject))}</title></head>"
    return Mail(tuple(to), _line(subject), text, f"{head}<body>{body}{button}</body></html>")


def _as_text(part: Part) -> str:
    if isinstance(part, Heading):
        return f"{_line(part.text)}:"
    if isinstance(part, Point):
        return f"- {_line(part.text)}" + (f"\n  {part.address}" if part.address else "")
    return _line(part)


def _as_html(part: Part) -> str:
    if isinstance(part, Heading):
        return f"<h2>{html.escape(_line(part.text))}</h2>"
    if isinstance(part, Point):
        text = _link(part.text, part.address) if part.address else html.escape(_line(part.text))
        return f"<p>&bull; {text}</p>"
    return f"<p>{html.escape(_line(part))}</p>"


def _link(text: str, address: str) -> str:
    return f'<a href="{html.escape(address, quote=True)}">{html.escape(_line(text))}</a>'


def _line(text: str) -> str:
    return " ".join(text.split())
