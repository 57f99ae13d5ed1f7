"""Documents and questions as rows of the Activity and contacts pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..domain.contact_fields import name_key
from ..domain.reasons import BY_A_PERSON
from ..domain.shown import MONEY_MAY_BE_LOST, own_state
from ..domain.states import WAITING, DocumentKind, DocumentState
from ..ports.gallery import Gallery
from ..ports.records import ContactConflict, Document
from .read_models import ConflictRow, DocumentRow, ServiceRow, Target, Words
from .wording import KINDS, document_state

MOVING = (DocumentState.PENDING, DocumentState.SENDING, DocumentState.UNKNOWN)

GROUPS: Mapping[str, tuple[Words, tuple[DocumentState, ...]]] = {
    "": (Words("Everything"), ()),
    "waiting": (Words("Waiting"), WAITING),
    "moving": (Words("On the way"), MOVING),
    "done": (Words("In Xero"), (DocumentState.DONE,)),
    "skipped": (Words("Not in Xero"), (DocumentState.SKIPPED,)),
}
"""The Activity page's filter: name -> (label, states); no states means all."""

# Where the action of a reason leads; what is not named here can be tried again, or waits for Xero's side.
_TARGETS: Mapping[str, Target] = {
    code: target
    for target, codes in {
        Target.SETTINGS: (
            "mapping_incomplete payment_method_unmapped tax_option_unmapped account_unusable tax_rate_unusable "
            "tax_rate_changed dated_before_sync_from issued_before_connection future_sync_date "
            "currency_policy_missing theme_missing tracking_missing"
        ),
        Target.GALLERY: (
            "tax_option_missing total_differs tax_differs amount_too_precise zero_total negative_total no_lines "
            "currency_rate_missing bank_amount_needed refund_bank_amount_needed draft_or_not_issued "
            "cancelled_never_sent contact_name_missing payment_not_positive tax_rounded number_burnt name_adjusted "
            "email_left_out changed_again never_send contact_not_needed"
        ),
        Target.CONNECT: "needs_reauth disconnected scope_missing",
        Target.XERO: (
            "credit_to_use credit_used fee_to_book partly_credited payment_short approval_refused "
            "invoice_not_approved invoice_not_payable nothing_due overpayment "
            "marker_conflict total_mismatch_in_xero voided_in_xero changed_after_sending "
            "details_changed_after_sending details_changed_after_payment "
            "changed_after_payment edited_in_both edited_in_xero_cancelled_here credited_in_xero credited_instead "
            "deleted_after_sending payment_reconciled payment_entered_by_hand refund_needs_bookkeeper "
            "refund_changed_after_sending credit_to_take_back open_credit credit_unclear not_cancelled_paid "
            "not_cancelled_older not_cancelled_changed not_cancelled_found not_cancelled_kind"
        ),
        Target.DOCUMENT: (
            "number_taken booked_by_hand_unclear credited_by_hand_unclear contact_ambiguous contact_email_differs "
            "period_locked cancelled_by_person"
        ),
        Target.BOOKS: "maybe_in_books waiting_for_books paid_before_sync_from",
        Target.FIRST_RUN: "first_run_draft",
        Target.RETRY: (
            "settling_down xero_unreachable gallery_failed internal xero_refused checking_with_xero organisation_paused "
            "first_run_approving"
        ),
    }.items()
    for code in codes.split()
}


_WANT_AN_ANSWER = ("maybe_in_books", MONEY_MAY_BE_LOST)
"""Reasons for which trying again would only ask again."""
_WAITS_FOR = ("waiting_for_contact", "waiting_for_invoice", "waiting_for_correction")


@dataclass(frozen=True, slots=True)
class Links:
    """Builders of addresses in Xero: (organisation's short code, id) -> address; ValueError for a bad id."""

    invoice: Callable[[str, str], str]
    contact: Callable[[str, str], str]


def as_shown(document: Document, before: Mapping[str, Document]) -> Document:
    """The document as people see it (`domain.shown`): what is to be decided anew stands where it stood, and what has
    its turn, but behind one that waits, waits for that one. `before` has what it depends on by row id."""
    own = own_state(document.kind, document.state, document.reason_code)
    if own is not document.state and document.state is not DocumentState.DONE:  # that says itself what was done
        return replace(document, state=own)
    first = before.get(document.depends_on or "")
    if document.state is not DocumentState.PENDING or first is None or as_shown(first, before).state not in WAITING:
        return document
    if first.kind is DocumentKind.CONTACT:
        code, facts = "waiting_for_contact", {"contact": first.contact_name}
    else:
        code = "waiting_for_invoice" if first.kind is DocumentKind.INVOICE else "waiting_for_correction"
        facts = {"number": first.label}
    return replace(document, state=DocumentState.BLOCKED, reason_code=code, reason_facts=facts)


def document_row(
    given: Document, before: Mapping[str, Document], row: ServiceRow, gallery: Gallery, links: Links
) -> DocumentRow:
    """A ledger row for people; `before` has what it depends on by row id: a payment's invoice, and so on."""
    document, first = as_shown(given, before), before.get(given.depends_on or "")
    state, tone = document_state(document)
    if document.state is DocumentState.PENDING and row.waiting.drafts:
        state = Words("Waits until you have looked at the first drafts")
    linked = first if document.kind in (DocumentKind.PAYMENT, DocumentKind.REFUND) else document
    short_code = row.connection.short_code if row.connection else ""
    xero_url = _xero_url(linked, short_code, links) if linked else ""
    target = _TARGETS.get(document.reason_code or "", Target.NONE)
    gallery_url = _gallery_url(document, gallery)
    if (target is Target.XERO and not xero_url) or (target is Target.GALLERY and not gallery_url):
        target = Target.NONE
    waits_for = first.id if first and document.reason_code in _WAITS_FOR else ""
    return DocumentRow(
        document=document,
        kind=KINDS[document.kind],
        state=state,
        tone=tone,
        xero_text=document.reason_facts.get("xero", ""),
        xero_url=xero_url,
        gallery_url=gallery_url,
        target=target,
        may_retry=(_waits(given) and given.reason_code not in _WANT_AN_ANSWER) or given.reason_code in BY_A_PERSON,
        may_stop=may_be_put_aside(given),
        waits_for=waits_for,
    )


def may_be_put_aside(document: Document) -> bool:
    """Whether a person can press Stop asking: it waits by itself. A contact is not put aside: whatever is sold to it
    would wait for ever."""
    return _waits(document) and document.kind is not DocumentKind.CONTACT


def _waits(document: Document) -> bool:
    """By itself, not because it is behind another one."""
    return own_state(document.kind, document.state, document.reason_code) in WAITING


def conflict_rows(
    gallery_id: str, conflicts: Sequence[ContactConflict], row: ServiceRow, gallery: Gallery, links: Links
) -> tuple[ConflictRow, ...]:
    """The import's questions with the gallery contacts that they are about."""
    return tuple(
        ConflictRow(
            conflict=conflict,
            question=_QUESTIONS.get(conflict.reason_code, _QUESTIONS[""]),
            candidates=tuple(
                (local_id, gallery.contact_url(gallery_id, local_id), *_known(conflict, local_id))
                for local_id in conflict.local_ids
            ),
            xero_url=contact_url(conflict.xero_id, row, links),
        )
        for conflict in conflicts
    )


def _known(conflict: ContactConflict, local_id: str) -> tuple[str, str]:
    """Name and e-mail of a gallery contact; matching compares them in lower case, so a name equal to Xero's is
    written as there."""
    for known_id, name, email in conflict.candidates:
        if known_id == local_id:
            return conflict.name if name == name_key(conflict.name) else name.title(), email
    return "", ""


def invoice_url(xero_id: str, row: ServiceRow, links: Links) -> str:
    """The page of an invoice in Xero, or ""."""
    return built(links.invoice, row.connection.short_code if row.connection else "", xero_id)


def contact_url(xero_id: str, row: ServiceRow, links: Links) -> str:
    """The page of a contact in Xero, or ""."""
    return built(links.contact, row.connection.short_code if row.connection else "", xero_id)


_QUESTIONS: Mapping[str, Words] = {
    "several": Words("Your gallery has several contacts of this name. Which one is it?"),
    "email_differs": Words("Your gallery has a contact of this name with another e-mail address. Is it the same?"),
    "name_differs": Words("Your gallery has this e-mail address under another name. Is it the same contact?"),
    "": Words("Your gallery has contacts that look like this one. Is it one of them?"),
}


def _xero_url(document: Document, short_code: str, links: Links) -> str:
    if document.xero_id is None:
        return ""
    if document.kind is DocumentKind.CONTACT:
        return built(links.contact, short_code, document.xero_id)
    if document.kind in (DocumentKind.INVOICE, DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID):
        return built(links.invoice, short_code, document.xero_id)
    return ""


def built(link: Callable[[str, str], str], short_code: str, document_id: str) -> str:
    """An address in Xero, or "" when it cannot be built."""
    try:
        return link(short_code, document_id)
    except ValueError:
        return ""  # not read yet, or not an id: then there is no link, and never an odd one


def _gallery_url(document: Document, gallery: Gallery) -> str:
    if document.kind is DocumentKind.CONTACT:
        return gallery.contact_url(document.gallery_id, document.local_id)
    return gallery.invoice_url(document.gallery_id, document.parent_local_id or document.local_id)
