"""Reads a CSV of responses by its mapping into codes: all of it, or one report of everything that is wrong.

Plain `csv` and no data frame: a report needs the row and the value as they stand in the file.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.norming.mapping import AdultRule, SampleMapping
from app.norming.sample_errors import RowProblem, SampleInvalid

MISSING = -1
GZIP_MAGIC = b"\x1f\x8b"
LARGEST_FILE_BYTES = 500_000_000  # after decompression: a bomb stops here
WHOLE_NUMBER = re.compile(r"(\d+)(?:\.0+)?")  # spreadsheets and data frames write 4 as 4.0
MOST_LABELS = 400  # of groups or blocks in one column
LONGEST_AGE_DIGITS = 9  # people type phone numbers


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file that was read without a problem. Codes count from 0 in the order of `mapping.codes`; -1 is missing."""

    codes: NDArray[np.int8]
    columns: tuple[str, ...]
    rows_read: int
    set_aside: dict[str, int]
    sha256: str
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # group or block of each person; "" unknown


def read_sample(path: Path, mapping: SampleMapping, progress: Callable[[int], None] | None = None) -> SampleFile:
    """The responses in `path`, as answered: reverse keys are applied where they are scored.

    Raises
    ------
    SampleInvalid
        With every row, column and value that is wrong, and its remedy.
    """
    content = _content(path)
    rows = _rows(_text(content, mapping.encoding), mapping.delimiter)
    reader = _Reader(mapping, _header(rows, mapping))
    for number, row in rows:
        reader.take(number, row)
        if progress is not None:
            progress(number)
    return reader.finish(hashlib.sha256(content).hexdigest())


def _refusal(row: int, column: str, value: str, remedy: str) -> SampleInvalid:
    return SampleInvalid([RowProblem(row, column, value, remedy)])


def _content(path: Path) -> bytes:
    """The bytes of the file, decompressed where they are gzip, whatever the name says."""
    try:
        with path.open("rb") as file:
            is_packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        with gzip.open(path) if is_packed else path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, EOFError, zlib.error) as problem:
        raise _refusal(0, "", path.name, f"the file cannot be read ({problem}); check it and try again") from None
    if len(content) > LARGEST_FILE_BYTES:
        raise _refusal(0, "", path.name, f"the file is larger than {LARGEST_FILE_BYTES // 10**6} MB; split it")
    return content


def _text(content: bytes, encoding: str) -> str:
    try:
        return content.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as problem:
        row = content.count(b"\n", 0, problem.start) + 1
        value = content[problem.start : problem.end].hex(" ")
        remedy = f"this is not {encoding}; save the file as {encoding}, or state its encoding in the mapping"
        raise _refusal(row, "", f"bytes {value}", remedy) from None


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows; a stray quote or a null byte is a problem of its row, not of the program."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise _refusal(number, "", str(problem), "the quoting is broken here; write the file anew") from None
        yield number, row


def _header(rows: Iterator[tuple[int, list[str]]], mapping: SampleMapping) -> list[str]:
    """The first row, if it holds every column that the mapping names, once."""
    header = [name.strip() for name in next(rows, (1, []))[1]]
    if not any(header):
        raise _refusal(1, "", "", "the file is empty; it needs a row of column names and one row per person")
    known = ", ".join(header[:12]) + (", …" if len(header) > 12 else "")
    wrong = [
        RowProblem(1, name, name, f"the file has no such column; it has: {known}. Correct the mapping or its separator")
        for name in mapping.columns()
        if name not in header
    ]
    wrong += [
        RowProblem(1, name, name, "the column name stands twice; rename one")
        for name in mapping.columns()
        if header.count(name) > 1
    ]
    if wrong:
        raise SampleInvalid(wrong)
    return header


class _Reader:
    """Takes rows one by one; keeps codes, reasons for setting aside, and problems."""

    def __init__(self, mapping: SampleMapping, header: list[str]) -> None:
        self._mapping, self._header = mapping, header
        self._position = {name: header.index(name) for name in mapping.columns()}
        self._items = [(name, self._position[name]) for name in mapping.items]
        self._code = {code: index for index, code in enumerate(mapping.codes)}
        self._code |= dict.fromkeys((*mapping.missing, ""), MISSING)
        self._first_row_of: dict[str, int] = {}
        self._kept = array("b")
        self._label_columns = {**mapping.groups, **mapping.blocks}
        self._labels: dict[str, list[str]] = {name: [] for name in self._label_columns}
        self._set_aside: Counter[str] = Counter()
        self._problems: list[RowProblem] = []
        self._rows = 0

    def take(self, number: int, row: list[str]) -> None:
        """Read one row; a blank line is no row."""
        if not any(row):
            return
        self._rows += 1
        if len(row) != len(self._header):
            remedy = f"{len(self._header)} fields are needed, {len(row)} found; look for a stray separator or quote"
            self._problems.append(RowProblem(number, "", self._mapping.delimiter.join(row), remedy))
            return
        aside = self._aside(number, row)
        if aside is None:
            self._keep(number, row)
        else:
            self._set_aside[aside] += 1

    def _aside(self, number: int, row: list[str]) -> str | None:
        """Why the row does not belong to the sample, or None."""
        for rule in self._mapping.rows:
            if row[self._position[rule.column]].strip() not in rule.one_of:
                return "filtered"
        return self._aside_by_age(number, row, self._mapping.age) if self._mapping.age != "unknown" else None

    def _aside_by_age(self, number: int, row: list[str], rule: AdultRule) -> str | None:
        value = row[self._position[rule.column]].strip()
        if value == "":
            return "age-missing"
        age = WHOLE_NUMBER.fullmatch(value)
        if age is None:
            self._problems.append(RowProblem(number, rule.column, value, "an age is a whole number of years, or empty"))
            return "not-readable"
        is_plausible = len(age[1]) <= LONGEST_AGE_DIGITS and rule.lowest <= int(age[1]) <= rule.highest
        return None if is_plausible else "not-adult"

    def _keep(self, number: int, row: list[str]) -> None:
        codes = [self._code_of(number, name, row[position]) for name, position in self._items]
        self._check_person(number, row)
        if all(code == MISSING for code in codes):
            self._set_aside["all-missing"] += 1
        else:
            self._kept.extend(codes)
            for name, column in self._label_columns.items():
                self._labels[name].append(sys.intern(row[self._position[column]].strip()))

    def _code_of(self, number: int, column: str, value: str) -> int:
        code = self._code.get(value)
        if code is None:
            plain = value.strip()
            whole = WHOLE_NUMBER.fullmatch(plain)
            code = self._code.get(whole[1] if whole else plain)
        if code is None:
            missing = ", ".join(self._mapping.missing) or "an empty field"
            remedy = f"the codes are {', '.join(self._mapping.codes)}; missing is {missing}. Correct it or the mapping"
            self._problems.append(RowProblem(number, column, value, remedy))
            return MISSING
        return code

    def _check_person(self, number: int, row: list[str]) -> None:
        column = self._mapping.person_column
        if column is None:
            return
        person = row[self._position[column]].strip()
        first = self._first_row_of.setdefault(person, number)
        if person == "":
            self._problems.append(RowProblem(number, column, person, "every row needs the person's id"))
        elif first != number:
            remedy = f"the same person answered in row {first}; keep the first sitting only"
            self._problems.append(RowProblem(number, column, person, remedy))

    def finish(self, sha256: str) -> SampleFile:
        """The sample, or the report."""
        if self._problems:
            raise SampleInvalid(self._problems)
        codes = np.asarray(self._kept, dtype=np.int8).reshape(-1, len(self._items))
        if not len(codes):
            aside = ", ".join(f"{count} {reason}" for reason, count in self._set_aside.items()) or "no rows at all"
            raise _refusal(1, "", "", f"no person is left to import ({aside}); check the filters and the age rule")
        return SampleFile(
            codes, tuple(self._mapping.items), self._rows, dict(self._set_aside), sha256, self._found_labels()
        )

    def _found_labels(self) -> dict[str, tuple[str, ...]]:
        """The labels of the people who stay; a column of ids is no division into groups."""
        for name, found in self._labels.items():
            kinds = len(set(found))
            if kinds > MOST_LABELS:
                remedy = f"{kinds} different values divide nobody; {MOST_LABELS} are the most. Take a coarser column"
                raise _refusal(1, self._label_columns[name], name, remedy)
        return {name: tuple(found) for name, found in self._labels.items()}
