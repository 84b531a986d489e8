"""Figures and days as the reader's language writes them: 1,234.5 and 1 234,5. Only for people: programs get neither.

A figure arrives as it was printed, so that nothing here rounds it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import get_decimal_symbol, get_group_symbol

DAY = "d MMMM y"
MINUTE = f"{DAY}, HH:mm"
_FIRST_OF_A_MONTH = re.compile(r"^1(?= )")
_LONG = re.compile(r"\d{4,}")


def number(printed: float | str, language: str) -> str:
    """The figure with this language's decimal and group signs and a true minus; every digit stays."""
    whole, point, rest = str(printed).partition(".")
    grouped = _LONG.sub(lambda digits: f"{int(digits[0]):,}", whole).replace(",", get_group_symbol(language))
    return grouped.replace("-", "−") + (get_decimal_symbol(language) + rest if point else "")


def day(told: date | str, language: str, pattern: str = DAY) -> str:
    """The day in words; it may come as ISO text, as stored documents hold it. A text that is no day stays as it is."""
    try:
        words = format_date(date.fromisoformat(told) if isinstance(told, str) else told, pattern, locale=language)
    except ValueError:
        return str(told)
    return _with_first(words, language)


def minute(at: datetime, language: str) -> str:
    """The instant in words, to the minute, in UTC; who shows it says so."""
    return _with_first(format_datetime(at, MINUTE, tzinfo=UTC, locale=language), language)


def _with_first(words: str, language: str) -> str:
    """French counts the first day of a month and names the others; no pattern of the library's says so."""
    return _FIRST_OF_A_MONTH.sub("1er", words) if language == "fr" else words
