"""Two who act at the same moment on PostgreSQL: one goes on when the other waits for what it holds.

No time is guessed: the server is asked who waits. What is through without having waited is a future that is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.foundation.db import Database

T = TypeVar("T")
PATIENCE_SECONDS, LOOK_SECONDS = 20.0, 0.01
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def meanwhile(act: Callable[[], T], database: Database) -> Future[T]:
    """Begin `act` in a thread of its own, and come back once it waits for a lock or has ended."""
    pool = ThreadPoolExecutor(1)
    doing = pool.submit(act)
    pool.shutdown(wait=False)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not doing.done() and not _somebody_waits(database):
        assert time.monotonic() < deadline, "it neither waits for a lock nor ends"
        time.sleep(LOOK_SECONDS)
    return doing


def while_first_is_not_committed(database: Database, first: Callable[[Session], object], second: Callable[[], T]) -> T:
    """What `second` gave or raised, which began when `first` had done its work and was not committed."""
    with database.transaction() as session:
        first(session)
        session.flush()
        doing = meanwhile(second, database)
    return doing.result(PATIENCE_SECONDS)


def _somebody_waits(database: Database) -> bool:
    with database.looking() as connection:
        return bool(connection.scalar(WAITING))
