"""What a change in the gallery means for an invoice in Xero: the table of decisions."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal

import pytest

from galleria_xero_plugin.domain.accounting import LineAmountTypes, LineDraft, XeroLine, XeroPayment
from galleria_xero_plugin.domain.changes import Action, cancel, change, erased, removal
from galleria_xero_plugin.domain import credits
from galleria_xero_plugin.domain.line_ids import line_ids
from galleria_xero_plugin.domain.totals import predict
from galleria_xero_plugin.domain.standing import print_of_draft, print_of_standing

from .builders import DAY, draft, invoice, item, reference, xero_invoice

OLD = draft(invoice())
NEW = draft(invoice(item("900.00"), total="1080.00", tax="180.00"))
DEARER = draft(invoice(item("1100.00"), total="1320.00", tax="220.00"))
LAST_MONTH = DAY - dt.timedelta(days=30)
LATER = DAY + dt.timedelta(days=30)


def stands(of=OLD, **more):
    """The invoice as Xero shows it after `of` was sent."""
    lines = tuple(
        XeroLine(f"line-{n}", line.description, line.quantity, line.unit_amount, line.account_code, line.tax_type or "",
                 line.quantity * line.unit_amount, line.quantity * line.unit_amount / 5, tracking=line.tracking)
        for n, line in enumerate(of.lines)
    )  # fmt: skip
    values = {
        "date": of.date, "due_date": of.due_date, "reference": of.reference, "lines": lines,
        "line_amount_types": of.line_amount_types.value, "currency_rate": Decimal(1),
        "total": of.expected_total, "tax_total": of.expected_tax, "due": str(of.expected_total),
    }  # fmt: skip
    return xero_invoice(**(values | more))


def decided(standing, wanted=NEW, *, written=print_of_draft(OLD), credited="0", today=DAY, **organisation):
    found = change(
        standing, wanted, written=written, credited=Decimal(credited), today=today, reference=reference(**organisation)
    )
    return found.action, found.hold.code if found.hold else None, found.amount


PART_PAID = {"amount_paid": Decimal(500), "due": "700"}

CHANGES = {
    "unpaid, this month": (decided(stands()), (Action.UPDATE, None, None)),
    "it stands already": (decided(stands(NEW)), (Action.LEAVE, None, None)),
    "gone": (decided(None), (Action.ASK, "voided_in_xero", None)),
    "voided": (decided(stands(status="VOIDED")), (Action.ASK, "voided_in_xero", None)),
    "deleted": (decided(stands(status="DELETED")), (Action.ASK, "voided_in_xero", None)),
    "edited by hand": (decided(stands(reference="mine")), (Action.ASK, "edited_in_both", None)),
    "nobody knows what was written": (decided(stands(), written=None), (Action.ASK, "edited_in_both", None)),
    "its lines are not shown": (decided(stands(lines=None)), (Action.ASK, "edited_in_both", None)),
    "the month is over": (decided(stands(), today=LATER), (Action.ASK, "changed_after_sending", None)),
    "moved to another month": (
        decided(stands(), replace(NEW, date=LAST_MONTH)), (Action.ASK, "changed_after_sending", None)
    ),
    "a draft of an earlier month": (decided(stands(status="DRAFT"), today=LATER), (Action.UPDATE, None, None)),
    "locked": (decided(stands(), period_lock_date=DAY), (Action.WAIT, "period_locked", None)),
    "a locked draft": (
        decided(stands(status="DRAFT"), period_lock_date=DAY), (Action.WAIT, "period_locked", None)
    ),
    "cheaper after a part payment": (decided(stands(**PART_PAID)), (Action.CREDIT, None, Decimal("120.00"))),
    "cheaper, and cheaper again": (
        decided(stands(**PART_PAID), credited="50"), (Action.CREDIT, None, Decimal("70.00"))
    ),
    "as it was, but a lower price was credited": (
        decided(stands(**PART_PAID), OLD, credited="50"), (Action.ASK, "changed_after_payment", None)
    ),
    "cheaper by more than is due": (
        decided(stands(amount_paid=Decimal(1100), due="100")), (Action.ASK, "changed_after_payment", None)
    ),
    "dearer after a part payment": (
        decided(stands(**PART_PAID), DEARER), (Action.ASK, "changed_after_payment", None)
    ),
    "another contact after a part payment": (
        decided(stands(**PART_PAID), replace(NEW, contact_id="other")), (Action.ASK, "changed_after_payment", None)
    ),
    "only the date, after a part payment": (
        decided(stands(**PART_PAID), replace(OLD, date=DAY.replace(day=1))),
        (Action.ASK, "details_changed_after_payment", None),
    ),
    "part credited by somebody": (
        decided(stands(amount_credited=Decimal(1200), due="0")), (Action.ASK, "changed_after_payment", None)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_change(name):
    found, expected = CHANGES[name]
    assert found == expected


def ended(standing, *, refunded="0", credited="0", written=print_of_draft(OLD), today=DAY, **organisation):
    found = cancel(
        standing, number="AG-1234", written=written, refunded=Decimal(refunded), credited=Decimal(credited), today=today,
        reference=reference(**organisation),
    )  # fmt: skip
    return found.action, found.hold.code if found.hold else None, found.amount


PAID = {"status": "PAID", "amount_paid": Decimal(1200), "due": "0"}

CANCELS = {
    "unpaid, this month": (ended(stands()), (Action.VOID, None, None)),
    "gone": (ended(None), (Action.LEAVE, None, None)),
    "voided by hand": (ended(stands(status="VOIDED")), (Action.LEAVE, None, None)),
    "a draft": (ended(stands(status="DRAFT"), today=LATER), (Action.DELETE, None, None)),
    "a draft that somebody worked on": (
        ended(stands(status="SUBMITTED", reference="mine")), (Action.ASK, "edited_in_xero_cancelled_here", None)
    ),
    "a draft in a locked month": (
        ended(stands(status="DRAFT"), period_lock_date=DAY), (Action.WAIT, "period_locked", None)
    ),
    "edited by hand": (ended(stands(reference="mine")), (Action.ASK, "edited_in_xero_cancelled_here", None)),
    "the month is over": (ended(stands(), today=LATER), (Action.CREDIT, None, Decimal(1200))),
    "its day is locked": (ended(stands(), period_lock_date=DAY), (Action.CREDIT, None, Decimal(1200))),
    "a deposit is kept": (ended(stands(amount_paid=Decimal(300), due="900")), (Action.CREDIT, None, Decimal(900))),
    "a deposit is given back": (
        ended(stands(amount_paid=Decimal(300), due="900"), refunded="300"), (Action.CREDIT, None, Decimal(1200))
    ),
    "paid, nothing given back": (ended(stands(**PAID)), (Action.CREDIT, None, Decimal(1200))),
    "paid, a part credited before": (ended(stands(**PAID), credited="400"), (Action.CREDIT, None, Decimal(800))),
    "paid, all of it credited before": (
        ended(stands(**PAID), credited="1200"), (Action.LEAVE, "credited_in_xero", None)
    ),
    "paid, a part given back": (ended(stands(**PAID), refunded="400"), (Action.CREDIT, None, Decimal(400))),
    "paid, more given back than came in": (
        ended(stands(**PAID), refunded="1300"), (Action.ASK, "refund_needs_bookkeeper", None)
    ),
    "written off by somebody": (
        ended(stands(status="PAID", amount_credited=Decimal(1200), due="0")), (Action.LEAVE, "credited_in_xero", None)
    ),
    "a little written off": (
        ended(stands(amount_credited=Decimal("0.40"), due="1199.60")), (Action.CREDIT, None, Decimal("1199.60"))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CANCELS)
def test_a_cancellation(name):
    found, expected = CANCELS[name]
    assert found == expected


def test_what_was_erased_is_asked_unless_nothing_is_left_of_it():
    assert erased(stands(), number="AG-1").action is Action.ASK
    assert erased(stands(status="VOIDED"), number="AG-1").action is Action.LEAVE
    credited = erased(stands(status="PAID", amount_credited=Decimal(1200), due="0"), number="AG-1")
    assert (credited.action, credited.hold.code) == (Action.LEAVE, "credited_in_xero")


def payment(**more):
    values = {"id": "p", "status": "AUTHORISED", "date": DAY, "amount": Decimal(500), "reference": "",
              "invoice_id": "i", "account_id": "a"}  # fmt: skip
    return XeroPayment(**(values | more))


@pytest.mark.parametrize(
    ("standing", "recognised", "lock", "action"),
    [
        (None, False, None, Action.LEAVE),
        (payment(status="DELETED"), False, None, Action.LEAVE),
        (payment(), False, None, Action.DELETE),
        (payment(), True, None, Action.ASK),
        (payment(is_reconciled=True), False, None, Action.ASK),
        (payment(), False, DAY, Action.WAIT),
    ],
)
def test_a_payment_that_the_gallery_does_not_have_any_more(standing, recognised, lock, action):
    found = removal(standing, recognised=recognised, facts={}, reference=reference(period_lock_date=lock))
    assert found.action is action


def test_a_print_knows_what_a_posting_consists_of_and_nothing_else():
    assert print_of_standing(stands()) == print_of_draft(OLD)
    assert print_of_standing(stands(status="PAID", amount_paid=Decimal(1200), due="0")) == print_of_draft(OLD)
    for other in ({"date": LAST_MONTH}, {"due_date": LATER}, {"contact_id": "x"}, {"total": Decimal(1)}):
        assert print_of_standing(stands(**other)) != print_of_draft(OLD)
    (line,) = stands().lines
    for other in ({"account_code": "201"}, {"tax_type": "NONE"}, {"tracking": (("c", "Ines"),)}):
        assert print_of_standing(stands(lines=(replace(line, **other),))) != print_of_draft(OLD)


def wanted_line(words, amount="10", **more):
    return LineDraft(words, Decimal(1), Decimal(amount), "200", "OUTPUT2", **more)


def standing_line(id, words, amount="10", **more):
    return XeroLine(id, words, Decimal(1), Decimal(amount), "200", "OUTPUT2", Decimal(amount), Decimal(2), **more)


@pytest.mark.parametrize(
    ("wanted", "standing", "expected"),
    [
        ([wanted_line("A")], [standing_line("a", "A")], ("a",)),
        ([wanted_line("B"), wanted_line("A")], [standing_line("a", "A"), standing_line("b", "B")], ("b", "a")),
        ([wanted_line("A", "11")], [standing_line("x", "X"), standing_line("a", "A")], ("a",)),
        ([wanted_line("New")], [standing_line("a", "A")], ("a",)),
        ([wanted_line("A"), wanted_line("New")], [standing_line("a", "A")], ("a", None)),
        ([wanted_line("A", discount_rate=Decimal(10))], [standing_line("a", "A")], (None,)),
        ([wanted_line("A"), wanted_line("A")], [standing_line("1", "A"), standing_line("2", "A")], ("1", "2")),
    ],
)
def test_lines_keep_their_ids(wanted, standing, expected):
    assert line_ids(wanted, standing) == expected


RATES = {"OUTPUT2": Decimal(20), "ZERORATEDOUTPUT": Decimal(0)}


def credit(amount, *lines, types="Exclusive", total="1700", **more):
    standing = xero_invoice(lines=lines or None, line_amount_types=types, total=Decimal(total))
    return credits.credit(standing, Decimal(amount), words="Credit for AG-1234", rates=RATES, **more)


TAXED = XeroLine("1", "Work", Decimal(1), Decimal(1250), "200", "OUTPUT2", Decimal(1000), Decimal(200), Decimal(20))
FREE = XeroLine("2", "Crate", Decimal(1), Decimal(500), "220", "ZERORATEDOUTPUT", Decimal(500), Decimal(0))


def said(found):
    return [(line.description, line.unit_amount, line.account_code) for line in found.lines]


def test_the_whole_is_credited_line_by_line_without_discounts():
    found = credit("1700", TAXED, FREE)
    assert found.line_amount_types is LineAmountTypes.EXCLUSIVE
    assert said(found) == [("Work", 1000, "200"), ("Crate", 500, "220")]
    assert all(line.discount_rate is None for line in found.lines)


def test_a_part_is_credited_by_account_and_rate():
    found = credit("850", TAXED, FREE)
    assert found.line_amount_types is LineAmountTypes.EXCLUSIVE
    assert said(found) == [("Credit for AG-1234", 500, "200"), ("Credit for AG-1234", 250, "220")]


def test_a_part_that_tax_on_top_would_miss_by_a_cent_is_credited_with_the_tax_included():
    found = credit("0.03", TAXED)
    assert found.line_amount_types is LineAmountTypes.INCLUSIVE
    assert said(found) == [("Credit for AG-1234", Decimal("0.03"), "200")]


def test_every_part_comes_to_its_amount_exactly():
    for cents in range(1, 400):
        amount = Decimal(cents) / 100
        found = credit(amount, TAXED, FREE)
        assert predict(found.lines, found.line_amount_types, RATES).total == amount


def test_a_lower_price_comes_off_the_line_that_is_cheaper():
    cheaper = replace(
        NEW, lines=(wanted_line("Work", "900"), LineDraft("Crate", Decimal(1), Decimal(500), "220", "ZERORATEDOUTPUT"))
    )
    assert said(credit("120", TAXED, FREE, wanted=cheaper)) == [("Work", 100, "200")]


def test_what_is_cheaper_here_and_dearer_there_is_not_credited_by_itself():
    mixed = replace(
        NEW, lines=(wanted_line("Work", "800"), LineDraft("Crate", Decimal(1), Decimal(600), "220", "ZERORATEDOUTPUT"))
    )
    assert credit("140", TAXED, FREE, wanted=mixed) is None
    assert credit("140") is None and credit("140", TAXED, types="Unheard") is None
