"""Dates from which laws hold: policy data, because parliaments move them. The operator's counsel has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from app.foundation.policies import PolicyInvalid

AI_ACT = "Regulation (EU) 2024/1689 (AI Act)"
NEEDED = ("law", "duty", "applies_on", "source", "checked_on")
READ_ON = "2026-11-28"  # the founders' last reading; none of it was held against the Official Journal


@dataclass(frozen=True, slots=True)
class LawDate:
    """One duty, the day from which it holds, where that was read, and when."""

    law: str
    duty: str
    applies_on: date
    source: str
    checked_on: date
    is_verified: bool  # held against the official text, and not only reported

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> LawDate:
        """What a policy says of it.

        Raises
        ------
        PolicyInvalid
        """
        if not isinstance(told, Mapping):
            raise _wrong(f"{told!r} is no table")
        lacking = [name for name in NEEDED if name not in told]
        if lacking:
            raise _wrong(f"one lacks {', '.join(lacking)}")
        return cls(
            law=str(told["law"]),
            duty=str(told["duty"]),
            applies_on=_day(told, "applies_on"),
            source=str(told["source"]),
            checked_on=_day(told, "checked_on"),
            is_verified=bool(told.get("is_verified", False)),
        )


def _day(told: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(told[name])
    except (TypeError, ValueError):
        raise _wrong(f"{name} = {told[name]} is no day in quotation marks") from None


def _wrong(what: str) -> PolicyInvalid:
    return PolicyInvalid(
        f"Policy law: a date of law lacks or misspells something: {what}. It needs law, duty, source, and applies_on "
        'and checked_on as "2027-12-02".'
    )


@dataclass(frozen=True, slots=True)
class LawPolicy:
    """A later version replaces the whole list; the former one stays on record with its day."""

    policy_name: ClassVar[str] = "law"
    dates: tuple[Mapping[str, Any], ...] = (
        {
            "law": AI_ACT,
            "duty": "Prohibited practices, among them inferring emotions at work; AI literacy",
            "applies_on": "2025-02-02",
            "source": "article 113 (a)",
            "checked_on": READ_ON,
        },
        {
            "law": AI_ACT,
            "duty": "Transparency towards people (article 50)",
            "applies_on": "2026-08-02",
            "source": "article 113",
            "checked_on": READ_ON,
        },
        {
            "law": AI_ACT,
            "duty": "High-risk systems of annex III, employment among them",
            "applies_on": "2027-12-02",
            "source": "as reported: moved from 2026-08-02 by Parliament on 2026-06-16 and Council on 2026-06-29",
            "checked_on": READ_ON,
        },
    )
    recheck_months: int = 12  # after which a date must be looked up again
    notice_days: int = 180  # before a date, in which the doctor names it

    def __post_init__(self) -> None:
        """Refuse a date that cannot be read, where it is set and not where it is looked at."""
        for told in self.dates:
            LawDate.of(told)

    @property
    def law_dates(self) -> tuple[LawDate, ...]:
        """The dates, the earliest first."""
        return tuple(sorted((LawDate.of(told) for told in self.dates), key=lambda one: (one.applies_on, one.duty)))
