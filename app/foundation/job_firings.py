"""Which times of a periodic job still want a run.

Where the clock was set forward, the library fires every time that was passed, hundreds of them, and hands them out
before whatever a person waits for. Each run does all that is due, so one that began after a time has served it, unless
it failed.
"""

from __future__ import annotations

import threading
from datetime import datetime


class Firings:
    """When a run of each periodic job last began in this process."""

    def __init__(self) -> None:
        self._begun: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def overtaken(self, name: str, *, due: str, at: datetime) -> bool:
        """Whether a run began after this one was due (a time in ISO 8601); if none did, this one begins now."""
        with self._lock:
            last = self._begun.get(name)
            if last is not None and datetime.fromisoformat(due) < last <= at:  # later than now: the clock was set back
                return True
            self._begun[name] = at
            return False

    def failed(self, name: str) -> None:
        """The run that began served nothing, so that a time before it, or the same one tried again, wants its own."""
        with self._lock:
            self._begun.pop(name, None)

    def forget(self) -> None:
        """What was noted by a clock that has been set since."""
        with self._lock:
            self._begun.clear()
