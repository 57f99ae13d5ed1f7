"""The rule of what people see is one, in words and in SQL: what is counted is what is listed."""

import itertools

from galleria_xero_plugin.domain.reasons import REASONS
from galleria_xero_plugin.domain.shown import own_state
from galleria_xero_plugin.domain.states import DocumentState

from .making import HERE, INVOICE, PAYMENT, document

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
