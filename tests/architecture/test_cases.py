"""Every numbered case is answered by a test or a reason, and the page that says so is true."""

from __future__ import annotations

import pytest

from tests.case_list import COUNTS, PAGE, cases_named_in, entries, numbered_tests, page


def test_the_page_says_what_the_tests_are_now():
    assert PAGE.read_text(encoding="utf-8") == page(numbered_tests()), "run `python -m tests.case_list`"


def test_every_case_is_described_once():
    described = [case for case, _ in entries()]
    assert sorted(described) == sorted((kind, number) for kind, most in COUNTS.items() for number in range(1, most + 1))


def test_a_case_has_a_test_a_reason_or_says_what_is_missing():
    tests = numbered_tests()
    assert [case for case, entry in entries() if not (tests.get(case) or {"reason", "not_yet"} & set(entry))] == []


def test_no_case_with_a_test_says_why_it_has_none():
    tests = numbered_tests()
    assert [case for case, entry in entries() if {"reason", "not_yet"} & set(entry) and tests.get(case)] == []


def test_no_test_carries_a_number_that_is_no_case():
    assert set(numbered_tests()) <= {case for case, _ in entries()}


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("test_case_041_leap_day", [("incident", 41)]),
        ("test_case_039_and_edge_010_a_norm", [("incident", 39), ("edge", 10)]),
        ("test_edge_001_002_in_2028", [("edge", 1), ("edge", 2)]),
        ("test_a_case_041_of_ours", []),
        ("test_and_edge_010", []),
    ],
)
def test_numbers_are_read_from_the_beginning_of_a_name(name, cases):
    assert list(cases_named_in(name)) == cases


def test_the_data_file_says_nothing_that_the_page_leaves_out():
    assert [case for case, entry in entries() if not set(entry) <= {"title", "reason", "not_yet", "open"}] == []
    assert all(isinstance(text, str) and text and "|" not in text for _, entry in entries() for text in entry.values())
