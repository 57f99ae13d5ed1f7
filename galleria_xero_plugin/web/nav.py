"""The host's Websites page asks for this to show its Webservices tab."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for

from .responses import BLUEPRINT


@dataclass(frozen=True, slots=True)
class NavEntry:
    """A tab or menu entry: `active` while one of our pages is shown."""

    label: str
    url: str
    active: bool


def nav_entry() -> NavEntry:
    """The Webservices entry, for the current request."""
    return NavEntry("Webservices", url_for(f"{BLUEPRINT}.index"), request.blueprint == BLUEPRINT)
