"""What Xero may add any day: members and values no client knows, and must tolerate (xero-facts.md §4.6, §11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNHEARD = "UNHEARD-OF"
# A further entry of a list: a copy of its last one, with these members instead.
_ENTRIES: dict[str, dict[str, Any]] = {
    "Accounts": {"AccountID": "00000000-0000-4000-8000-0000000000aa", "Code": "ZZ9", "Name": "Of a new type"},
    "TaxRates": {"TaxType": UNHEARD, "Name": "Of a new kind", "CanApplyToRevenue": False},
    "BrandingThemes": {"BrandingThemeID": "00000000-0000-4000-8000-0000000000bb", "Name": "Of a new type"},
    "TrackingCategories": {"TrackingCategoryID": "00000000-0000-4000-8000-0000000000cc", "Name": "Of a new kind"},
}
_ENUMS = ("Type", "Class", "Status", "BankAccountType", "SystemAccount", "ReportTaxType")


def with_fields(members: Mapping[str, Any]) -> dict[str, Any]:
    """Every element has a member nobody has heard of."""
    strange = {"NewThisYear": {"Kind": UNHEARD, "Parts": [1, None]}}
    return {
        name: [{**entry, **strange} for entry in value] if isinstance(value, list) else value
        for name, value in members.items()
    }


def with_values(members: Mapping[str, Any]) -> dict[str, Any]:
    """Settings lists have an entry of an unknown kind; the organisation is of an unknown class and version."""
    found = dict(members)
    for name, instead in _ENTRIES.items():
        if found.get(name):
            last = found[name][-1]
            strange = {member: UNHEARD for member in _ENUMS if member in last}
            found[name] = [*found[name], {**last, **strange, **instead}]
    for about in found.get("Organisations", ()):
        strange = dict.fromkeys(("Class", "Version", "Edition", "OrganisationEntityType"), UNHEARD)
        found["Organisations"] = [{**about, **strange}]
    return found
