"""People who come one after the other while something is done to the installation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from tests.journeys.collaboration import Collaboration
from tests.journeys.insisting import InsistingPerson, Ledger

PEOPLE_AT_ONCE = 3
PATIENCE_SECONDS = 120


class Crowd:
    """People who come one after the other, several at a time, until told that no more are wanted.

    Each sits `sittings` times before the next one comes, where the policy of the world lets them.
    """

    def __init__(
        self, world: Collaboration, ledger: Ledger | None = None, *, at_once: int = PEOPLE_AT_ONCE, sittings: int = 1
    ) -> None:
        self.world, self.ledger = world, Ledger() if ledger is None else ledger
        self._numbers = iter(range(1_000_000))
        self._closing = threading.Event()
        self._sittings = sittings
        self._pool = ThreadPoolExecutor(at_once)
        self._doors: list[Future[None]] = [self._pool.submit(self._come) for _ in range(at_once)]

    def _come(self) -> None:
        while not self._closing.is_set():
            person = InsistingPerson(self.world, next(self._numbers), self.ledger)
            person.sign_in_with_link()
            for _ in range(self._sittings):
                person.sit()
                if self._closing.is_set():
                    return

    def wait_for(self, happened: Callable[[], bool]) -> None:
        """Until it happened; what went wrong with a person is raised here."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < deadline, "nothing came of it in time"
            for door in self._doors:
                if door.done():
                    door.result()
            time.sleep(0.005)

    def leave(self) -> None:
        """Whoever sits finishes."""
        self._closing.set()
        for door in self._doors:
            door.result(timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Crowd:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        if problem is not None:
            self.ledger.abandoned.set()
        self._pool.shutdown()
