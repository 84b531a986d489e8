"""Text for a drawing that cannot measure: how large, and broken where, from a cautious guess of each letter's width."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

WIDE, NARROW = 1.04, 0.62  # ems; bold Noto Sans: capitals and full-width signs, then everything else
ELLIPSIS = "…"
KEEPS_TO_FORMER = {"Mn", "Mc", "Me", "Cf"}  # marks and joiners are never parted from the letter before


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines at one size."""

    size: float
    lines: tuple[str, ...]


def fitted(text: str, *, width: float, sizes: tuple[int, ...], most_lines: int) -> Fitted:
    """The text at the first of these sizes at which it fits, else cut at the last."""
    for size in sizes:
        lines = _lines(text, width / size)
        if len(lines) <= most_lines:
            return Fitted(size, tuple(lines))
    kept = lines[:most_lines]
    kept[-1] = _lines(kept[-1], width / size - WIDE)[0] + ELLIPSIS
    return Fitted(size, tuple(kept))


def _lines(text: str, ems: float) -> list[str]:
    lines, line = [], ""
    for piece in _pieces(text):
        if line and _ems(line + piece.rstrip()) > ems:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return [*lines, line.rstrip()]


def _pieces(text: str) -> list[str]:
    """Words, or letters of a word too long for any line."""
    words = [word + " " for word in text.split(" ")]
    return [piece for word in words for piece in (_letters(word) if len(word) > 16 else [word])]


def _letters(word: str) -> list[str]:
    letters: list[str] = []
    for character in word:
        if letters and (unicodedata.category(character) in KEEPS_TO_FORMER or letters[-1].endswith("\u200d")):
            letters[-1] += character
        else:
            letters.append(character)
    return letters


def _ems(text: str) -> float:
    return sum(_width(character) for character in text)


def _width(character: str) -> float:
    if unicodedata.category(character) in KEEPS_TO_FORMER:
        return 0.0
    is_wide = unicodedata.east_asian_width(character) in "WF" or unicodedata.category(character) == "Lu"
    return WIDE if is_wide or character in "mwMW%—" else NARROW
