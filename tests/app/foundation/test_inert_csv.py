"""No cell of an export is taken for a formula, whatever separator the file is opened under."""

from __future__ import annotations

import csv
import io

import pytest

from app.foundation.inert_csv import inert, inert_csv

STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "−")
FORMULAS = tuple(f"{start}HYPERLINK(1)" for start in STARTS)
IN_FRONT = ("", " ", "\t", "\r", "\n", "\u200b", "\ufeff", '"', "'", " \t", "\v")


@pytest.mark.parametrize("before", IN_FRONT)
def test_case_075_whatever_begins_like_a_formula_becomes_text(before) -> None:
    for formula in FORMULAS:
        cell = inert(before + formula)
        assert cell.strip(" \u200b\ufeff\"'")[:1] in STARTS
        assert cell.split(formula[0])[0].endswith("'")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_case_075_no_cell_begins_a_formula_when_the_file_is_opened_under_another_separator(separator) -> None:
    names = [*FORMULAS, *(f"Ada{between}{formula}" for between in ",;\t|\n\r" for formula in FORMULAS)]
    table = inert_csv(("line", "name"), ((str(number), name) for number, name in enumerate(names)))
    for row in csv.reader(io.StringIO(table), delimiter=separator):
        for cell in row:
            assert cell.strip(' \t\r\n\u200b\ufeff"')[:1] not in STARTS, row


def test_other_texts_stay_as_they_are_and_the_table_reads_back() -> None:
    kept = ["Zoë O’Neil", "a=b", "7Q4F-XK2M", "1-2", "李 小龍", 'say "so"', ""]
    (_, *rows) = csv.reader(io.StringIO(inert_csv(("name",), ((one,) for one in kept))))
    assert [row[0] for row in rows] == kept
