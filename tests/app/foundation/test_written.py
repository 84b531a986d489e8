"""Figures and days follow the reader's language, and no digit is lost."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import render_template_string

from app.foundation import written

APP = Path(written.__file__).parents[1]
THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("printed", "english", "french"),
    [
        ("99.3", "99.3", "99,3"),
        ("0.80", "0.80", "0,80"),
        ("-0.004", "−0.004", "−0,004"),
        ("+1.30", "+1.30", "+1,30"),
        (999, "999", "999"),
        (5000, "5,000", f"5{THIN}000"),
        ("1234567.1234567", "1,234,567.1234567", f"1{THIN}234{THIN}567,1234567"),
        ("1.2\N{NARROW NO-BREAK SPACE}M", f"1.2{THIN}M", f"1,2{THIN}M"),
    ],
)
def test_a_figure_keeps_its_digits_and_takes_the_signs_of_the_language(printed, english, french) -> None:
    assert (written.number(printed, "en"), written.number(printed, "fr")) == (english, french)


def test_a_day_is_told_in_words_also_where_it_is_stored_as_text() -> None:
    assert written.day(date(2026, 11, 5), "fr") == written.day("2026-11-05", "fr") == "5 novembre 2026"
    assert written.day("2022-12-01", "en", "MMMM y") == "December 2022"
    assert written.day("as of some day", "fr") == "as of some day"


def test_french_counts_the_first_day_of_a_month() -> None:
    first = datetime(2025, 10, 1, 14, 5, tzinfo=UTC)
    assert (written.day(first, "fr"), written.day(first, "en")) == ("1er octobre 2025", "1 October 2025")
    assert written.day("2025-10-11", "fr") == "11 octobre 2025"
    assert written.minute(first, "fr") == "1er octobre 2025, 14:05"
    assert written.minute(first.astimezone(timezone(timedelta(hours=11))), "fr") == "1er octobre 2025, 14:05"


def test_no_page_or_letter_writes_a_date_in_another_way() -> None:
    pages, letters = (APP / "templates").rglob("*.html"), APP.rglob("send_*.py")
    others = re.compile(r"\|(date|datetime)format\b|:%Y-%m-%d|isoformat")
    assert [str(path) for path in (*pages, *letters) if others.search(path.read_text(encoding="utf-8"))] == []


def test_one_template_serves_both_languages(app) -> None:
    page = '{{ "%.1f"|format(1234.5) }} {{ 5000|number }} {{ "2026-11-05"|day }}'
    said = []
    for language in ("en", "fr", "en"):
        with app.test_request_context(headers={"Accept-Language": language}):
            said.append(render_template_string(page))
    assert said == ["1,234.5 5,000 5 November 2026", f"1{THIN}234,5 5{THIN}000 5 novembre 2026", said[0]]
