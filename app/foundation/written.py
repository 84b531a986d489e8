"""Figures and days as the reader's language writes them: 1,234.5 and 1 234,5. Only for people: programs get neither.

A figure arrives as it was printed, so that nothing here rounds it.
"""

from __future__ import annotations

import re
from datetime import date

from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

DAY = "d MMMM y"
_LONG = re.compile(r"\d{4,}")


def number(printed: float | str, language: str) -> str:
    """The figure with this language's decimal and group signs and a true minus; every digit stays."""
    whole, point, rest = str(printed).partition(".")
    grouped = _LONG.sub(lambda digits: f"{int(digits[0]):,}", whole).replace(",", get_group_symbol(language))
    return grouped.replace("-", "−") + (get_decimal_symbol(language) + rest if point else "")


def day(told: date | str, language: str, pattern: str = DAY) -> str:
    """The day in words; it may come as ISO text, as stored documents hold it. A text that is no day stays as it is."""
    try:
        return format_date(date.fromisoformat(told) if isinstance(told, str) else told, pattern, locale=language)
    except ValueError:
        return str(told)
