"""Which jobs of this process are under way, and which are done although the table does not say so yet."""

from __future__ import annotations

import threading
from collections.abc import Set


class UnderWay:
    """The keys of jobs, looked at by the heart while others begin and end.

    The library writes down that a job is done. Where the database is away at that moment it may not get to, and a job
    that is run again for that sends its mail a second time. So what was done is known here until it is written down.
    """

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._done: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, key: str) -> None:
        """From now on it runs here."""
        with self._lock:
            self._done.discard(key)
            self._running.add(key)

    def end(self, key: str, *, is_done: bool) -> None:
        """It is over: done, or failed."""
        with self._lock:
            self._running.discard(key)
            if is_done:
                self._done.add(key)

    def done(self) -> frozenset[str]:
        """What is done here and not known to be written down."""
        with self._lock:
            return frozenset(self._done)

    def forget(self, keys: Set[str]) -> None:
        """It is written down that these are done."""
        with self._lock:
            self._done -= keys

    def __contains__(self, key: object) -> bool:
        """Whether it runs."""
        return key in self._running

    def __len__(self) -> int:
        """How many run."""
        return len(self._running)
