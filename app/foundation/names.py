"""Names as people of every script write and paste them; what could turn a line around or break it is no name."""

from __future__ import annotations

import unicodedata

JOINERS = dict.fromkeys(map(ord, "\u200c\u200d"))  # names in Persian, Hindi or Sinhala need them, and some emoji
MARKS = dict.fromkeys(map(ord, "\u200e\u200f\ufeff"))  # copied along from elsewhere; they print nothing
LINE_ENDS = ("Zl", "Zp")


def without_marks(text: str) -> str:
    """The text without what prints nothing anyway; empty where nothing else is there."""
    bare = text.translate(MARKS)
    return bare if bare.translate(JOINERS).strip() else ""


def can_be_shown(name: str) -> bool:
    """Whether it prints on one line in the order in which it is written."""
    kinds = {unicodedata.category(character) for character in name.translate(JOINERS)}
    return not any(kind[0] == "C" or kind in LINE_ENDS for kind in kinds)
