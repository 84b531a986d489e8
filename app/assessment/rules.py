"""Pure decisions about sittings: when another may begin, how long one may be resumed, what makes one whole."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor
from uuid import UUID

from app.assessment.policy import SittingPolicy

MONTHS_PER_YEAR = 12
SECONDS_PER_MINUTE = 60
SECONDS_PER_MONTH = 365.2425 / MONTHS_PER_YEAR * 24 * 3600  # mean Gregorian month
FLOAT_TOLERANCE = 1e-9  # .2 * 15 is 3.0000000000000004: three of fifteen is a fifth


@dataclass(frozen=True, slots=True)
class Taken:
    """A former sitting, as far as the retake rules care."""

    started_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Retake:
    """Whether a sitting may begin, and if not, from when and by which rule."""

    from_at: datetime | None = None
    by_limit: bool = False

    @property
    def is_allowed(self) -> bool:
        """Whether nothing stands against it."""
        return self.from_at is None


def retake(former: Sequence[Taken], *, at: datetime, policy: SittingPolicy) -> Retake:
    """May another sitting of the skill begin at `at`? `former` are those that count as taken.

    A wait is counted from the end of the last sitting, the limit from the starts. Both bounds are inclusive:
    thirty days after the end, to the second, is late enough.
    """
    if not former:
        return Retake()
    ordered = sorted(former, key=lambda sitting: sitting.started_at)
    wait_days = policy.first_wait_days if len(ordered) == 1 else policy.later_wait_days
    wait_over = max(sitting.ended_at for sitting in ordered) + timedelta(days=wait_days)
    room_from = _room_from(ordered, at=at, policy=policy)
    if room_from is not None and room_from > wait_over:
        return Retake(room_from, by_limit=True)
    return Retake(wait_over) if wait_over > at else Retake()


def _room_from(ordered: Sequence[Taken], *, at: datetime, policy: SittingPolicy) -> datetime | None:
    """When the rolling year has room again, or None if it has room now."""
    if len(ordered) < policy.most_sittings:
        return None
    oldest_that_counts = ordered[-policy.most_sittings]
    room_from = months_after(oldest_that_counts.started_at, policy.limit_months)
    return room_from if room_from > at else None


def months_after(at: datetime, months: int) -> datetime:
    """The same day and clock time, `months` later (negative: earlier); the last day where that month is shorter."""
    index = at.year * MONTHS_PER_YEAR + at.month - 1 + months
    year, month = index // MONTHS_PER_YEAR, index % MONTHS_PER_YEAR + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def months_between(earlier: datetime, later: datetime) -> float:
    """Mean months from one instant to another, never negative: a clock that jumped back ages nothing."""
    return max(0.0, (later - earlier).total_seconds() / SECONDS_PER_MONTH)


def resumable_until(started_at: datetime, policy: SittingPolicy) -> datetime:
    """The instant after which an open sitting can no longer be gone on with."""
    return started_at + timedelta(days=policy.resume_days)


def grace(policy: SittingPolicy) -> timedelta:
    """How long after the last moment an answer to what was shown before may still arrive."""
    return timedelta(minutes=policy.resume_grace_minutes)


@dataclass(frozen=True, slots=True)
class Content:
    """How many scored units a sitting has, by kind and by facet; every facet of the release is a key."""

    statements: int
    scenarios: int
    facets: Mapping[str, int]

    @property
    def units(self) -> int:
        """Scored units of both kinds."""
        return self.statements + self.scenarios


def fewest_of_facet(units: int, policy: SittingPolicy) -> int:
    """How many of `units` each facet must have."""
    return ceil(policy.fewest_facet_share * units - FLOAT_TOLERANCE)


def is_balanced(content: Content, policy: SittingPolicy) -> bool:
    """Whether every facet was heard."""
    fewest = fewest_of_facet(content.units, policy)
    return content.units > 0 and all(count >= fewest for count in content.facets.values())


def has_enough_for_result(content: Content, policy: SittingPolicy) -> bool:
    """Whether there is anything to report."""
    return content.units >= policy.fewest_units_for_result


def is_close(probability: float | None, policy: SittingPolicy) -> bool:
    """Whether P(composite >= cut) lies where the policy calls a sitting undecided; without a cut nothing is close."""
    return probability is not None and policy.undecided_above < probability < policy.undecided_below


def most_repeated_statements(former_statements: int, policy: SittingPolicy) -> int:
    """How many statements of the former sitting may come again."""
    return int(policy.most_statement_overlap * former_statements + FLOAT_TOLERANCE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A statement that was shown in a sitting, and whether that sitting came to a result."""

    code: str
    sitting_id: UUID
    is_of_whole: bool


def worn_statements(seen: Sequence[Seen], policy: SittingPolicy) -> list[str]:
    """Which of the statements `seen`, the earliest first, may not come again: all but the few unseen for longest.

    The former sitting is the last that came to a result. What was shown since comes on top of it: else one that is
    begun and left at once would make every statement new again. Without such a sitting, all that was shown counts.
    Where the policy lets all of them come again, none is worn.
    """
    if policy.most_statement_overlap >= 1:
        return []
    former = next((one.sitting_id for one in reversed(seen) if one.is_of_whole), None)
    places = [place for place, one in enumerate(seen) if former in (None, one.sitting_id)]
    latest_first = list(dict.fromkeys(one.code for one in reversed(seen[min(places, default=0) :])))
    allowed = most_repeated_statements(len({seen[place].code for place in places}), policy)
    return latest_first[: len(latest_first) - allowed]


def minutes_needed(statements: int, scenarios: int, policy: SittingPolicy) -> int:
    """A guide, rounded up, of how long so many units take."""
    seconds = statements * policy.statement_seconds + scenarios * policy.scenario_seconds
    return max(1, ceil(seconds / SECONDS_PER_MINUTE))


def whole_minutes(seconds: float, *, up: bool) -> int:
    """Whole minutes, rounded up or down; never none."""
    return max(1, (ceil if up else floor)(seconds / SECONDS_PER_MINUTE))


def facet_counts(facets: Iterable[str], scored: Iterable[str]) -> dict[str, int]:
    """Scored units of each facet, zero included."""
    counts = dict.fromkeys(facets, 0)
    for facet in scored:
        counts[facet] += 1
    return counts
