"""What everybody who plays in the demonstration needs: the skill, how its items are answered, and the real things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.answering import Answers
from app.demo.errors import SignerNeeded
from app.demo.past import PastClock
from app.foundation.runtime import Runtime
from app.foundation.signing import Signer

SKILL = "collaboration"
FIRST_HOUR, WAKING_HOURS = 7, 12  # UTC


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """`now` is the instant at which the demonstration is loaded; everything in it lies before."""

    runtime: Runtime
    signer: Signer | None  # None where nothing is issued
    answers: Answers
    now: datetime
    skill: str = SKILL

    @property
    def present_signer(self) -> Signer:
        """The signer, where anything is issued."""
        if self.signer is None:
            raise SignerNeeded
        return self.signer

    def clock(self, days_ago: float) -> PastClock:
        """A clock that many days before now, at an hour when people are awake: the later, the larger the fraction."""
        whole, fraction = divmod(days_ago, 1)
        day = (self.now - timedelta(days=max(1, whole))).replace(hour=0, minute=0, second=0, microsecond=0)
        return PastClock(day + timedelta(hours=FIRST_HOUR + WAKING_HOURS * fraction))
