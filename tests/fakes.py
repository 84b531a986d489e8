"""A clock that stands still, chance that counts, jobs that are only collected: what tests of use cases need."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@dataclass
class FrozenClock:
    """Time moves only when told to."""

    instant: datetime = NOON

    def now(self) -> datetime:
        return self.instant

    def advance(self, step: timedelta) -> datetime:
        self.instant += step
        return self.instant


class CountingEntropy:
    """The same values in the same order in every run; `start` keeps two sources apart."""

    def __init__(self, start: int = 1) -> None:
        self._numbers = count(start)

    def uuid(self) -> UUID:
        return UUID(int=(next(self._numbers) << 80) | 0x4000_8000_0000_0000_0000, version=4)

    def token(self) -> str:
        return f"token-{next(self._numbers):037d}"

    def digits(self, count: int) -> str:
        return f"{next(self._numbers) % 10**count:0{count}d}"

    def bits(self, count: int) -> int:
        # An odd multiplier spreads the counter over all the bits and never repeats within 2**count draws.
        return (next(self._numbers) * 0x9E3779B97F4A7C15F39CC0605CEDC835) % (1 << count)

    def seed(self) -> int:
        return next(self._numbers)


@dataclass
class CollectedJobs:
    """Remembers what was enqueued; the durable library is tested by itself and in the journeys."""

    enqueued: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)

    def enqueue(self, name: str, key: str, *, session: Session, arguments: dict[str, Any]) -> None:
        self.enqueued.setdefault(key, (name, arguments))

    def names(self) -> list[str]:
        return [name for name, _ in self.enqueued.values()]
