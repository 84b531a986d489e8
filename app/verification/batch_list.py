"""Reading a list of codes that somebody pasted or uploaded: one certificate per line, other columns beside it or none.

Each line is read by itself, so that an open quotation mark or a torn line spoils no other.
"""

from __future__ import annotations

import codecs
import csv
from typing import NamedTuple

from app.credentials import codes
from app.credentials.errors import TypingError

SEPARATORS = ",;\t"
HEADINGS = {"code", "codes"}
LONGEST_LINE = 10_000  # what stands behind it is not looked at


class Line(NamedTuple):
    """One line that is not blank: its number in the list, from 1, and what stands where the code should."""

    number: int
    sent: str


def text_of(file: bytes) -> str:
    """The text of an uploaded list; codes are ASCII, so any other character may be wrong without harm."""
    if file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return file.decode("utf-16", errors="replace")
    return file.decode("utf-8-sig", errors="replace")


def lines_of(text: str) -> tuple[Line, ...]:
    """The lines in their order, without blank ones and without a heading."""
    found = [Line(number, _cell(line[:LONGEST_LINE])) for number, line in enumerate(text.splitlines(), 1)]
    kept = [line for line in found if line.sent]
    if kept and _is_heading(text.splitlines()[kept[0].number - 1]):
        kept = kept[1:]
    return tuple(kept)


def numbered(sent: list[str]) -> tuple[Line, ...]:
    """A list that came as one already; nothing is left out."""
    return tuple(Line(number, one) for number, one in enumerate(sent, 1))


def _cell(line: str) -> str:
    """The cell that spells a code; where none does, the first that holds anything."""
    cells = [cell for cell in _cells(line) if cell]
    return next((cell for cell in cells if _is_code(cell)), cells[0] if cells else "")


def _cells(line: str) -> list[str]:
    separator = max(SEPARATORS, key=line.count)
    try:
        (cells,) = csv.reader([line.replace("\0", "")], delimiter=separator)
    except (csv.Error, ValueError):
        cells = line.split(separator)
    return [cell.strip() for cell in cells]


def _is_heading(line: str) -> bool:
    return bool(HEADINGS & {cell.casefold() for cell in _cells(line)})


def _is_code(cell: str) -> bool:
    try:
        codes.read_code(cell)
    except TypingError:
        return False
    return True
