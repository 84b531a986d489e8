"""Counts of requests: in this process's memory, safe under several threads; or shared in Redis, which may go away.

`limits` 5.8 forgets what is over in a thread of its own, which it starts anew with nearly every request: that costs
more than the counting, and two requests at once start the same one and end with "threads can only be started once".
Here the request that finds a minute gone forgets what is over. And where Redis does not answer, the library fails the
request after five seconds; a limit is no reason to lose a response, so this process counts alone meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from limits.storage import MemoryStorage, RedisStorage, Storage

SECONDS_BETWEEN_SWEEPS = 60.0
ANSWER_SECONDS = 0.3  # that Redis has for one count; it takes well under a millisecond on one network
ALONE_SECONDS = 5.0  # before it is asked again
SHARED = "shared+"

log = structlog.get_logger()


def why_not_shared(url: str) -> str:
    """What keeps Redis from counting for all processes; empty where nothing does. Nothing is counted by asking."""
    shared = _redis(url)
    try:
        shared.storage.ping()
    except shared.base_exceptions as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def _redis(url: str) -> RedisStorage:
    times = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
    return RedisStorage(url, **times, retry=None)  # type: ignore[arg-type]  # the client's own


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


class SharedStorage(Storage):
    """Counts in Redis, shared by every web process; in this process alone for some seconds after Redis failed."""

    STORAGE_SCHEME = [SHARED + scheme for scheme in RedisStorage.STORAGE_SCHEME or ()]  # noqa: RUF012  as above

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._shared = _redis(uri.removeprefix(SHARED))
        self._own = SteadyMemoryStorage()
        self._alone_until = 0.0

    def _ask(self, what: Callable[[Storage], Any]) -> Any:
        if time.monotonic() >= self._alone_until:
            try:
                return what(self._shared)
            except self._shared.base_exceptions as problem:
                self._alone_until = time.monotonic() + ALONE_SECONDS
                log.warning("rates.counted-alone", problem=type(problem).__name__, seconds=ALONE_SECONDS)
        return what(self._own)

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What Redis raises; none of it gets past `_ask`."""
        return self._shared.base_exceptions

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count one request more."""
        return int(self._ask(lambda storage: storage.incr(key, expiry, amount)))

    def get(self, key: str) -> int:
        """How many there were."""
        return int(self._ask(lambda storage: storage.get(key)))

    def get_expiry(self, key: str) -> float:
        """When counting begins anew, in seconds since 1970."""
        return float(self._ask(lambda storage: storage.get_expiry(key)))

    def check(self) -> bool:
        """Whether somebody counts; in the end this process does."""
        return bool(self._ask(lambda storage: storage.check()))

    def reset(self) -> int | None:
        """Forget everything."""
        found: int | None = self._ask(lambda storage: storage.reset())
        return found

    def clear(self, key: str) -> None:
        """Forget this one."""
        self._ask(lambda storage: storage.clear(key))
