"""The five drafts of the first run, afterwards: what the bookkeeper approved or deleted in Xero is recognised, and what
a person approves here is approved there, by an update of the draft with its own id, never by creating it again.

Such an update may be sent twice: it names one document and the status that it shall have. So nothing is written ahead;
what it came to is read back, which is also how an answer that never came is settled.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence

from ...domain.accounting import InvoiceStatus, XeroInvoice
from ...domain.lookalikes import GONE
from ...errors import Unknown
from ...ports.records import Document
from . import gate
from .sending import UNWELL
from .session import BATCH, Session

WAITS = frozenset({"DRAFT", "SUBMITTED"})


def step(session: Session) -> bool:
    """Settle the drafts, once in a slice; what is left is for the next slice or run. True when that changed anything,
    because the gate may stand open then."""
    if session.run is None or session.approval_done:
        return False
    session.approval_done = True
    with session.read() as uow:
        rows = uow.books.remarked(session.gallery_id, session.tenant_id, [gate.DRAFT, gate.APPROVING])[:BATCH]
    if not rows:
        return False
    standing = session.standing([row.xero_id for row in rows if row.xero_id])
    asked = [row for row in rows if row.reason_code == gate.APPROVING and _is_lower(row, standing, session)]
    refused: Mapping[str, str] = {}
    if asked:
        session.say("Approving the first invoices")
        refused = _approve(session, asked)
        standing = session.standing([row.xero_id for row in rows if row.xero_id])
    return _record(session, rows, standing, refused)


def _is_lower(row: Document, standing: Mapping[str, XeroInvoice], session: Session) -> bool:
    """Whether the draft has still to be brought to the status that the settings ask for."""
    found = standing.get(row.xero_id or "")
    if found is None or found.status not in WAITS:
        return False
    wanted = session.settings.invoice_status
    return wanted is InvoiceStatus.AUTHORISED or (wanted is InvoiceStatus.SUBMITTED and found.status == "DRAFT")


def _approve(session: Session, rows: Sequence[Document]) -> Mapping[str, str]:
    """What Xero refused, by Xero's id, in its own words."""
    ids = [row.xero_id for row in rows if row.xero_id]
    request = session.tools.api.set_status(ids, session.settings.invoice_status)
    scope = [session.tenant_id, request.path, str(uuid.uuid4()), hashlib.sha256(request.body or b"").hexdigest()]
    key = hashlib.sha256(json.dumps(scope).encode()).hexdigest()
    session.calls.ready()
    until = session.tools.clock.monotonic() + session.tools.timings.send_deadline
    try:
        answer = session.calls.write(request, key, until=until)
    except Unknown as error:
        if error.status is not None and error.status >= UNWELL:
            raise session.calls.offline() from None
        return {}
    return {element.id: "; ".join(element.errors) for element in answer.value if element.id and not element.ok}


def _record(
    session: Session, rows: Sequence[Document], standing: Mapping[str, XeroInvoice], refused: Mapping[str, str]
) -> bool:
    settled = 0
    with session.write() as uow:
        for row in rows:
            found = standing.get(row.xero_id or "")
            was = row.reason_code or ""
            if found is None:
                continue  # a deleted draft is still told; what the answer left out says nothing
            if found.status in GONE:
                settled += uow.books.remark(row.id, was, ("voided_in_xero", {"number": row.label}))
            elif found.status not in WAITS:
                settled += uow.books.remark(row.id, was, None)
            elif found.id in refused:
                facts = {"number": row.label, "xero": refused[found.id]}
                settled += uow.books.remark(row.id, was, ("approval_refused", facts))
            elif was == gate.APPROVING and not _is_lower(row, standing, session):
                settled += uow.books.remark(row.id, was, None)  # the settings ask for drafts: it is what it shall be
        uow.commit()
    return settled > 0
