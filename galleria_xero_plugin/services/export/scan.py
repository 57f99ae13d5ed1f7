"""T0 by scanning: the gallery's feed is read to its end and its changes become ledger rows.

Reading the feed moves a cursor in the same transaction that inserts the rows, so a scan that dies goes on
where it was.
"""

from __future__ import annotations

import datetime as dt

from ... import failpoints
from ...domain.model import InvoiceState
from ...domain.states import DocumentKind, RunTrigger
from .session import Session

PAGE = 200
INDEX_PAGE = 1_000


def scan(session: Session) -> bool:
    """Read the gallery's feed to its end, then compare its index with the ledger when that is due.

    False when the slice ended first, or the settings were saved meanwhile (which may have put the cursor back to the
    beginning); the next one goes on from the cursor.
    """
    settings = session.settings
    with session.read() as uow:
        now = uow.now()
    if settings.sync_from is None or settings.sync_from > session.intake.today(now):
        return True  # nothing is exported before that day, and the cursor must not pass what will be due then
    cursor = session.webservice.cursor
    while True:
        page = session.tools.gallery.invoices_changed(session.gallery_id, cursor, PAGE)
        cursor = page.next_cursor
        with session.write() as uow:
            if session.settings_changed(uow):
                return False
            found = session.intake.take(uow, page.items, now)
            uow.webservices.set_cursor(session.webservice.id, cursor)
            session.note(uow, step="Reading your invoices", found=found)
            uow.commit()
        failpoints.reach("after_t0")
        if not page.more:
            break
        if session.out_of_time:
            return False
    _compare_index(session, now)
    return True


def _compare_index(session: Session, now: dt.datetime) -> None:
    """Once a day, and in every run that a person or the first sync starts: a change that was committed behind the
    cursor's back is found by comparing every invoice's revision with the ledger."""
    by_schedule = session.run is None or session.run.trigger is RunTrigger.SCHEDULE
    if by_schedule:
        with session.write() as uow:
            first_today = uow.notices.claim(session.connection.id, f"index:{session.intake.today(now).isoformat()}")
            uow.commit()
        if not first_today:
            return
    after: str | None = None
    while True:
        entries = session.tools.gallery.invoice_index(
            session.gallery_id, session.settings.sync_from, after, INDEX_PAGE
        )
        with session.read() as uow:
            known = uow.ledger.known(
                session.gallery_id, session.tenant_id, DocumentKind.INVOICE, [entry.id for entry in entries]
            )
        missed = [
            entry.id
            for entry in entries
            if (entry.id not in known and entry.state is InvoiceState.ISSUED and entry.total != 0)
            or (entry.id in known and known[entry.id].seen_revision < entry.revision)
        ]
        for start in range(0, len(missed), PAGE):
            invoices = session.tools.gallery.invoices(session.gallery_id, missed[start : start + PAGE])
            session.take(invoices, found_by="missed")
        if len(entries) < INDEX_PAGE:
            return
        after = entries[-1].id
        session.lease.must_hold()
