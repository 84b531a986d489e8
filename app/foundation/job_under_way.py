"""Which jobs of this process are under way, and which ended so lately that the note of it may still be on its way."""

from __future__ import annotations

import threading
import time


class UnderWay:
    """The keys of jobs, looked at by the heart while others begin and end.

    The library writes down that a job ended. Where the database is away it tries again, at most a minute and a half
    after its last try; a job put back meanwhile would run, and its mail go out, a second time.
    """

    def __init__(self, note_within: float) -> None:
        self._note_within = note_within
        self._running: set[str] = set()
        self._ended: dict[str, float] = {}  # the earliest first
        self._lock = threading.Lock()

    def begin(self, key: str) -> None:
        """From now on it runs here."""
        with self._lock:
            self._ended.pop(key, None)
            self._running.add(key)

    def end(self, key: str) -> None:
        """It is over, and the library is about to write that down."""
        with self._lock:
            self._running.discard(key)
            self._ended[key] = time.monotonic()
            self._forget_noted()

    def __contains__(self, key: object) -> bool:
        """Whether it runs, or ended so lately that nobody else should run it."""
        with self._lock:
            self._forget_noted()
            return key in self._running or key in self._ended

    def __len__(self) -> int:
        """How many run."""
        return len(self._running)

    def _forget_noted(self) -> None:
        past = time.monotonic() - self._note_within
        for key in [key for key, ended in self._ended.items() if ended < past]:
            del self._ended[key]
