"""How a worker's process ends: told to, within a bounded time, whatever its threads are at.

The library and Python itself would wait one after the other: for jobs, for each thread of the library, at the very end
for the pool of jobs, where one may be writing down that it is done to a database that does not answer, for ever. Jobs
are durable, so the process may go at any instant: what is cut off runs again at the next start.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)
ENDED, FAILED = 0, 1
LOOK_SECONDS = 0.5


class Ending:
    """Why this process ends, and how long it may take."""

    def __init__(self, within_seconds: float) -> None:
        self._within_seconds = within_seconds
        self._reasons: SimpleQueue[Exception | None] = SimpleQueue()  # its put() is safe in a signal handler
        self._is_at_work = self._is_told = False

    def heed_signals(self) -> None:
        """From now on, in the main thread: the first signal is a reason to end, a second ends the process at once.

        So does the first one before `wait`, when there is nothing to finish yet.
        """
        for number in SIGNALS:
            signal.signal(number, self._hear)

    def give(self, reason: Exception) -> None:
        """A reason of our own to end."""
        self._reasons.put(reason)

    def wait(self) -> Exception | None:
        """Work until there is a reason, None for a signal. The time that the process has left runs from here."""
        self._is_at_work = True
        reason = self._first_reason()
        last_moment = threading.Timer(self._within_seconds, end, [FAILED if reason else ENDED])
        last_moment.daemon = True
        last_moment.start()
        return reason

    def _first_reason(self) -> Exception | None:
        """A signal wakes this thread only if it waits already: one that comes a moment before is heard at a look."""
        while True:
            with suppress(Empty):
                return self._reasons.get(timeout=LOOK_SECONDS)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_told or not self._is_at_work:
            end(ENDED)
        self._is_told = True
        self._reasons.put(None)


def end(code: int) -> None:
    """Leave now, waiting for no thread."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, RuntimeError, ValueError):  # full, closed, or being written to just now
            stream.flush()
    os._exit(code)
