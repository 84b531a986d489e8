"""What everybody who plays in the demonstration needs: the skill, how its items are answered, and the real things."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.answering import Answers
from app.demo.past import PastClock
from app.foundation.runtime import Runtime
from app.foundation.signing import Signer

SKILL = "collaboration"


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """`now` is the instant at which the demonstration is loaded; everything in it lies before."""

    runtime: Runtime
    signer: Signer
    answers: Answers
    now: datetime

    def clock(self, days_ago: float) -> PastClock:
        """A clock that stands that long before now."""
        return PastClock(self.now - timedelta(days=days_ago))
