"""How entries (views, jobs, commands) reach what `GalleriaXero.init_app` built for the current app."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from .config import Config
from .ports.gallery import Gallery
from .ports.runtime import JobQueue
from .ports.store import HostUnits
from .services.container import Services

EXTENSION_KEY = "galleria_xero"


@dataclass(frozen=True, slots=True)
class State:
    """What one app holds of this plugin."""

    config: Config
    gallery: Gallery
    units: HostUnits
    queue: JobQueue
    services: Services


def state() -> State:
    """The current app's state. Raises RuntimeError with advice when `init_app` was not called."""
    found = current_app.extensions.get(EXTENSION_KEY)
    if found is None:
        raise RuntimeError("GalleriaXero is not initialised on this app: call GalleriaXero(gallery).init_app(app, db)")
    return found


def services() -> Services:
    """The current app's services."""
    return state().services
