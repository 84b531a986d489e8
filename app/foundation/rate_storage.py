"""Counts of requests in this process's memory, safe under several threads.

`limits` 5.8 checks and restarts one timer from every request without a lock: two threads at once start the same one,
and a request ends with "threads can only be started once". Starting that timer's thread was also a twentieth of what
a response costs, so counts whose window has passed are swept in passing instead.
"""

from __future__ import annotations

import threading
import time

from limits.storage import MemoryStorage

SECONDS_BETWEEN_SWEEPS = 10.0


class SteadyMemoryStorage(MemoryStorage):
    """The library's storage, one request at a time; a count takes microseconds. Found by its scheme."""

    STORAGE_SCHEME = ["steady-memory"]  # noqa: RUF012  the library's registry reads a list

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        self._one_at_a_time = threading.Lock()
        self._sweep_at = 0.0
        super().__init__(uri, wrap_exceptions, **options)

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802  the library's own name, to stand in its place
        """Forget the windows that have passed, once in a while."""
        now = time.monotonic()
        if now < self._sweep_at:
            return
        self._sweep_at = now + SECONDS_BETWEEN_SWEEPS
        passed = [key for key, end in self.expirations.items() if end <= time.time()]
        for key in passed:
            self.clear(key)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count one request more."""
        with self._one_at_a_time:
            return super().incr(key, expiry, amount)
