"""What a comparison of the gallery, the ledger and Xero found (export-protocol §2.4, the reconciler).

Three counts tell how far the books can be trusted: what is missing in Xero, what stands there too much, and what
is different. All three should be zero; what to do about a finding is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum


class Count(StrEnum):
    """The three counts."""

    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"


class What(StrEnum):
    """What does not agree. An invoice or a payment is *ours* by its marker."""

    OVERLOOKED = "overlooked"
    """The gallery has issued it, and a sync has not noticed."""
    ABSENT = "absent"
    """It was sent and is not in Xero."""
    GONE = "gone"
    """It was sent, and somebody voided or deleted it in Xero."""
    PAYMENT_ABSENT = "payment_absent"
    CREDIT_ABSENT = "credit_absent"
    """A credit note was sent and is not in Xero, or was voided there."""
    CREDIT_UNUSED = "credit_unused"
    """A credit was used for the invoice, and is so no more."""
    REFUND_ABSENT = "refund_absent"
    STRANGE = "strange"
    """One of ours in Xero of which the ledger knows nothing."""
    PAYMENT_STRANGE = "payment_strange"
    CREDIT_STRANGE = "credit_strange"
    REFUND_STRANGE = "refund_strange"
    TWICE = "twice"
    """Two invoices in Xero with one marker."""
    PAYMENT_TWICE = "payment_twice"
    CREDIT_TWICE = "credit_twice"
    REFUND_TWICE = "refund_twice"
    TOTAL = "total"
    PAYMENT_AMOUNT = "payment_amount"
    CREDIT_TOTAL = "credit_total"
    REFUND_AMOUNT = "refund_amount"


COUNTED_AS = {
    What.OVERLOOKED: Count.MISSING,
    What.ABSENT: Count.MISSING,
    What.GONE: Count.MISSING,
    What.PAYMENT_ABSENT: Count.MISSING,
    What.CREDIT_ABSENT: Count.MISSING,
    What.CREDIT_UNUSED: Count.MISSING,
    What.REFUND_ABSENT: Count.MISSING,
    What.STRANGE: Count.EXTRA,
    What.PAYMENT_STRANGE: Count.EXTRA,
    What.CREDIT_STRANGE: Count.EXTRA,
    What.REFUND_STRANGE: Count.EXTRA,
    What.TWICE: Count.EXTRA,
    What.PAYMENT_TWICE: Count.EXTRA,
    What.CREDIT_TWICE: Count.EXTRA,
    What.REFUND_TWICE: Count.EXTRA,
    What.TOTAL: Count.DIFFERENT,
    What.PAYMENT_AMOUNT: Count.DIFFERENT,
    What.CREDIT_TOTAL: Count.DIFFERENT,
    What.REFUND_AMOUNT: Count.DIFFERENT,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not agree: the number of an invoice (also for its payments) or credit note, and the ledger
    row, if any. `sides` is how both sides stand, in a form that changes when one of them does."""

    what: What
    number: str
    document_id: str = ""
    sides: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found. `new` are gallery invoices that the next sync will see for the first time: no finding, unless
    they are still here after it. `accepted` is what was found too, and a person has said that it is all right."""

    agreeing: int
    findings: tuple[Finding, ...] = ()
    new: tuple[str, ...] = ()
    accepted: tuple[Finding, ...] = ()

    def accepting(self, wanted: Collection[Finding]) -> Comparison:
        """The same, with `wanted` for all right as far as it was found so: of what stands otherwise by now nothing
        was said. What is no longer wanted counts again."""
        every = (*self.findings, *self.accepted)
        return replace(
            self,
            findings=tuple(one for one in every if one not in wanted),
            accepted=tuple(one for one in every if one in wanted),
        )

    def count(self, which: str) -> int:
        """How many findings count as `which`."""
        return sum(COUNTED_AS[finding.what] == which for finding in self.findings)

    @property
    def clean(self) -> bool:
        return not self.findings

    def __str__(self) -> str:
        parts = [f"{self.agreeing} invoices agree", f"{len(self.new)} new"]
        for which in Count:
            numbers = [finding.number for finding in self.findings if COUNTED_AS[finding.what] is which]
            shown = ", ".join(numbers[:10]) + (" …" if len(numbers) > 10 else "")
            parts.append(f"{len(numbers)} {which}" + (f" ({shown})" if numbers else ""))
        return "; ".join(parts) + "."
