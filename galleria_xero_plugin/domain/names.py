"""Whether two names may be one person's or one firm's, written by two people.

Initials, punctuation, order, titles, accents and one wrong letter do not make a difference. This is for asking a
person, never for deciding: `contacts.match` decides, and is strict.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_WORD = re.compile(r"\w+")
# What one person writes and the next leaves out.
_DROPPED = frozenset(
    "mr mrs ms miss dr prof sir lady jr sr esq the and und et of co company inc incorporated ltd limited llc llp plc "
    "corp corporation gmbh ag sa sarl bv nv pty estate".split()
)
_SPELLED_OUT = 4
"""From this many letters on a wrong one is a slip; "Ann" and "Ana" are two names."""

Words = tuple[str, ...]


def words(name: str) -> Words:
    """The words of a name that count, folded: without accents, case, punctuation, titles and legal forms. A name of
    nothing but such words keeps them."""
    plain = unicodedata.normalize("NFKD", name.replace("'", "").replace("\u2019", ""))
    text = "".join(char for char in plain if not unicodedata.combining(char)).casefold()
    found = tuple(_WORD.findall(text))
    return tuple(word for word in found if word not in _DROPPED) or found


def alike(one: Words, other: Words) -> bool:
    """Whether two names (as `words` gives them) may be the same one.

    Every word of the shorter one has its like in the other, at most one of them with a slip, and one of them is
    spelled out on both sides: initials alone prove nothing. One initial more does no harm to a name that agrees in
    two words ("M." for "Mrs."). A single word has to be the whole of both, but for initials: "Frick" is not yet
    "Henry Clay Frick".
    """
    short, long = sorted((one, other), key=len)
    if not short or (len(short) == 1 and sum(len(word) > 1 for word in long) > 1):
        return "".join(one) == "".join(other) != ""
    left = list(long)
    slips = whole = strangers = 0
    for word in sorted(short, key=len, reverse=True):  # whole words choose before initials do
        like = _like(word, left)
        if like is None:
            strangers += 1 if len(word) == 1 else 2
            continue
        left.remove(like)
        slips += like != word and not _initial(word, like)
        whole += len(word) > 1 and len(like) > 1
    agreed = len(short) - strangers
    enough = whole > 0 and slips <= 1 and (strangers == 0 or (strangers == 1 and agreed >= 2))
    return enough or "".join(one) == "".join(other)


def _like(word: str, others: Sequence[str]) -> str | None:
    """The word among the others that this one may be: itself, rather than a slip, rather than an initial."""
    if word in others:
        return word
    slipped = next((other for other in others if _slip(word, other)), None)
    return slipped or next((other for other in others if _initial(word, other)), None)


def _initial(one: str, other: str) -> bool:
    return one != other and one[0] == other[0] and 1 in (len(one), len(other))


def _slip(one: str, other: str) -> bool:
    """One letter more, less or other, or two neighbours that changed places."""
    short, long = sorted((one, other), key=len)
    if len(short) < _SPELLED_OUT or len(long) - len(short) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[start:] == long[start + 1 :]
    swapped = short[start : start + 2] == long[start : start + 2][::-1] and short[start + 2 :] == long[start + 2 :]
    return swapped or short[start + 1 :] == long[start + 1 :]
