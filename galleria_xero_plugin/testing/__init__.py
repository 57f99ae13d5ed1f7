"""For the developers of a host site: tests for an implementation of the gallery port, and things to test with.

* `GalleryContract` -- a class of pytest checks; subclass it, say how to get your gallery, run pytest.
* `FakeGallery` -- a whole gallery in memory that remembers, with methods to change it.
* `make_invoice`, `make_item`, `make_payment`, ... -- values of the port with sensible defaults.

This package is for tests: it needs pytest, and nothing else of ours imports it.
"""

import pytest

# Before the modules are loaded: a failing check then shows both sides of its comparison.
pytest.register_assert_rewrite(f"{__name__}.checks", f"{__name__}.contract", f"{__name__}.contract_changes",
                               f"{__name__}.contract_contacts", f"{__name__}.reading")

from .contract import GalleryContract  # noqa: E402
from .factories import (  # noqa: E402
    make_access,
    make_artwork,
    make_contact,
    make_gallery_info,
    make_invoice,
    make_item,
    make_payment,
    make_refund,
    make_xero_contact,
)
from .memory import FakeGallery  # noqa: E402

__all__ = [
    "FakeGallery",
    "GalleryContract",
    "make_access",
    "make_artwork",
    "make_contact",
    "make_gallery_info",
    "make_invoice",
    "make_item",
    "make_payment",
    "make_refund",
    "make_xero_contact",
]
