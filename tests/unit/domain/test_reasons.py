"""Every reason can be explained, always."""

import ast
import re
import string
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import galleria_xero_plugin.domain as domain
from galleria_xero_plugin.domain.reason_catalogue import CATALOGUE, FACTS, UNKNOWN
from galleria_xero_plugin.domain.reasons import REASONS, Whose, amount_text, explain, percent_text

SOURCES = sorted(Path(domain.__file__).parent.glob("*.py"))


def test_no_code_is_in_the_catalogue_twice():
    assert len(REASONS) == len(CATALOGUE)


@pytest.mark.parametrize("reason", CATALOGUE, ids=lambda reason: reason.code)
def test_every_reason_says_what_it_is_whose_job_and_what_to_do(reason):
    assert re.fullmatch(r"[a-z_]+", reason.code)
    assert reason.title and reason.action and not reason.title.endswith(".")
    assert reason.sentence[-1] in ".?}"
    assert reason.whose in Whose and reason.whose.label
    assert "_" not in explain(reason.code, {}).sentence


@pytest.mark.parametrize("reason", CATALOGUE, ids=lambda reason: reason.code)
def test_every_fact_of_a_sentence_has_words_for_when_it_is_missing(reason):
    names = {name for _, name, _, _ in string.Formatter().parse(reason.sentence) if name is not None}
    assert names <= set(FACTS)
    without = explain(reason.code, {}).sentence
    assert "{" not in without and "not known" not in without
    assert all(part[:1] == part[:1].upper() for part in re.split(r"(?<=[.?!]) ", without)), without


@pytest.mark.parametrize("word", ["held", "blocked", "authorised", "submitted", "sync", "API", "ledger"])
def test_words_of_programmers_and_accountants_are_left_out(word):
    texts = " ".join(f"{reason.title} {reason.sentence} {reason.action}" for reason in CATALOGUE)
    assert not re.search(rf"\b{word}\b", texts)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_every_code_that_a_rule_answers_with_exists(source):
    used = re.findall(r"Hold\(\s*\"([a-z_]+)\"", source.read_text(encoding="utf-8"))
    assert set(used) <= set(REASONS)


def given_codes(tree):
    """The codes that a source gives as a constant: Hold("code", ...), reason=("code", ...), error_code="code"."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if getattr(node.func, "id", "") == "Hold" and node.args:
            yield from constants(node.args[0])
        for keyword in node.keywords:
            if keyword.arg == "reason" and isinstance(keyword.value, ast.Tuple):
                yield from constants(keyword.value.elts[0])
            elif keyword.arg in ("error_code", "reason_code"):
                yield from constants(keyword.value)


def constants(node):
    if isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def test_every_code_that_anything_gives_has_its_words():
    root = Path(domain.__file__).parents[1]
    sources = [path for part in ("domain", "services", "db", "jobs", "web") for path in (root / part).rglob("*.py")]
    found = {code for path in sources for code in given_codes(ast.parse(path.read_text(encoding="utf-8")))}
    assert len(found) > 30 and found <= set(REASONS), found - set(REASONS)


def test_facts_are_filled_in():
    told = explain("period_locked", {"date": "2026-11-20", "lock_date": "2026-10-31"})
    assert told.sentence == "It is dated 2026-11-20, but the books are locked up to 2026-10-31."
    assert told.whose.label == "Waiting for your bookkeeper"


def test_a_page_may_show_facts_its_own_way():
    told = explain("zero_total", {"number": "AG-7"}, show=str.lower)
    assert "ag-7" in told.sentence


@given(st.text(), st.dictionaries(st.sampled_from(sorted(FACTS)) | st.text(), st.text() | st.none()))
def test_explaining_never_fails(code, facts):
    explain(code, facts)
    for known in REASONS:
        explain(known, facts)


def test_an_unknown_code_gets_a_general_sentence():
    assert explain("no such reason", {"x": "y"}).sentence == UNKNOWN.sentence


def test_braces_in_a_fact_are_only_text():
    assert "{number.__class__}" in explain("zero_total", {"number": "{number.__class__}"}).sentence


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [("1250", "GBP", "1250.00 GBP"), ("5.5000", "GBP", "5.50 GBP"), ("1.234", "GBP", "1.234 GBP"),
     ("171.00", "JPY", "171 JPY"), ("15.50", "JPY", "15.50 JPY"), ("1E3", "EUR", "1000.00 EUR")],
)  # fmt: skip
def test_amounts_are_shown_with_the_decimals_of_their_currency(amount, currency, shown):
    assert amount_text(Decimal(amount), currency) == shown


@pytest.mark.parametrize(("rate", "shown"), [("20.0000", "20 %"), ("17.50", "17.5 %"), ("0", "0 %"), ("1E1", "10 %")])
def test_percentages_are_shown_without_idle_zeros(rate, shown):
    assert percent_text(Decimal(rate)) == shown


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_text_of_a_reason_can_be_translated_before_facts_stand_in_it(code):
    asked = []
    explained = explain(code, {}, translate=lambda text: asked.append(text) or text)
    reason = REASONS[code]
    assert asked == [reason.title, reason.sentence, reason.action]
    assert "%" not in "".join(asked), "a host's gettext would take it for a blank"
    assert explained == explain(code, {})
