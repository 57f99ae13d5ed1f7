"""What the Update Webservice page shows: choices, proposals with their reasons, warnings, what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..domain import chart
from ..domain.accounting import Account, Organisation, ReferenceData
from ..domain.model import BrandingTheme, GalleryInfo, PaymentMethod, TaxOption
from ..domain.proposal import NEVER_BANKED_KINDS
from ..domain.settings import AccountMapping, Settings
from ..ports.gallery import Gallery
from .read_models import ServiceRow
from .usage import Meaning, Usage, in_use, meaning

SINGLE = ("sales", "portal", "shipping", "framing", "custom", "expense", "rounding", "untaxed")
"""The mapping's fields that hold one account or rate; the others are named `bank:…`, `tax:…`, `theme:…`."""


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """`settings` are the saved ones, on a first visit with our proposals filled in; `proposed`, `cautions` and
    `missing` map a field to a sentence. Without `choices` nothing of the mapping can be shown yet."""

    gallery: GalleryInfo
    now: dt.datetime
    today: dt.date
    row: ServiceRow
    settings: Settings
    organisation: Organisation | None
    fetched_at: dt.datetime | None
    choices: chart.Choices | None
    tax_options: tuple[TaxOption, ...]
    methods: tuple[PaymentMethod, ...]
    themes: tuple[BrandingTheme, ...]
    usage: Usage
    meaning: Meaning | None
    proposed: Mapping[str, str] = field(default_factory=dict)
    cautions: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    looked_at: dt.datetime | None = None
    """When what stood in the books before was last read."""

    @property
    def version(self) -> int:
        return self.row.webservice.version

    @property
    def starts_first_run(self) -> bool:
        """Whether the next save that leaves nothing missing starts the first sync (`Update.save`)."""
        return self.row.first_run_ahead and self.row.webservice.mapping_completed_at is None

    @property
    def asks_untaxed(self) -> bool:
        """Whether the organisation wants a tax rate even for invoices without tax."""
        return self.organisation is not None and self.organisation.tax_registered is not False


def settings_page(
    gallery: Gallery,
    info: GalleryInfo,
    row: ServiceRow,
    reference: ReferenceData | None,
    now: dt.datetime,
    today: dt.date,
    looked_at: dt.datetime | None = None,
) -> SettingsPage:
    """Put the page together; called outside any transaction, because the gallery is asked several times."""
    gallery_id, settings = info.id, row.webservice.settings
    tax_options = tuple(gallery.tax_options(gallery_id))
    methods = tuple(method for method in gallery.payment_methods(gallery_id) if method.kind not in NEVER_BANKED_KINDS)
    themes = tuple(gallery.branding_themes(gallery_id))
    proposed: dict[str, str] = {}
    if reference is not None and settings.mapping == AccountMapping():
        settings, proposed = _with_proposals(settings, chart.propose(reference, tax_options, methods))
    usage = in_use(gallery, gallery_id, settings, today)
    page = SettingsPage(
        gallery=info,
        now=now,
        today=today,
        row=row,
        settings=settings,
        organisation=reference.organisation if reference else None,
        fetched_at=reference.fetched_at if reference else None,
        choices=chart.choices(reference) if reference else None,
        tax_options=tax_options,
        methods=methods,
        themes=themes,
        usage=usage,
        meaning=meaning(gallery, gallery_id, settings.sync_from, today) if settings.sync_from else None,
        proposed=proposed,
        looked_at=looked_at,
    )
    if reference is None:
        return page
    gaps = chart.gaps(
        settings,
        reference,
        usage.tax_options,
        usage.methods,
        untaxed_in_use=usage.untaxed,
        tax_options=tax_options,
        methods=methods,
    )
    cautions = chart.warnings(settings, reference, tax_options, methods)
    return replace(
        page,
        missing={gap.field: gap.message for gap in gaps},
        cautions={caution.field: caution.message for caution in cautions},
    )


def _with_proposals(settings: Settings, proposals: Mapping[str, chart.Proposal]) -> tuple[Settings, dict[str, str]]:
    """The settings with every proposal filled in, and the reasons by field."""
    why = {name: proposal.why for name, proposal in proposals.items()}
    single: dict[str, Any] = {name: proposals[name].value for name in SINGLE if name in proposals}
    mapping = replace(
        settings.mapping,
        **single,
        banks=_part(proposals, "bank:"),
        tax_rates=_part(proposals, "tax:"),
    )
    sync_from = settings.sync_from
    if sync_from is None and "sync_from" in proposals:
        sync_from = dt.date.fromisoformat(proposals["sync_from"].value)
    else:
        why.pop("sync_from", None)
    return replace(settings, mapping=mapping, sync_from=sync_from), why


def _part(proposals: Mapping[str, chart.Proposal], prefix: str) -> dict[str, str]:
    return {
        name.removeprefix(prefix): proposal.value for name, proposal in proposals.items() if name.startswith(prefix)
    }


def grouped(accounts: Sequence[Account]) -> dict[str, list[Account]]:
    """Accounts by the words for their type, in the given order."""
    groups: dict[str, list[Account]] = {}
    for account in accounts:
        groups.setdefault(_TYPES.get(account.type, "Other accounts"), []).append(account)
    return groups


_TYPES = {
    "BANK": "Bank accounts",
    "SALES": "Sales",
    "REVENUE": "Revenue",
    "OTHERINCOME": "Other income",
    "EXPENSE": "Expenses",
    "OVERHEADS": "Overheads",
    "DIRECTCOSTS": "Direct costs",
    "DEPRECIATN": "Depreciation",
    "CURRENT": "Current assets",
    "CURRLIAB": "Current liabilities",
}
