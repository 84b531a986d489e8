"""Somebody other than the holder looked at a certificate: counted by day, so that the holder knows it is used.

A look is written at once when the last writing is a second old, else with the next look at any certificate or when the
process ends: a transaction for each look cost more than the rest of the page. A killed process loses what it held.
"""

from __future__ import annotations

import atexit
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from app.foundation.clock import Clock
from app.foundation.db import Database
from app.verification.models import VerificationCount

BETWEEN_WRITINGS = timedelta(seconds=1)
Look = tuple[UUID, date]

log = structlog.get_logger("decile.verification")


class _Held:
    """The looks that one process has not written yet."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._looks: Counter[Look] = Counter()
        self._taken_at: datetime | None = None

    def add(self, look: Look, *, at: datetime) -> Mapping[Look, int]:
        """One more; what is to be written now, and is held no longer."""
        with self._one_at_a_time:
            self._looks[look] += 1
            if self._taken_at is not None and self._taken_at <= at < self._taken_at + BETWEEN_WRITINGS:
                return {}
            self._taken_at = at
            return self._take()

    def take_all(self) -> Mapping[Look, int]:
        """Everything held."""
        with self._one_at_a_time:
            return self._take()

    def _take(self) -> Mapping[Look, int]:
        taken, self._looks = self._looks, Counter()
        return taken


_held: WeakKeyDictionary[Database, _Held] = WeakKeyDictionary()


def count_verification(credential_id: UUID, *, database: Database, clock: Clock) -> None:
    """Add one: an answer about a certificate never waits for its count to be free, or fails with it."""
    now = clock.now()
    due = _held.setdefault(database, _Held()).add((credential_id, now.date()), at=now)
    if due:
        _write(due, database=database)


def write_held_counts(database: Database) -> None:
    """Write what is still held."""
    held = _held.get(database)
    if held is not None:
        _write(held.take_all(), database=database)


def _write(looks: Mapping[Look, int], *, database: Database) -> None:
    """All together; where that fails, each by itself, since a certificate may have been erased meanwhile."""
    try:
        _add(looks.items(), database=database)
    except (DBAPIError, NoConnectionLeft):
        for look in looks.items():
            try:
                _add([look], database=database)
            except (DBAPIError, NoConnectionLeft) as fault:
                log.warning("verification.not_counted", error=type(fault).__name__)


def _add(looks: Iterable[tuple[Look, int]], *, database: Database) -> None:
    dialect = sqlite if database.is_sqlite else postgresql
    with database.transaction() as session:
        for (credential_id, day), times in looks:
            row = dialect.insert(VerificationCount).values(credential_id=credential_id, counted_on=day, times=times)
            more = {"times": VerificationCount.times + times}
            session.execute(row.on_conflict_do_update(index_elements=["credential_id", "counted_on"], set_=more))


@atexit.register
def _write_all() -> None:
    for database in list(_held):
        write_held_counts(database)
