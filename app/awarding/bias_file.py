"""Reads the CSV of a bias report: one person per row, categories that were given freely, a decision or a score.

The data lie outside this product on purpose: nothing here asks candidates for sex or origin. Whoever holds such data,
separately and with consent, brings them as a file; nothing of it is stored.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.foundation.errors import Invalid

YES, NO = frozenset({"1", "yes", "true", "awarded"}), frozenset({"0", "no", "false", "not-awarded"})
LARGEST_FILE_BYTES = 200_000_000
MOST_PROBLEMS = 50  # lines of a report


class BiasFileInvalid(Invalid):
    """The file cannot be read as it is: one report, every problem named."""

    code = "bias-file-invalid"

    def __init__(self, problems: Sequence[str]) -> None:
        shown = [f"  {problem}" for problem in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            shown.append(f"  … and {len(problems) - MOST_PROBLEMS} more")
        super().__init__("\n".join(["The file cannot be used; nothing was computed.", *shown]))


@dataclass(frozen=True, slots=True)
class BiasData:
    """Columns of equal length; a category is None where it is unknown."""

    groups: dict[str, tuple[str | None, ...]]
    awarded: tuple[bool, ...] | None
    scores: tuple[float, ...] | None


def read_bias_file(path: Path, *, by: Sequence[str], decision: str | None, score: str | None) -> BiasData:
    """The columns named.

    Raises
    ------
    BiasFileInvalid
        With every row and column that is wrong.
    """
    rows = _rows(path)
    header = [name.strip() for name in rows[0]] if rows else []
    wanted = [*by, *(name for name in (decision, score) if name is not None)]
    missing = [f"row 1: there is no column {name}; it has {', '.join(header)}" for name in wanted if name not in header]
    if missing or len(set(wanted)) < len(wanted) or not by or len(wanted) == len(by):
        raise BiasFileInvalid(missing or ["name each column once: at least one with --by, and --decision or --score"])
    place = {name: header.index(name) for name in wanted}
    problems: list[str] = []
    kept = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(row):
            continue
        if len(row) != len(header):
            problems.append(f"row {number}: {len(header)} fields are needed, {len(row)} found")
            continue
        kept.append(row)
        problems += _faults(number, row, place, decision, score)
    if problems or not kept:
        raise BiasFileInvalid(problems or ["the file holds nobody"])
    return BiasData(
        {name: tuple(row[place[name]].strip() or None for row in kept) for name in by},
        tuple(_plain(row[place[decision]]) in YES for row in kept) if decision is not None else None,
        tuple(float(row[place[score]]) for row in kept) if score is not None else None,
    )


def _rows(path: Path) -> list[list[str]]:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise BiasFileInvalid([f"it is larger than {LARGEST_FILE_BYTES // 10**6} MB"])
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, strict=True))
    except OSError as problem:
        raise BiasFileInvalid([f"{path} cannot be read: {problem.strerror}"]) from None
    except (UnicodeDecodeError, csv.Error) as problem:
        raise BiasFileInvalid([f"it is no CSV in UTF-8: {problem}"]) from None


def _faults(number: int, row: list[str], place: dict[str, int], decision: str | None, score: str | None) -> list[str]:
    found = []
    if decision is not None and _plain(row[place[decision]]) not in YES | NO:
        found.append(f"row {number}, column {decision}: {row[place[decision]]!r}: write 1 or 0")
    if score is not None and not _is_number(row[place[score]]):
        found.append(
            f"row {number}, column {score}: {row[place[score]]!r}: write a number; leave out people without one"
        )
    return found


def _plain(value: str) -> str:
    return value.strip().casefold()


def _is_number(value: str) -> bool:
    try:
        return math.isfinite(float(value))
    except ValueError:
        return False
