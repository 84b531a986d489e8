"""The clock of the machine as processes see it, which a test may set while they run: libfaketime, preloaded.

What measures durations (CLOCK_MONOTONIC) goes on as it does when an operator or a time server sets a real clock.
"""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest


class MachineClock:
    """An offset to the real clock, in a file that every process reads at every look at the clock."""

    def __init__(self, place: Path) -> None:
        self._file, self._ahead = place / "clock", timedelta()
        self.jump(timedelta())

    @property
    def environment(self) -> dict[str, str]:
        """What a process must be started with to go by this clock."""
        return {
            "LD_PRELOAD": str(library()),
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
        }

    def now(self) -> datetime:
        """As the processes see it."""
        return datetime.now(UTC) + self._ahead

    def set_to(self, instant: datetime) -> None:
        """It is this instant now, and goes on from there."""
        self.jump(instant - self.now())

    def jump(self, step: timedelta) -> None:
        """Forward or back."""
        self._ahead += step
        part = self._file.with_suffix(".part")
        part.write_text(f"{self._ahead.total_seconds():+.3f}\n", encoding="utf-8")
        part.replace(self._file)  # nobody reads half an offset


def library() -> Path:
    """The library that came as a wheel; where there is none the test is skipped, and says so."""
    found = importlib.util.find_spec("libfaketime")
    files = list(Path(found.origin).parent.rglob("libfaketime.so.1")) if found and found.origin else []
    if not files:
        reason = "NOT RUN: no libfaketime for this machine, so no clock was set"
        print(reason)
        pytest.skip(reason)
    return files[0]
