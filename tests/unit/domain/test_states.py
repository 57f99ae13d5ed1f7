"""The states of a document: every pair of them, what is final, what goes on, and that nothing is stuck."""

import pytest

from galleria_xero_plugin.domain.states import DocumentState, may_move

PENDING, SENDING, UNKNOWN, DONE, BLOCKED, REJECTED, CONFLICT, SKIPPED = DocumentState

# From each state, where it may go and when.
TABLE = {
    PENDING: {
        SENDING: "T2",
        BLOCKED: "it has to wait",
        REJECTED: "refused by its own data before anything was sent",
        DONE: "looked first, and it stands in Xero",
        CONFLICT: "looked first, and it is not ours; or its number is not free",
        SKIPPED: "cancelled, of no amount, or a person's Never send",
    },
    SENDING: {
        DONE: "T3: a yes",
        REJECTED: "T3: a no",
        UNKNOWN: "T3: unclear; or its worker died",
        PENDING: "T3: surely not executed",
    },
    UNKNOWN: {
        DONE: "found, and ours",
        CONFLICT: "found, and not ours; or never clear",
        PENDING: "absent for certain",
        UNKNOWN: "looked, and it is too early to say",
    },
    DONE: {},
    BLOCKED: {PENDING: "decided anew", SKIPPED: "cancelled", CONFLICT: "its number is not free any more"},
    REJECTED: {PENDING: "edited, or a person's Try again", SKIPPED: "cancelled", CONFLICT: "its number is not free"},
    CONFLICT: {PENDING: "a person: send it", DONE: "a person: it is this one", SKIPPED: "a person: never; or cancelled"},
    SKIPPED: {PENDING: "edited, or other settings", CONFLICT: "edited, and its number is not free"},
}


@pytest.mark.parametrize("after", DocumentState)
@pytest.mark.parametrize("before", DocumentState)
def test_every_pair(before, after):
    assert may_move(before, after) is (after in TABLE[before])


def reachable(start):
    found, todo = set(), [start]
    while todo:
        for after in TABLE[todo.pop()]:
            if after not in found:
                found.add(after)
                todo.append(after)
    return found


@pytest.mark.parametrize("state", [state for state in DocumentState if state is not DONE])
def test_from_every_other_state_a_way_leads_to_done(state):
    assert DONE in reachable(state)


def test_only_what_is_pending_is_sent_and_what_was_sent_is_never_put_aside():
    assert [state for state in DocumentState if may_move(state, SENDING)] == [PENDING]
    assert not {BLOCKED, SKIPPED} & set(TABLE[SENDING])
    assert not {BLOCKED, SKIPPED, REJECTED} & set(TABLE[UNKNOWN])
