"""Why a document waits, in words that a gallery owner understands.

A rule that does not send answers with a `Hold`: a code and named facts. `explain` turns both into a title,
a sentence, whose job it is and one action. The catalogue itself is in `reason_catalogue`.

Facts are texts in one form only, so that a page can show them in the gallery's locale: dates as
`2026-11-20`, instants as `2026-11-20T12:00+00:00`, amounts by `amount_text` as `1250.00 GBP`, percentages by
`percent_text` as `20 %`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .reason_catalogue import CATALOGUE, FACTS, UNKNOWN, Reason, Whose
from .totals import currency_decimals, has_decimals, round_half_up

__all__ = [
    "BY_A_PERSON",
    "REASONS",
    "STOPPED",
    "Explanation",
    "Hold",
    "Reason",
    "Whose",
    "amount_text",
    "explain",
    "percent_text",
]

STOPPED = "stopped_asking"
BY_A_PERSON = frozenset({STOPPED, "never_send"})
"""Reasons of documents that a person has put aside: nothing but a person takes them up again."""

REASONS: Mapping[str, Reason] = {reason.code: reason for reason in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Hold:
    """A document is not sent now: the reason's code, its facts, and until when if it goes on by itself."""

    code: str
    facts: dict[str, str] = field(default_factory=dict)
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """A reason with its facts filled in."""

    title: str
    sentence: str
    whose: Whose
    action: str

    @property
    def opening(self) -> str:
        """The title where the sentence follows it on the same line: with a full stop, unless it asks."""
        return self.title if self.title.endswith("?") else f"{self.title}."


def explain(
    code: str, facts: Mapping[str, str], show: Callable[[str], str] = str, translate: Callable[[str], str] = str
) -> Explanation:
    """The words for a reason. Never raises: these words stand on pages and in mails about something that went
    wrong already. A missing fact is paraphrased, an unknown code gets a general sentence.

    `show` may rewrite each fact for the reader, e.g. dates and amounts in the gallery's locale; `translate` gets every
    text of the catalogue before facts are put into it.
    """
    reason = REASONS.get(code, UNKNOWN)
    words = _Words({name: show(str(value)) for name, value in facts.items() if value not in (None, "")})
    return Explanation(
        title=translate(reason.title),
        sentence=words.put_into(translate(reason.sentence)),
        whose=reason.whose,
        action=translate(reason.action),
    )


def amount_text(amount: Decimal, currency: str) -> str:
    """An amount as a fact, e.g. `1250.00 GBP`: with the currency's decimals, or more when it has more."""
    places = currency_decimals(currency)
    return f"{round_half_up(amount, places) if has_decimals(amount, places) else amount:f} {currency}"


def percent_text(rate: Decimal) -> str:
    """A percentage as a fact, without idle zeros, e.g. `17.5 %`."""
    return f"{rate.normalize():f} %"


_OPENS = re.compile(r"(^|[.?!] )\{(\w+)\}")
"""A fact with which a sentence begins."""


class _Words(dict[str, str]):
    """Facts by name; one that nobody gave is paraphrased."""

    def put_into(self, sentence: str) -> str:
        """The sentence with its facts; a paraphrase begins it with a capital letter."""
        opened = _OPENS.sub(self._opening, sentence)
        return type(sentence)(opened).format_map(self)  # a host's text may be marked as safe: it stays so

    def _opening(self, found: re.Match[str]) -> str:
        before, name = found.groups()
        if name in self:
            return found[0]
        return f"{before}{self[name][:1].upper()}{self[name][1:]}"

    def __missing__(self, name: str) -> str:
        return FACTS.get(name, "not known")
