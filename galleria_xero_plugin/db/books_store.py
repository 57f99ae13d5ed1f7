"""What stood in the books before, and the ledger rows that wait for an answer about it."""

from __future__ import annotations

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, tuple_, update

from ..domain.accounting import XeroInvoice
from ..domain.reasons import BY_A_PERSON
from ..domain.shown import MONEY_MAY_BE_LOST
from ..domain.states import DocumentKind, DocumentState
from ..ports.books import Ahead, Answer, Look, Question
from ..ports.records import Actor, Document
from .books_models import BooksLook, Lookalike
from .ledger_conditions import EXPORT, of_organisation, state, stuck
from .ledger_record import RECORD, SELECT, record
from .models import table_of
from .store import Store, chunks, past

_LOOK = table_of(BooksLook)
_PAIR = table_of(Lookalike)
_INVOICE = EXPORT.c.kind == DocumentKind.INVOICE.value
_PLACE = (EXPORT.c.document_date, EXPORT.c.natural_key, EXPORT.c.id)
_SENT = (DocumentState.SENDING.value, DocumentState.UNKNOWN.value, DocumentState.DONE.value)
_FIELDS = [column.name for column in _PAIR.c if column.name in Question.__dataclass_fields__]


class SqlBooks(Store):
    """`BooksStore` in SQL."""

    def look(self, gallery_id: str, tenant_id: str) -> Look | None:
        query = select(_LOOK).where(_LOOK.c.gallery_id == gallery_id, _LOOK.c.tenant_id == tenant_id)
        row = self._read(query).one_or_none()
        return None if row is None else Look(row.looked_at, row.since, row.documents, row.calls)

    def looked(self, gallery_id: str, tenant_id: str, *, since: dt.date, documents: int, calls: int) -> None:
        statement = self._insert(_LOOK).values(
            gallery_id=gallery_id,
            tenant_id=tenant_id,
            looked_at=self._now,
            since=since,
            documents=documents,
            calls=calls,
        )
        changed = {name: statement.excluded[name] for name in ("looked_at", "since", "documents", "calls")}
        self._change(statement.on_conflict_do_update(index_elements=["gallery_id", "tenant_id"], set_=changed))

    def to_compare(self, gallery_id: str, tenant_id: str, after: str, limit: int) -> Sequence[Document]:
        values = {"gallery": gallery_id, "tenant": tenant_id, "after": after, "most": limit}
        return [record(row) for row in self._read(_to_compare(), values)]

    def paid_later(self, gallery_id: str, tenant_id: str, limit: int) -> Sequence[Document]:
        query = (
            SELECT
            .where(
                of_organisation(gallery_id, tenant_id),
                _INVOICE,
                EXPORT.c.state.in_([DocumentState.SKIPPED.value, DocumentState.PENDING.value]),
                EXPORT.c.reason_code == MONEY_MAY_BE_LOST,
                ~_open(),
            )
            .order_by(*_PLACE)
            .limit(limit)
        )
        return [record(row) for row in self._read(query)]

    def compared(self, document_ids: Sequence[str]) -> None:
        for chunk in chunks(list(document_ids)):
            self._change(update(EXPORT).where(EXPORT.c.id.in_(chunk)).values(compared_at=self._now))

    def linked(self, gallery_id: str, tenant_id: str) -> set[str]:
        query = select(EXPORT.c.xero_id).where(
            of_organisation(gallery_id, tenant_id), _INVOICE, EXPORT.c.xero_id.is_not(None)
        )
        return set(self._read(query).scalars())

    def ask(self, gallery_id: str, tenant_id: str, document_id: str, found: XeroInvoice, why: str) -> bool:
        added = (
            self._insert(_PAIR)
            .values(
                document_id=document_id,
                xero_id=found.id,
                gallery_id=gallery_id,
                tenant_id=tenant_id,
                why=why,
                number=found.number,
                reference=found.reference,
                status=found.status,
                contact_id=found.contact_id,
                contact_name=found.contact_name,
                date=found.date,
                total=found.total,
                paid=found.amount_paid + found.amount_credited,
                currency=found.currency,
                asked_at=self._now,
            )
            .on_conflict_do_nothing()
        )
        self._change(added)
        query = select(_PAIR.c.answer).where(_PAIR.c.document_id == document_id, _PAIR.c.xero_id == found.id)
        return self._read(query).scalar_one() is None

    def questions(
        self, gallery_id: str, tenant_id: str, document_ids: Sequence[str]
    ) -> Mapping[str, Sequence[Question]]:
        found: dict[str, list[Question]] = defaultdict(list)
        for chunk in chunks(list(document_ids)):
            query = (
                select(_PAIR)
                .where(
                    _PAIR.c.gallery_id == gallery_id,
                    _PAIR.c.tenant_id == tenant_id,
                    _PAIR.c.document_id.in_(chunk),
                    _PAIR.c.answer.is_(None),
                )
                .order_by(_PAIR.c.why, _PAIR.c.date, _PAIR.c.xero_id)
            )
            for row in self._read(query):
                found[row.document_id].append(Question(**{name: getattr(row, name) for name in _FIELDS}))
        return dict(found)

    def asked(
        self, gallery_id: str, tenant_id: str, *, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[Document], str | None]:
        here = and_(of_organisation(gallery_id, tenant_id), _INVOICE)
        query = SELECT.where(here, EXPORT.c.state.not_in(_SENT), _open())
        last = after and self._read(select(*_PLACE).where(here, EXPORT.c.id == after)).one_or_none()
        if last:
            query = query.where(tuple_(*_PLACE) > tuple_(*last))
        found = [record(row) for row in self._read(query.order_by(*_PLACE).limit(limit + 1))]
        return found[:limit], found[limit - 1].id if len(found) > limit else None

    def count(self, gallery_id: str, tenant_id: str) -> int:
        found: int = self._read(_COUNT, {"gallery": gallery_id, "tenant": tenant_id}).scalar_one()
        return found

    def answer(self, document_id: str, xero_id: str | None, answer: Answer, actor: Actor) -> int:
        conditions = [_PAIR.c.document_id == document_id, _PAIR.c.answer.is_(None)]
        if xero_id is not None:
            conditions.append(_PAIR.c.xero_id == xero_id)
        return self._answered(answer, actor, *conditions)

    def ask_again(self, document_ids: Sequence[str]) -> None:
        for chunk in chunks(list(document_ids)):
            self._change(
                update(_PAIR)
                .where(_PAIR.c.document_id.in_(chunk), _PAIR.c.answer == Answer.NEVER.value)
                .values(answer=None, answered_at=None, answered_by_id=None, answered_by=None)
            )

    def taken(self, gallery_id: str, tenant_id: str, xero_id: str, actor: Actor) -> Sequence[str]:
        conditions = (
            _PAIR.c.gallery_id == gallery_id,
            _PAIR.c.tenant_id == tenant_id,
            _PAIR.c.xero_id == xero_id,
            _PAIR.c.answer.is_(None),
        )
        others = list(self._read(select(_PAIR.c.document_id).where(*conditions)).scalars())
        self._answered(Answer.TAKEN, actor, *conditions)
        return others

    def _answered(self, answer: Answer, actor: Actor, *conditions: Any) -> int:
        statement = (
            update(_PAIR)
            .where(*conditions)
            .values(
                answer=answer.value, answered_at=self._now, answered_by_id=actor.user_id, answered_by=actor.name
            )
        )
        return self._change(statement).rowcount

    def not_wanted(self, contact_row_ids: Sequence[str]) -> Mapping[str, bool]:
        asked = and_(state(DocumentState.CONFLICT), EXPORT.c.reason_code == "maybe_in_books")
        never = and_(state(DocumentState.SKIPPED), EXPORT.c.reason_code.in_(sorted(BY_A_PERSON)))
        linked = and_(state(DocumentState.DONE), EXPORT.c.adopted)
        over = EXPORT.c.state.in_([DocumentState.SKIPPED.value, DocumentState.DONE.value])
        found: dict[str, bool] = {}
        for chunk in chunks(list(contact_row_ids)):
            query = (
                select(EXPORT.c.depends_on, func.count().filter(asked))
                .where(_INVOICE, EXPORT.c.depends_on.in_(chunk))
                .group_by(EXPORT.c.depends_on)
                .having(
                    func.count().filter(or_(asked, never, linked)) > 0, func.count().filter(~or_(asked, over)) == 0
                )
            )
            found |= {contact: bool(open_ones) for contact, open_ones in self._read(query)}
        return found

    def next_up(self, gallery_id: str, tenant_id: str, limit: int) -> Sequence[Document]:
        query = (
            select(*RECORD)
            .where(
                of_organisation(gallery_id, tenant_id),
                _INVOICE,
                state(DocumentState.PENDING),
                past(EXPORT.c.not_before, self._now),
                ~stuck(),
            )
            .order_by(EXPORT.c.batch_cap, EXPORT.c.document_date, EXPORT.c.natural_key)
            .limit(limit)
        )
        return [record(row) for row in self._read(query)]

    def ahead(self, gallery_id: str, tenant_id: str) -> Sequence[Ahead]:
        query = select(EXPORT.c.currency, EXPORT.c.amount).where(
            of_organisation(gallery_id, tenant_id), _INVOICE, state(DocumentState.PENDING), ~stuck()
        )
        amounts: dict[str, list[Decimal]] = {}  # added up here: SQLite would add them as binary fractions
        for currency, amount in self._read(query):
            amounts.setdefault(currency, []).append(amount)
        return [Ahead(currency, len(found), sum(found, Decimal())) for currency, found in sorted(amounts.items())]

    def tried(self, gallery_id: str, tenant_id: str) -> int:
        query = select(func.count()).where(
            of_organisation(gallery_id, tenant_id), _INVOICE, EXPORT.c.attempt > 0, EXPORT.c.state.in_(_SENT)
        )
        found: int = self._read(query).scalar_one()
        return found

    def invoice_states(self, gallery_id: str, tenant_id: str) -> Mapping[str, tuple[DocumentState, str | None]]:
        query = select(EXPORT.c.local_id, EXPORT.c.state, EXPORT.c.reason_code).where(
            of_organisation(gallery_id, tenant_id), _INVOICE, EXPORT.c.local_revision == 0
        )
        return {local_id: (DocumentState(name), code) for local_id, name, code in self._read(query)}

    def remarked(self, gallery_id: str, tenant_id: str, codes: Sequence[str]) -> Sequence[Document]:
        values = {"gallery": gallery_id, "tenant": tenant_id, "codes": list(codes)}
        found = [record(row) for row in self._read(_REMARKED, values)]
        return sorted(found, key=lambda one: (one.document_date or dt.date.min, one.natural_key, one.id))

    def remark(self, document_id: str, was: str | None, now: tuple[str, Mapping[str, str]] | None) -> bool:
        code, facts = now or (None, {})
        return self._hit(
            update(EXPORT)
            .where(EXPORT.c.id == document_id, state(DocumentState.DONE), EXPORT.c.reason_code.is_not_distinct_from(was))
            .values(reason_code=code, reason_facts=dict(facts), updated_at=self._now)
        )


# Made once, because every slice asks: they take far longer to write than to answer.
_HERE = and_(of_organisation(bindparam("gallery"), bindparam("tenant")), _INVOICE)
_COUNT = select(func.count()).where(
    _HERE, state(DocumentState.CONFLICT), EXPORT.c.reason_code == "maybe_in_books"
)
# Not put in order here: SQLite would then read all of a gallery's documents in that order to find these few.
_REMARKED = SELECT.where(_HERE, state(DocumentState.DONE), EXPORT.c.reason_code.in_(bindparam("codes", expanding=True)))


@functools.cache
def _to_compare() -> Select[Any]:
    about_to_go = and_(
        state(DocumentState.PENDING), EXPORT.c.attempt == 0, or_(EXPORT.c.compared_at.is_(None), _open(Answer.NEVER))
    )
    paid_later = and_(
        state(DocumentState.SKIPPED),
        EXPORT.c.reason_code == MONEY_MAY_BE_LOST,
        EXPORT.c.compared_at.is_(None),
    )
    return (
        SELECT
        .where(_HERE, EXPORT.c.id > bindparam("after"), or_(about_to_go, paid_later))
        .order_by(EXPORT.c.id)
        .limit(bindparam("most"))
    )


def _open(*answers: Answer) -> ColumnElement[bool]:
    """The document has a pair that nobody has answered, or that was answered so."""
    asked = or_(_PAIR.c.answer.is_(None), _PAIR.c.answer.in_([answer.value for answer in answers]))
    return (
        select(_PAIR.c.document_id)
        .where(_PAIR.c.document_id == EXPORT.c.id, asked)
        .correlate(EXPORT)
        .exists()
    )
