"""The words for states: of a webservice, of its schedule, of a run, of a document. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from ..domain.comparison import COUNTED_AS, Finding, What
from ..domain.comparison import Count as Counted
from ..domain.reasons import Whose, explain
from ..domain.schedule import NIGHTLY_AT
from ..domain.settings import ScheduleKind, Settings
from ..domain.states import DocumentKind, DocumentState, RunKind, RunState
from ..domain.withdrawing import CANCELLED
from ..ports.records import Compared, Connection, ConnectionStatus, Document, Run, Webservice
from .export.gate import TO_CANCEL
from .read_models import Count, RunView, Standing, Target, Tone, Waiting, Words
from .usage import Meaning

KINDS: Mapping[DocumentKind, Words] = {
    DocumentKind.CONTACT: Words("Contact"),
    DocumentKind.INVOICE: Words("Invoice"),
    DocumentKind.PAYMENT: Words("Payment"),
    DocumentKind.CREDIT_NOTE: Words("Credit note"),
    DocumentKind.INVOICE_UPDATE: Words("Change of an invoice"),
    DocumentKind.INVOICE_VOID: Words("Cancellation"),
    DocumentKind.ALLOCATION: Words("Use of a credit"),
    DocumentKind.REFUND: Words("Refund"),
    DocumentKind.PAYMENT_DELETE: Words("Removal of a payment"),
}

_SCHEDULES: Mapping[ScheduleKind, str] = {
    ScheduleKind.EVERY_15_MINUTES: "Every 15 minutes",
    ScheduleKind.EVERY_30_MINUTES: "Every 30 minutes",
    ScheduleKind.HOURLY: "Every hour",
    ScheduleKind.NIGHTLY: "Every night at %(at)s",
    ScheduleKind.DAILY: "Every day at %(at)s",
}


def schedule(settings: Settings, connection: Connection | None) -> Words:
    """When it runs by itself."""
    if connection is not None and connection.status is ConnectionStatus.PAUSED:
        return Words("Paused: not before you press Resume")
    if not settings.scheduled:
        return Words("Only when you press Sync now")
    kind = settings.schedule.kind
    return Words(_SCHEDULES[kind], {"at": NIGHTLY_AT if kind is ScheduleKind.NIGHTLY else settings.schedule.at})


def standing(
    webservice: Webservice,
    connection: Connection | None,
    *,
    open_run: Run | None,
    waiting: Waiting,
    have_accounts: bool,
    now: dt.datetime,
    today: dt.date,
) -> Standing:
    """How a webservice stands: the most pressing thing first, and its one next step."""
    if connection is None:
        return Standing(Tone.NEEDS, Words("Not connected to Xero yet"), Words("Allow access"), Target.CONNECT)
    reason = explain(connection.status_reason, {}) if connection.status_reason else None
    if connection.status is ConnectionStatus.DISCONNECTED:
        return Standing(
            Tone.NEEDS, Words("Disconnected. Your invoices stay in Xero."), Words("Reconnect"), Target.CONNECT
        )
    if connection.status is ConnectionStatus.NEEDS_REAUTH:
        return Standing(
            Tone.NEEDS, Words("Xero needs your permission again. Nothing is lost."), Words("Reconnect"), Target.CONNECT
        )
    if connection.status is ConnectionStatus.PAUSED:
        return Standing(Tone.OFF, Words("Paused: nothing is sent until you resume."), Words("Resume"), Target.RESUME)
    if reason is not None:
        itself = reason.whose is Whose.ITSELF
        words = Words("Connected. Xero does not answer at the moment.") if itself else Words("Something needs a look")
        return Standing(Tone.MOVING if itself else Tone.NEEDS, words, reason_code=connection.status_reason or "")
    if not have_accounts:
        return Standing(
            Tone.MOVING, Words("Connected. Your accounts are being read from Xero."), Words("Read them now"),
            Target.REFRESH,
        )  # fmt: skip
    if webservice.mapping_completed_at is None:
        return Standing(
            Tone.NEEDS, Words("Connected. Please choose your accounts: nothing is sent before."),
            Words("Choose accounts"), Target.SETTINGS,
        )  # fmt: skip
    waits_until = connection.waits_until(now)
    if waits_until is not None:
        return Standing(
            Tone.MOVING, Words("Connected. A short break: it continues at %(until)s.", {"until": waits_until})
        )
    if open_run is not None:
        return Standing(Tone.MOVING, Words("Connected. A sync is going on."), Words("Show progress"), Target.RUN)
    if waiting.books:
        text = (
            "Connected. One invoice may stand in your books already."
            if waiting.books == 1
            else "Connected. %(count)s invoices may stand in your books already."
        )
        return Standing(Tone.NEEDS, Words(text, {"count": waiting.books}), Words("Compare and decide"), Target.BOOKS)
    if waiting.drafts:
        return Standing(
            Tone.NEEDS, Words("Connected. The first invoices stand in Xero as drafts for you to look at."),
            Words("Look and go on"), Target.FIRST_RUN,
        )  # fmt: skip
    if waiting.people:
        text = "Connected. One thing needs you." if waiting.people == 1 else "Connected. %(count)s things need you."
        if waiting.people == waiting.bookkeeper:
            text = "Connected. %(count)s things wait for your bookkeeper."
            if waiting.people == 1:
                text = "Connected. One thing waits for your bookkeeper."
        return Standing(
            Tone.NEEDS, Words(text, {"count": waiting.people}), Words("Show what is waiting"), Target.ACTIVITY
        )
    sync_from = webservice.settings.sync_from
    if sync_from is not None and sync_from > today:
        return Standing(Tone.GOOD, Words("Connected. Sending starts on %(day)s.", {"day": sync_from}))
    ready = webservice.first_export_at is None
    words = Words("Connected and ready for the first sync." if ready else "Connected")
    return Standing(Tone.GOOD, words, Words("Sync now"), Target.SYNC)


def meaning_words(found: Meaning, day: dt.date, *, copy_existing: bool) -> Words:
    """What a Sync From Date means, in a sentence."""
    values = {"day": day, "count": found.count}
    if found.future:
        return Words("Nothing is sent before %(day)s.", values)
    if not copy_existing:
        return Words(
            "Only invoices that you issue after connecting are sent. %(count)s earlier ones since %(day)s stay out: "
            "tick Copy All Existing Invoices to send them too.",
            values,
        )
    if found.at_least:
        return Words("More than %(count)s invoices will be sent.", values)
    if found.count == 1:
        return Words("One invoice is dated on or after %(day)s and will be sent.", values)
    return Words("%(count)s invoices are dated on or after %(day)s and will be sent.", values)


# Counts of a run: name -> (words, whether it is one more document that was dealt with)
_COUNTS: Mapping[str, tuple[str, str]] = {
    "invoices": ("%(count)s invoice sent", "%(count)s invoices sent"),
    "payments": ("%(count)s payment sent", "%(count)s payments sent"),
    "contacts": ("%(count)s contact sent", "%(count)s contacts sent"),
    "corrections": ("%(count)s correction sent", "%(count)s corrections sent"),
    "asked": ("%(count)s may be in your books already", "%(count)s may be in your books already"),
    "adopted": ("%(count)s was in Xero already", "%(count)s were in Xero already"),
    "waiting": ("%(count)s waits", "%(count)s wait"),
    "missed": ("%(count)s invoice found that was overlooked", "%(count)s invoices found that were overlooked"),
    "refused": ("%(count)s refused by Xero", "%(count)s refused by Xero"),
    "created": ("%(count)s contact added to your gallery", "%(count)s contacts added to your gallery"),
    "linked": ("%(count)s contact linked", "%(count)s contacts linked"),
    "filled": ("%(count)s contact completed", "%(count)s contacts completed"),
    "conflicts": ("%(count)s question for you", "%(count)s questions for you"),
    "skipped": ("%(count)s left out", "%(count)s left out"),
    "read": ("%(count)s read from Xero", "%(count)s read from Xero"),
}
HANDLED = ("invoices", "payments", "contacts", "corrections", "adopted", "asked", "waiting", "refused")


def run_view(run: Run, *, left: int | None, paused_until: dt.datetime | None) -> RunView:
    """A run for people. `left` is how many documents have their turn still to come, None when that is unknown."""
    done = run.state in (RunState.FINISHED, RunState.CANCELLED, RunState.FAILED)
    counts = tuple(
        Count(name, _plural(_counted(run, name), run.counts[name]), run.counts[name])
        for name in _COUNTS
        if run.counts.get(name)
    )
    what = Words("Contact import") if run.kind is RunKind.CONTACTS else Words("Sync")
    if run.counts.get(TO_CANCEL):
        what = Words("Cancelling in Xero")
    handled = sum(run.counts.get(name, 0) for name in HANDLED)
    percent = 100 if run.state is RunState.FINISHED else None
    if not done and run.scanned and left is not None:
        percent = min(99, handled * 100 // (handled + left)) if handled + left else None
    return RunView(
        run=run,
        title=what,
        headline=_headline(run, paused_until, bool(counts)),
        tone=_run_tone(run, paused_until),
        done=done,
        percent=percent,
        counts=counts,
        paused_until=None if done else paused_until,
    )


def _counted(run: Run, name: str) -> tuple[str, str]:
    """The words for a count; of a run that cancels the corrections are cancellations."""
    cancels = name == "corrections" and run.counts.get(TO_CANCEL)
    return ("%(count)s cancelled in Xero", "%(count)s cancelled in Xero") if cancels else _COUNTS[name]


def _headline(run: Run, paused_until: dt.datetime | None, any_counts: bool) -> Words:
    contacts = run.kind is RunKind.CONTACTS
    if run.state is RunState.FINISHED:
        if any_counts:
            return Words("Finished.")
        if run.counts.get(TO_CANCEL):
            return Words("Finished: nothing was cancelled. Everything stays in Xero.")
        return Words("Finished: no contacts to import.") if contacts else Words("Finished: nothing new to send.")
    if run.state is RunState.CANCELLED and run.counts.get(TO_CANCEL):
        return Words("Stopped. What was cancelled stays cancelled; the rest is cancelled with the next sync.")
    if run.state is RunState.CANCELLED:
        return Words("Stopped. What was sent stays in Xero; the next sync goes on from here.")
    if run.state is RunState.FAILED:
        return Words("It could not finish. Nothing is lost: the next sync goes on from here.")
    if paused_until is not None:
        return Words("A short break. It continues by itself at %(until)s.", {"until": paused_until})
    if run.state is RunState.QUEUED:
        return Words("Waiting for its turn.")
    return Words("%(step)s", {"step": run.step}) if run.step else Words("Working.")


def _run_tone(run: Run, paused_until: dt.datetime | None) -> Tone:
    if run.state is RunState.FAILED:
        return Tone.NEEDS
    if run.state is RunState.CANCELLED:
        return Tone.OFF
    return Tone.GOOD if run.state is RunState.FINISHED else Tone.MOVING


FINDINGS: Mapping[What, Words] = {
    What.OVERLOOKED: Words("Issued in your gallery, and no sync has noticed it"),
    What.ABSENT: Words("Sent, but not in Xero any more"),
    What.GONE: Words("Voided or deleted in Xero"),
    What.PAYMENT_ABSENT: Words("A payment was sent, but is not in Xero any more"),
    What.CREDIT_ABSENT: Words("A credit note was sent, but is not in Xero any more"),
    What.CREDIT_UNUSED: Words("A credit was used for it, but is not any more in Xero"),
    What.REFUND_ABSENT: Words("A refund was sent, but is not in Xero any more"),
    What.STRANGE: Words("In Xero, and not known here as sent"),
    What.PAYMENT_STRANGE: Words("A payment of ours in Xero that your gallery does not have"),
    What.CREDIT_STRANGE: Words("A credit note of ours in Xero, and not known here as sent"),
    What.REFUND_STRANGE: Words("A refund of ours in Xero that your gallery does not have"),
    What.TWICE: Words("Twice in Xero"),
    What.PAYMENT_TWICE: Words("One payment stands twice in Xero"),
    What.CREDIT_TWICE: Words("One credit note stands twice in Xero"),
    What.REFUND_TWICE: Words("One refund stands twice in Xero"),
    What.TOTAL: Words("Another total in Xero"),
    What.PAYMENT_AMOUNT: Words("A payment has another amount in Xero"),
    What.CREDIT_TOTAL: Words("A credit note has another total in Xero"),
    What.REFUND_AMOUNT: Words("A refund has another amount in Xero"),
}


_COMPARED: Mapping[Counted, tuple[str, str]] = {
    Counted.MISSING: ("%(count)s missing in Xero", "%(count)s missing in Xero"),
    Counted.EXTRA: ("%(count)s too many in Xero", "%(count)s too many in Xero"),
    Counted.DIFFERENT: ("%(count)s different in Xero", "%(count)s different in Xero"),
}


def compared(found: Compared | None) -> tuple[tuple[Count, tuple[tuple[Finding, Words], ...]], ...]:
    """The three counts of a comparison, each with what it counts."""
    if found is None:
        return ()
    groups = []
    for which, forms in _COMPARED.items():
        mine = [finding for finding in found.comparison.findings if COUNTED_AS[finding.what] is which]
        label = _plural(forms, len(mine))
        groups.append((Count(which.value, label, len(mine)), in_words(mine)))
    return tuple(groups)


def in_words(findings: Sequence[Finding]) -> tuple[tuple[Finding, Words], ...]:
    """Each finding with what it means."""
    return tuple((one, FINDINGS[one.what]) for one in findings)


def document_state(document: Document) -> tuple[Words, Tone]:
    """Where a document stands; whoever has to do something is named, not the state."""
    match document.state:
        case DocumentState.DONE:
            by_itself = explain(document.reason_code or "", {}).whose is Whose.ITSELF
            if document.reason_code == CANCELLED:
                return _done(document), Tone.OFF
            return _done(document), Tone.NEEDS if document.reason_code and not by_itself else Tone.GOOD
        case DocumentState.SENDING:
            return Words("Being sent"), Tone.MOVING
        case DocumentState.UNKNOWN:
            return Words("Checking what arrived"), Tone.MOVING
        case DocumentState.PENDING:
            return Words("Has its turn in the next sync"), Tone.MOVING
        case DocumentState.SKIPPED:
            return Words("Not sent"), Tone.OFF
    whose = explain(document.reason_code or "", {}).whose
    return Words(whose.label), Tone.MOVING if whose is Whose.ITSELF else Tone.NEEDS


_TAKEN_OUT: Mapping[DocumentKind, str] = {
    DocumentKind.INVOICE_VOID: "Cancelled in Xero",
    DocumentKind.PAYMENT_DELETE: "Taken out of Xero",
}
"""What is listed below "Not in Xero" says so."""


def _done(document: Document) -> Words:
    if document.reason_code == CANCELLED:
        who = document.reason_facts.get("who")
        return Words("Cancelled in Xero by %(who)s", {"who": who}) if who else Words("Cancelled in Xero")
    if document.deleted_at is not None:
        return Words("Deleted in Xero again")
    if document.kind in (DocumentKind.INVOICE_UPDATE, DocumentKind.INVOICE_VOID, DocumentKind.PAYMENT_DELETE):
        if document.adopted:
            return Words("Nothing was left to do in Xero")
        return Words(_TAKEN_OUT.get(document.kind, "Done in Xero") if document.reason_code is None else "Done in Xero")
    return Words("In Xero, it was there already") if document.adopted else Words("In Xero")


def _plural(forms: tuple[str, str], count: int) -> Words:
    return Words(forms[0] if count == 1 else forms[1], {"count": count})
