"""The gallery as a worker asks it: whatever goes wrong over there is one kind of error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast

from ..domain.model import GalleryInfo
from ..errors import GalleriaXeroError
from ..ports.gallery import Gallery

log = logging.getLogger("galleria_xero.gallery")

READS = frozenset({"info", "tax_options", "payment_methods", "invoices_changed", "invoices", "invoice_index"})
"""What a sync cannot do without. An address that cannot be built holds up one document only."""


class GalleryFailed(GalleriaXeroError):
    """The host's side raised an error of its own."""

    def __init__(self, detail: str) -> None:
        super().__init__("Your gallery's own data cannot be read at the moment. Please try again.", detail=detail)


def asked(gallery: Gallery, gallery_id: str) -> GalleryInfo:
    """What the host says about a gallery. Raises GalleryFailed, so that one gallery's trouble is only its own."""
    try:
        return gallery.info(gallery_id)
    except Exception as problem:
        raise GalleryFailed(f"gallery {gallery_id}: {type(problem).__name__}") from problem


class _Guarded:
    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._gallery, name)
        return _guarded(name, found) if name in READS else found


def _guarded(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def ask(*arguments: Any, **named: Any) -> Any:
        try:
            return call(*arguments, **named)
        except GalleriaXeroError:
            raise
        except Exception as problem:
            log.exception("the gallery's %s failed", name)
            raise GalleryFailed(f"{name}: {type(problem).__name__}") from problem

    return ask


def guarded(gallery: Gallery) -> Gallery:
    """This gallery, whose errors are GalleryFailed; the log has them in full, for the site's developer."""
    return cast(Gallery, _Guarded(gallery))
