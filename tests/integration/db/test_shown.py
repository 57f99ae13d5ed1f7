"""The rule of what people see is one, in words and in SQL: what is counted is what is listed."""

import itertools

from galleria_xero_plugin.domain.reasons import REASONS
from galleria_xero_plugin.domain.shown import own_state
from galleria_xero_plugin.domain.states import DocumentKind, DocumentState
from galleria_xero_plugin.domain.withdrawing import CANCELLED

from .making import HERE, INVOICE, PAYMENT, document

VOID = DocumentKind.INVOICE_VOID
FIRST = (DocumentState.PENDING, DocumentState.BLOCKED, DocumentState.REJECTED, DocumentState.CONFLICT)
KEPT = (*FIRST, DocumentState.SKIPPED)


def test_every_state_with_every_reason_is_counted_where_it_is_listed(units):
    every = list(itertools.product((INVOICE, PAYMENT), KEPT, (None, *REASONS)))
    rows = [
        document(str(n), kind, state=state, reason_code=code) for n, (kind, state, code) in enumerate(every)
    ]
    with units.write() as uow:
        uow.ledger.insert(rows)
        counts, waiting = uow.ledger.counts(*HERE), uow.ledger.waiting_codes(*HERE)
        listed = {
            state: {row.local_id for row in uow.ledger.page(*HERE, states=[state], as_shown=True, limit=2000)[0]}
            for state in DocumentState
        }
        uow.commit()
    expected = {state: set() for state in DocumentState}
    for number, (kind, state, code) in enumerate(every):
        expected[own_state(kind, state, code)].add(str(number))
    assert listed == expected
    by_state = {state: sum(n for (_, one), n in counts.items() if one is state) for state in DocumentState}
    assert by_state == {state: len(found) for state, found in expected.items()}
    assert sum(waiting.values()) == sum(by_state[state] for state in FIRST[1:])


def test_what_was_taken_out_of_xero_again_is_counted_and_listed_with_what_is_not_in_it(units):
    every = list(itertools.product((INVOICE, PAYMENT, VOID), (None, "cancelled_by_person", "credit_used")))
    with units.write() as uow:
        uow.ledger.insert([document(str(n), kind) for n, (kind, _) in enumerate(every)])
        for row in uow.ledger.page(*HERE)[0]:
            uow.ledger.move(row.id, expect=[DocumentState.PENDING], to=DocumentState.DONE, xero_id=f"x-{row.local_id}")
            if code := every[int(row.local_id)][1]:
                uow.books.remark(row.id, None, (code, {}))
        counts = uow.ledger.counts(*HERE)
        listed = {
            state: {row.local_id for row in uow.ledger.page(*HERE, states=[state], as_shown=True)[0]}
            for state in DocumentState
        }
        uow.commit()
    out = {str(n) for n, (kind, code) in enumerate(every) if kind is VOID or (kind, code) == (INVOICE, CANCELLED)}
    assert listed[DocumentState.SKIPPED] == out and len(out) == 4
    assert listed[DocumentState.DONE] == {str(n) for n in range(len(every))} - out
    assert {state: sum(n for (_, one), n in counts.items() if one is state) for _, state in counts} == {
        DocumentState.SKIPPED: 4, DocumentState.DONE: 5}  # fmt: skip
