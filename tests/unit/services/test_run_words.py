"""What a run came to, in a line, and when it will be done."""

import datetime as dt
from dataclasses import replace

from galleria_xero_plugin.domain.states import RunKind, RunState, RunTrigger
from galleria_xero_plugin.ports.records import Run
from galleria_xero_plugin.services.read_models import Waiting
from galleria_xero_plugin.services.run_words import expected_finish, summary

NOW = dt.datetime(2026, 11, 23, 14, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
RUN = Run("r", "g", "w", "c", RunKind.EXPORT, RunTrigger.PERSON, "Nora", RunState.RUNNING, "", {}, True, None, None,
          NOW - 2 * MINUTE, NOW - MINUTE, None)  # fmt: skip


def said(counts, waiting=None):
    return ", ".join(part.text % part.values for part in summary(replace(RUN, counts=counts), waiting))


def test_forty_one_sent_two_wait_for_you():
    counts = {"invoices": 30, "payments": 10, "contacts": 1, "waiting": 3, "found": 44}
    assert said(counts, Waiting(you=2, bookkeeper=1)) == "41 sent, 2 wait for you, 1 waits for your bookkeeper"
    assert said(counts) == "41 sent, 3 were put aside"  # an older run: who it waits for now is not its doing
    assert said({}) == "" and said({"adopted": 1}, Waiting(itself=1)) == "1 was in Xero already, 1 waits by itself"


def test_it_ends_when_the_rest_is_done_at_the_same_pace():
    run = replace(RUN, counts={"invoices": 20})
    assert expected_finish(run, left=40, now=NOW, paused_until=None) == NOW + 2 * MINUTE
    assert expected_finish(run, left=40, now=NOW, paused_until=NOW + 5 * MINUTE) == NOW + 7 * MINUTE


def test_no_end_is_promised_before_there_is_a_pace():
    for run, left in (
        (replace(RUN, counts={"invoices": 9}), 40),
        (replace(RUN, counts={"invoices": 20}, scanned=False), 40),
        (replace(RUN, counts={"invoices": 20}, state=RunState.FINISHED), 40),
        (replace(RUN, counts={"invoices": 20}), None),
        (replace(RUN, counts={"invoices": 20}), 0),
    ):
        assert expected_finish(run, left=left, now=NOW, paused_until=None) is None
