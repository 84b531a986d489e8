"""Two acts at once on PostgreSQL: the second begins while the first has done its work and is not committed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from time import sleep
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.foundation.db import Database

T = TypeVar("T")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def while_first_is_not_committed(database: Database, first: Callable[[Session], object], second: Callable[[], T]) -> T:
    """What the second gave or raised, which waits for the first or has ended before it, as it finds out itself."""
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            first(session)
            session.flush()
            doing = pool.submit(second)
            until_it_waits(doing, database)
        return doing.result(timeout=10)


def until_it_waits(doing: Future[T], database: Database) -> None:
    """Return once a transaction of this database waits for another, or the act is over without waiting."""
    while not doing.done():
        with database.looking() as connection:
            if connection.scalar(WAITING):
                return
        sleep(0.01)
