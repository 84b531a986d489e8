"""Counts of requests in this process's memory, safe under several threads.

`limits` 5.8 checks and restarts one timer from every request without a lock: two threads at once start the same one,
and a request ends with "threads can only be started once".
"""

from __future__ import annotations

import threading

from limits.storage import MemoryStorage


class SteadyMemoryStorage(MemoryStorage):
    """The library's storage, one request at a time; a count takes microseconds. Found by its scheme."""

    STORAGE_SCHEME = ["steady-memory"]  # noqa: RUF012  the library's registry reads a list

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: str) -> None:
        self._one_at_a_time = threading.Lock()
        super().__init__(uri, wrap_exceptions, **options)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count one request more."""
        with self._one_at_a_time:
            return super().incr(key, expiry, amount)
