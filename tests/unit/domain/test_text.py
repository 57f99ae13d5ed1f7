"""Texts are cut between characters, as a reader sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from galleria_xero_plugin.domain.text import clean, clean_lines, cut, width


@given(st.text(), st.integers(1, 40))
def test_a_cut_text_fits_and_is_the_beginning(text, limit):
    kept = cut(text, limit)
    assert width(kept) <= limit
    assert text.startswith(kept)


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("abcdef", 3, "abc"),
        ("ab\U0001f3a8", 3, "ab"),  # an emoji counts as two
        ("ab\U0001f3a8", 4, "ab\U0001f3a8"),
        ("cafe\u0301s", 4, "caf"),  # the accent stays on its letter
        ("a\U0001f469\u200d\U0001f3a8b", 5, "a"),  # a painter is one character to the reader
        ("a\U0001f44d\U0001f3fdb", 3, "a"),
        ("ab cd", 3, "ab"),
    ],
)
def test_what_a_reader_sees_as_one_character_is_not_split(text, limit, kept):
    assert cut(text, limit) == kept


def test_a_cut_description_ends_with_an_ellipsis_inside_the_limit():
    assert cut("x" * 10, 5, "…") == "xxxx…"
    assert cut("xxxxx", 5, "…") == "xxxxx"


def test_control_characters_and_double_spaces_go():
    assert clean(" a\t\x00b \u2028 c\xa0d ") == "a b c d"


def test_paragraphs_stay_in_descriptions():
    assert clean_lines("\r\nOne  line\r\ntwo\x07\n") == "One line\ntwo"
