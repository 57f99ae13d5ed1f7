"""Texts as Xero takes them: no control characters, single spaces, cut to a length without breaking a character.

Xero's limits are in characters and its servers count UTF-16 units, so an emoji may count as two. We count
the same way: a text that fits here fits there. Sources: `xero-facts.md` §4.1, §4.2.
"""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"
_ZERO_WIDTH_JOINER = "\u200d"


def clean(text: str) -> str:
    """`text` on one line: control characters and every run of white space become one space, none at the ends."""
    return " ".join("".join(" " if _is_control(char) else char for char in text).split())


def clean_lines(text: str) -> str:
    """Like `clean`, but line breaks stay: for descriptions, where the gallery's paragraphs are worth keeping."""
    lines = [clean(line) for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    return "\n".join(lines).strip("\n")


def cut(text: str, limit: int, end: str = "") -> str:
    """`text` in at most `limit` UTF-16 units, `end` included when something had to go.

    Never ends in the middle of what a reader sees as one character: an accent stays on its letter, a joined
    emoji stays whole or goes whole.
    """
    if width(text) <= limit:
        return text
    room = limit - width(end)
    kept = 0
    for char in text:
        room -= width(char)
        if room < 0:
            break
        kept += 1
    while kept > 0 and _continues(text, kept):
        kept -= 1
    return text[:kept].rstrip() + end


def width(text: str) -> int:
    """The length of `text` in UTF-16 units."""
    return len(text) + sum(1 for char in text if char > "\uffff")


def _is_control(char: str) -> bool:
    # Cc: control characters; Cs: half a character, which no encoder takes; U+2028 and U+2029 break lines.
    return unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")


def _continues(text: str, position: int) -> bool:
    """Whether the character at `position` belongs to the one before it."""
    char, before = text[position], text[position - 1]
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char == _ZERO_WIDTH_JOINER
        or before == _ZERO_WIDTH_JOINER
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # a skin tone belongs to the emoji before it
    )
