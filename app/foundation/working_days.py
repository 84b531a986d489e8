"""Working days: Monday to Friday. Public holidays differ from place to place and are not known here."""

from __future__ import annotations

from datetime import date, timedelta

SATURDAY = 5  # weekday(): Monday is 0


def working_days_after(day: date, count: int) -> date:
    """The day that lies `count` working days after this one."""
    left = count
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < SATURDAY
    return day
