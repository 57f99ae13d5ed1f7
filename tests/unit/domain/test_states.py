"""The states of a document: what is final, what goes on, and that nothing is stuck."""

import pytest

from galleria_xero_plugin.domain.states import DocumentState, may_move

S = DocumentState


def reachable(start):
    found, todo = set(), [start]
    while todo:
        state = todo.pop()
        for after in DocumentState:
            if may_move(state, after) and after not in found:
                found.add(after)
                todo.append(after)
    return found


def test_done_is_final():
    assert not any(may_move(S.DONE, after) for after in DocumentState)


@pytest.mark.parametrize("state", [state for state in DocumentState if state is not S.DONE])
def test_from_every_other_state_a_way_leads_to_done(state):
    assert S.DONE in reachable(state)


@pytest.mark.parametrize("state", [S.BLOCKED, S.REJECTED, S.CONFLICT, S.SKIPPED, S.UNKNOWN, S.DONE])
def test_only_what_is_pending_can_be_sent(state):
    assert not may_move(state, S.SENDING)


def test_what_was_sent_is_settled_by_an_answer_or_by_looking_never_put_aside():
    assert not may_move(S.SENDING, S.BLOCKED)
    assert not may_move(S.SENDING, S.SKIPPED)
    assert not may_move(S.UNKNOWN, S.SKIPPED)
    assert not may_move(S.UNKNOWN, S.REJECTED)
