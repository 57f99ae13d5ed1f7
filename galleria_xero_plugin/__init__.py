"""A Flask plugin that connects an art gallery's site with Xero.

These names are the public interface; everything else may change without notice.
"""

from .db.migrate import include_name
from .domain.accounting import XeroAddress, XeroContact
from .domain.model import (
    Access,
    Address,
    Artwork,
    BrandingTheme,
    Commission,
    Contact,
    GalleryInfo,
    IndexEntry,
    Invoice,
    InvoiceState,
    Item,
    ItemKind,
    MethodKind,
    Page,
    Payment,
    PaymentMethod,
    Phones,
    Refund,
    TaxMode,
    TaxOption,
)
from .errors import ConfigError, GalleriaXeroError
from .extension import GalleriaXero, ring
from .ports.gallery import Gallery
from .ports.runtime import Mail, Mailer
from .web.nav import NavEntry, nav_entry
from .web.states import XeroState, document_states

__all__ = [
    "Access",
    "Address",
    "Artwork",
    "BrandingTheme",
    "Commission",
    "ConfigError",
    "Contact",
    "GalleriaXero",
    "GalleriaXeroError",
    "Gallery",
    "GalleryInfo",
    "IndexEntry",
    "Invoice",
    "InvoiceState",
    "Item",
    "ItemKind",
    "Mail",
    "Mailer",
    "MethodKind",
    "NavEntry",
    "Page",
    "Payment",
    "PaymentMethod",
    "Phones",
    "Refund",
    "TaxMode",
    "TaxOption",
    "XeroAddress",
    "XeroContact",
    "XeroState",
    "document_states",
    "include_name",
    "nav_entry",
    "ring",
]
