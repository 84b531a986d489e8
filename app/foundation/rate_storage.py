"""Counts of requests in this process's memory, safe under several threads.

`limits` 5.8 forgets what is over in a thread of its own, which it starts anew with nearly every request: that costs
more than the counting, and two requests at once start the same one and end with "threads can only be started once".
Here the request that finds a minute gone forgets what is over.
"""

from __future__ import annotations

import threading
import time

from limits.storage import MemoryStorage

SECONDS_BETWEEN_SWEEPS = 60.0


class SteadyMemoryStorage(MemoryStorage):
    """The library's storage, one request at a time; a count takes microseconds. Found by its scheme."""

    STORAGE_SCHEME = ["steady-memory"]  # noqa: RUF012  the library's registry reads a list

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        self._one_at_a_time = threading.Lock()
        self._sweep_at = 0.0
        super().__init__(uri, wrap_exceptions, **options)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count one request more; a window that is over begins anew."""
        now = time.time()
        with self._one_at_a_time:
            if now >= self._sweep_at:
                self._forget_what_is_over(now)
            if self.expirations.get(key, 0) <= now:
                self.storage[key], self.expirations[key] = 0, now + expiry
            self.storage[key] += amount
            return self.storage[key]

    def _forget_what_is_over(self, now: float) -> None:
        self._sweep_at = now + SECONDS_BETWEEN_SWEEPS
        for key in [key for key, ends_at in self.expirations.items() if ends_at <= now]:
            self.expirations.pop(key, None)
            self.storage.pop(key, None)
