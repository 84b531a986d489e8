"""Tables as CSV that no spreadsheet program takes for formulas: every export goes through here.

A cell that begins with one of `= + - @` (or their full-width twins, which some programs fold) is a formula to Excel and
LibreOffice, quoted or not; so is what follows a separator once a file is opened under another one. An apostrophe in
front makes it text (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

_FORMULA = re.compile("(^|[;,|\t\r\n\x0b\x0c])([\\s\"'\ufeff\u200b]*)(?=[=+\\-@＝＋－＠﹢﹣﹦﹫−])")


def inert_csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table as UTF-8 text with commas, every cell quoted and inert."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return written.getvalue()


def inert(cell: str) -> str:
    """The cell with an apostrophe before whatever could begin a formula, on one line and without control characters."""
    printable = "".join(" " if character in "\t\r\n\x0b\x0c" else character for character in cell if character != "\0")
    return _FORMULA.sub(r"\1\2'", printable)
