"""One invoice line of the gallery as one line of Xero: its words and its amounts, not its account or tax.

Sources: `product.md` §5.4, `xero-facts.md` §4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from .model import Artwork, Item, ItemKind
from .settings import DEFAULT_ARTWORK_PARTS
from .text import ELLIPSIS, clean, clean_lines, cut
from .totals import has_decimals, round_half_up

DESCRIPTION_LIMIT = 4000
_LABEL_LIMIT = 80
_PRICE_DECIMALS = 4
_RATE_DECIMALS = 2

_KIND_WORDS = {
    ItemKind.ARTWORK: "Artwork",
    ItemKind.CUSTOM: "Item",
    ItemKind.FRAMING: "Framing",
    ItemKind.SHIPPING: "Shipping",
    ItemKind.PORTAL: "Portal fee",
}


@dataclass(frozen=True, slots=True)
class LineAmounts:
    """A line's figures as Xero takes them: at most one of the discounts is set."""

    quantity: Decimal
    unit_amount: Decimal
    discount_rate: Decimal | None = None
    discount_amount: Decimal | None = None


def description(item: Item, parts: Sequence[str] = DEFAULT_ARTWORK_PARTS) -> str:
    """The line's words: the `parts` of an artwork (`settings.ARTWORK_PARTS`), else the gallery's own text, else the
    kind of line (Xero wants at least one character). At most 4,000 characters."""
    text = _artwork_text(item.artwork, parts) if item.artwork is not None else ""
    return cut(text or clean_lines(item.description) or _KIND_WORDS[item.kind], DESCRIPTION_LIMIT, ELLIPSIS)


def label(text: str) -> str:
    """A description short enough to stand in a sentence."""
    return cut(clean(text), _LABEL_LIMIT, ELLIPSIS)


def amounts(item: Item) -> LineAmounts:
    """The line's figures.

    Xero keeps four decimals of quantity and price and two of a percentage. A line that has more is sent as one
    piece at its amount in whole cents, with its discount as an amount: Xero rounds every line to cents anyway,
    and the total is compared afterwards.
    """
    with localcontext(prec=60):
        gross = item.quantity * item.unit_price
        net = gross * (100 - item.discount_percent) / 100 - item.discount_amount
    as_it_is = (
        has_decimals(item.quantity, _PRICE_DECIMALS)
        and has_decimals(item.unit_price, _PRICE_DECIMALS)
        and has_decimals(item.discount_percent, _RATE_DECIMALS)
        and has_decimals(item.discount_amount)
        and not (item.discount_percent and item.discount_amount)
    )
    if as_it_is:
        return LineAmounts(item.quantity, item.unit_price, item.discount_percent or None, item.discount_amount or None)
    whole = round_half_up(gross)
    return LineAmounts(Decimal(1), whole, discount_amount=(whole - round_half_up(net)) or None)


def _artwork_text(artwork: Artwork, parts: Sequence[str]) -> str:
    says = {
        "artist": " & ".join(artist for artist in map(clean, artwork.artists) if artist),
        "title": artwork.title,
        "year": artwork.year,
        "medium": artwork.medium,
        "dimensions": artwork.dimensions,
        "edition": artwork.edition,
        "inventory_id": artwork.inventory_id,
    }
    return ", ".join(text for text in (clean(says.get(part, "")) for part in parts) if text)
