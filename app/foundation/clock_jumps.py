"""Whether the machine's clock was set: by hand, by a time server, or because the machine had been asleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from app.foundation.clock import Clock

SMALLEST = timedelta(seconds=30)  # time servers correct less than this all the while


class Jumps:
    """Compares the clock with the time that has passed since the last look."""

    def __init__(self, clock: Clock, passed: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._passed = clock, passed
        self._zero = self._started_at()

    def came(self) -> bool:
        """Whether the clock was set since the last look, forward or back."""
        former, self._zero = self._zero, self._started_at()
        return abs(self._zero - former) >= SMALLEST

    def _started_at(self) -> datetime:
        """What the clock would have said when the count of passed seconds began."""
        return self._clock.now() - timedelta(seconds=self._passed())
