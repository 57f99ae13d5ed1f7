"""Write ahead, send, record: the only place from which anything in Xero is written (T2, N, T3)."""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ... import failpoints
from ...domain.accounting import Element
from ...domain.answers import NOT_EXECUTED, Expected, Outcome, Verdict, read_answer
from ...domain.reasons import Hold
from ...domain.states import DocumentKind, DocumentState
from ...errors import GalleriaXeroError, Unknown
from ...ports.records import Batch, Document
from ...ports.store import UnitOfWork
from ...ports.xero import Answer, WriteKind, XeroRequest
from ..lease import PATIENCE
from .session import Session

log = logging.getLogger("galleria_xero.export")

WRITES = {
    DocumentKind.CONTACT: WriteKind.CONTACT,
    DocumentKind.INVOICE: WriteKind.INVOICE,
    DocumentKind.PAYMENT: WriteKind.PAYMENT,
    DocumentKind.INVOICE_UPDATE: WriteKind.INVOICE_CHANGE,
    DocumentKind.INVOICE_VOID: WriteKind.INVOICE_CHANGE,
    DocumentKind.CREDIT_NOTE: WriteKind.CREDIT_NOTE,
    DocumentKind.ALLOCATION: WriteKind.ALLOCATION,
    DocumentKind.REFUND: WriteKind.REFUND,
    DocumentKind.PAYMENT_DELETE: WriteKind.PAYMENT_REMOVAL,
}
IN_TURN = frozenset(WRITES) - {DocumentKind.CONTACT, DocumentKind.INVOICE}
"""What belongs to an invoice goes one after the other, each when the one before is settled."""
UNWELL = 500
"""From this status on Xero itself is in trouble: it is left alone for a while, or every batch would be tried in
turn and become unknown."""
COUNTED_AS = {DocumentKind.CONTACT: "contacts", DocumentKind.INVOICE: "invoices", DocumentKind.PAYMENT: "payments"}
CORRECTIONS = "corrections"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row that is ready: its frozen payload, what the answer must show, and which version was frozen.

    `standing` is the print of what is to stand then (of a payment the credit note that it uses, "" for money),
    `under` the document in Xero that the request's path names, for the kinds that go one by one.
    """

    row: Document
    payload: str
    expected: Expected
    seen: tuple[int, str] | None = None
    note: tuple[str, dict[str, str]] | None = None
    standing: str | None = None
    under: str = ""


Recorded = Callable[[UnitOfWork, Prepared, Element], None]


def noted(remark: Hold | None) -> tuple[str, dict[str, str]] | None:
    """A remark as what a `Prepared` keeps of it."""
    return (remark.code, remark.facts) if remark is not None else None


def send(
    session: Session,
    kind: DocumentKind,
    prepared: Sequence[Prepared],
    on_created: Recorded | None = None,
    *,
    write: WriteKind | None = None,
) -> None:
    """Send one batch, in one request. `on_created` runs in T3's transaction for every document that now stands in Xero;
    `write` is what is written when it is not what `kind` usually is.

    Raises Paused, NotSent, ReconnectRequired, NotConnected, ScopeMissing or LeaseLost; whatever happens, every row
    is left in a state from which it goes on.
    """
    session.calls.ready()  # before T2, so that waiting for a token or a slot never eats the deadline
    under = prepared[0].under
    request = session.tools.api.create(write or WRITES[kind], [item.payload for item in prepared], under=under)
    batch = _batch(session, request, prepared)
    until = session.tools.clock.monotonic() + session.tools.timings.send_deadline
    failpoints.reach("after_p")
    if not _write_ahead(session, kind, batch):
        return
    failpoints.reach("after_t2")
    try:
        answer = session.calls.write(request, batch.idempotency_key, until=until)
    except NOT_EXECUTED as error:
        _record(session, kind, batch, prepared, error)
        raise
    except Unknown as error:
        if error.our_mistake:
            log.error("connection %s: %s", session.connection.id, error.detail)
        _record(session, kind, batch, prepared, error)
        if error.status is not None and error.status >= UNWELL:
            raise session.calls.offline() from None
    else:
        _record(session, kind, batch, prepared, answer, on_created)
        failpoints.reach("after_t3")


def _batch(session: Session, request: XeroRequest[object], prepared: Sequence[Prepared]) -> Batch:
    batch_id = str(uuid.uuid4())
    request_hash = hashlib.sha256(request.body or b"").hexdigest()
    # Keys are scoped to the app, not to the organisation (xero-facts §3), so the organisation is part of it
    scope = [session.tenant_id, request.method, request.path, batch_id, request_hash]
    key = hashlib.sha256(json.dumps(scope).encode()).hexdigest()
    return Batch(
        id=batch_id,
        idempotency_key=key,
        request_hash=request_hash,
        payloads={item.row.id: item.payload for item in prepared},
        seen={item.row.id: item.seen for item in prepared if item.seen},
        standing={item.row.id: item.standing for item in prepared if item.standing is not None},
    )


def _write_ahead(session: Session, kind: DocumentKind, batch: Batch) -> bool:
    """T2. False when a row is no longer to be sent (somebody cancelled it meanwhile): decide anew."""
    with session.write() as uow:
        started = uow.ledger.start_sending(
            session.connection.id, session.lease.number, kind, batch, worker=session.tools.worker
        )
        uow.commit()
    return started


def _results(session: Session) -> UnitOfWork:
    """For what a request came to. It is fenced row by row and not by the lease: what was sent is recorded also
    when a person has disconnected meanwhile."""
    return session.tools.units.write(patience=PATIENCE)


def _record(
    session: Session,
    kind: DocumentKind,
    batch: Batch,
    prepared: Sequence[Prepared],
    answer: Answer[tuple[Element, ...]] | GalleriaXeroError,
    on_created: Recorded | None = None,
) -> None:
    """T3: what the answer, or what the write ended in, proves about each document."""
    failure = answer if isinstance(answer, GalleriaXeroError) else None
    by_key: dict[str, list[Element]] = {}
    for element in () if isinstance(answer, GalleriaXeroError) else answer.value:
        by_key.setdefault(element.key.casefold(), []).append(element)
    created = refused = 0
    with _results(session) as uow:
        for item in prepared:
            found = by_key.get(item.expected.key.casefold(), [])
            # the same document twice in one answer explains nothing: it is read back
            element = found[0] if len(found) == 1 else None
            verdict = read_answer(item.expected, failure or element, alone=len(prepared) == 1)
            if not _apply(session, uow, item, verdict, element):
                continue  # overtaken: whoever holds the row now will settle it
            if verdict.outcome is Outcome.YES and element is not None:
                created += 1
                if on_created:
                    on_created(uow, item, element)
            elif verdict.outcome is Outcome.NO:
                refused += 1
        outcome = "unknown" if isinstance(failure, Unknown) else "not sent"
        uow.ledger.finish_attempt(
            batch.id,
            status=getattr(answer, "status", None),
            outcome=outcome if failure else f"answered: {created} created",
            request_id=getattr(answer, "request_id", None),
        )
        session.note(uow, **{COUNTED_AS.get(kind, CORRECTIONS): created, "refused": refused})
        uow.commit()


def _apply(
    session: Session, uow: UnitOfWork, item: Prepared, verdict: Verdict, element: Element | None
) -> bool:
    named = {"contact": item.row.contact_name} if item.row.contact_name else {}
    reason = (verdict.reason, named | verdict.facts) if verdict.reason else item.note
    common = {"expect": [DocumentState.SENDING], "lease": session.lease.number, "reason": reason}
    if verdict.outcome is Outcome.YES and element is not None:
        return uow.ledger.move(
            item.row.id,
            to=DocumentState.DONE,
            xero_id=element.id,
            xero_number=element.number,
            xero_total=element.total,
            warnings=element.warnings,
            standing=element.standing,
            **common,
        )
    if verdict.outcome is Outcome.NO:
        return uow.ledger.move(item.row.id, to=DocumentState.REJECTED, **common)
    if verdict.outcome is Outcome.NOT_SENT:
        return uow.ledger.move(item.row.id, to=DocumentState.PENDING, **{**common, "reason": None})
    wait = None if verdict.at_once else uow.now() + session.tools.timings.settle
    return uow.ledger.move(item.row.id, to=DocumentState.UNKNOWN, not_before=wait, **common)
