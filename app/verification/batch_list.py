"""Reading a list of codes that somebody pasted or uploaded: one certificate per line, other columns beside it or none.

Each line is read by itself, so that an open quotation mark or a torn line spoils no other.
"""

from __future__ import annotations

import codecs
import csv
import re
from itertools import chain, islice
from typing import NamedTuple

from app.credentials import codes
from app.credentials.errors import TypingError
from app.verification.signed_ids import share_token_in

SEPARATORS = ",;\t"
HEADING = re.compile(r"(?<![^\W_])(codes?(?![^\W_])|certificat)", re.IGNORECASE)
MOST_SLIPS = 4  # of a cell that is still taken for a code; names and dates are farther off, or have no digit
LONGEST_LINE, MOST_CELLS = 10_000, 50  # what stands behind them is not looked at
MOST_CODES = 1000
BLANK = re.compile(r'[\s,;"\0]*')


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
    """The lines in their order, without blank ones and without a heading.

    Of a list that is too long, one line more than may be checked: enough to refuse it, and the rest is not read.
    """
    filled = (
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line and not BLANK.fullmatch(line[:LONGEST_LINE])
    )
    first = next(filled, None)
    if first is None:
        return ()
    listed = filled if _is_heading(first[1]) else chain((first,), filled)
    return tuple(Line(number, _cell(line)) for number, line in islice(listed, MOST_CODES + 1))


def numbered(sent: list[str]) -> tuple[Line, ...]:
    """A list that came as one already; nothing is left out."""
    return tuple(Line(number, one) for number, one in enumerate(sent, 1))


def _cell(line: str) -> str:
    """The cell that spells a code or is most like one; where none is, the first that holds anything."""
    cells = _cells(line)
    likely = [cell for cell in cells if _is_like_code(cell)]
    return min(likely, key=_slips, default=cells[0] if cells else "")


def _cells(line: str) -> list[str]:
    """Those that hold anything, as far as they are looked at."""
    line = line[:LONGEST_LINE]
    separator = max(SEPARATORS, key=line.count)
    try:
        (cells,) = csv.reader([line.replace("\0", "")], delimiter=separator)
    except (csv.Error, ValueError):
        cells = line.split(separator)
    return [cell.strip() for cell in cells if cell.strip()][:MOST_CELLS]


def _is_heading(line: str) -> bool:
    cells = _cells(line)
    is_code_there = any(_is_like_code(cell) or "://" in cell for cell in cells)
    return not is_code_there and any(HEADING.search(cell) for cell in cells)


def _is_like_code(cell: str) -> bool:
    """All but one code in six hundred have a digit, and hardly any name has."""
    slips = _slips(cell)
    return slips == 0 or (slips <= MOST_SLIPS and any(character.isdigit() for character in cell))


def _slips(cell: str) -> int:
    """None in a code, and in a link that says itself what it is."""
    return 0 if _is_code(cell) or share_token_in(cell) else max(1, codes.slips(cell))


def _is_code(cell: str) -> bool:
    try:
        codes.read_code(cell)
    except TypingError:
        return False
    return True
