"""A Flask plugin that connects an art gallery's site with Xero.

These names are the public interface; everything else may change without notice.
"""

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
from .ports.gallery import Gallery
from .ports.runtime import Mail, Mailer

__all__ = [
    "Access",
    "Address",
    "Artwork",
    "BrandingTheme",
    "Commission",
    "ConfigError",
    "Contact",
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
    "Page",
    "Payment",
    "PaymentMethod",
    "Phones",
    "Refund",
    "TaxMode",
    "TaxOption",
    "XeroAddress",
    "XeroContact",
]
