"""A worker's slot: the stable name under which it runs jobs, held by one live process at a time.

Two live processes under one name double work, so a slot is a lock which the operating system (a file, on SQLite) or
the server (an advisory lock, on PostgreSQL) releases when its holder dies, however it dies. Who can take the lock of
a slot knows that nobody runs under that name. The row beside it says when its holder was last heard of.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from sqlalchemy import NullPool, create_engine, func, select, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from app.foundation.db import Base
from app.foundation.errors import Unavailable

MOST_WORKERS = 64
MOST_AHEAD = timedelta(seconds=30)  # clocks of two machines differ; a heartbeat beyond that tells nothing
REAPER_LOCK = MOST_WORKERS  # the number after the last slot
ADVISORY_LOCK_CLASS = 0x4A4F4253  # "JOBS": keeps our advisory locks apart from anybody else's in the database
# A server that lost us notices in 10 + 3 * 5 = 25 s and releases the lock, instead of in two hours.
KEEPALIVE_OPTIONS = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


class WorkerSlot(Base):
    """When the worker in this slot was last heard of."""

    __tablename__ = "worker_slot"

    name: Mapped[str] = mapped_column(primary_key=True)
    process_id: Mapped[int]
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime]


class NoFreeSlot(Unavailable):
    """Every slot is held by a live worker."""

    code = "no-free-worker-slot"

    def __init__(self) -> None:
        super().__init__(f"All {MOST_WORKERS} worker slots are held by live workers. Stop one, then start again.")


class SlotLost(Unavailable):
    """Another worker may have taken our slot while we were cut off from the database."""

    code = "worker-slot-lost"

    def __init__(self, name: str) -> None:
        super().__init__(f"The lock of worker {name} was lost with its connection. The worker stops; start it again.")


class HeldLock(Protocol):
    """A lock we hold."""

    def is_held(self) -> bool:
        """Whether we still hold it."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class Locks(Protocol):
    """Numbered locks that die with their holder."""

    def take(self, number: int) -> HeldLock | None:
        """The lock, or None while another live process holds it."""
        ...


@dataclass(frozen=True, slots=True)
class Slot:
    """A held slot; its name is the executor id of dbos."""

    number: int
    lock: HeldLock

    @property
    def name(self) -> str:
        """As in the row and in the job tables."""
        return slot_name(self.number)


def slot_name(number: int) -> str:
    """The name of slot `number`."""
    return f"worker-{number}"


def slot_number(name: str) -> int:
    """The number in a slot's name."""
    return int(name.rpartition("-")[2])


def take_free_slot(locks: Locks) -> Slot:
    """The lowest slot no live worker holds, so that a restarted worker finds its own unfinished work."""
    for number in range(MOST_WORKERS):
        lock = locks.take(number)
        if lock is not None:
            return Slot(number, lock)
    raise NoFreeSlot


def locks_for(url: str, directory: Path) -> Locks:
    """File locks beside an SQLite database, advisory locks in a PostgreSQL one."""
    return FileLocks(directory) if make_url(url).get_backend_name() == "sqlite" else AdvisoryLocks(url)


@dataclass(slots=True)
class _FileLock:
    descriptor: int

    def is_held(self) -> bool:
        return True  # nothing but the end of this process, or release(), takes it away

    def release(self) -> None:
        os.close(self.descriptor)


@dataclass(frozen=True, slots=True)
class FileLocks:
    """Locks on files of one machine. A child forked without exec would share them; dbos starts threads only."""

    directory: Path

    def take(self, number: int) -> HeldLock | None:
        """The lock, or None while another live process holds it."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(self.directory / f"{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return _FileLock(descriptor)


_OUR_LOCKS = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()")


@dataclass(slots=True)
class _AdvisoryLock:
    connection: Connection

    def is_held(self) -> bool:
        """Whether the session that took the lock lives; after a loss SQLAlchemy would silently open another."""
        if self.connection.invalidated:
            return False
        try:
            return bool(self.connection.scalar(_OUR_LOCKS))
        except SQLAlchemyError:
            return False

    def release(self) -> None:
        with suppress(SQLAlchemyError):  # asked for: the server ends a closed session in its own time
            self.connection.execute(select(func.pg_advisory_unlock_all()))
        with suppress(SQLAlchemyError):
            self.connection.close()


class AdvisoryLocks:
    """Session locks of PostgreSQL, each on a connection of its own; a transaction-pooling proxy would break them."""

    def __init__(self, url: str) -> None:
        arguments = {"options": KEEPALIVE_OPTIONS, "keepalives_idle": 10, "keepalives_interval": 5}
        self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments)

    def take(self, number: int) -> HeldLock | None:
        """The lock, or None while another live process holds it."""
        connection = self._engine.connect()
        if connection.scalar(select(func.pg_try_advisory_lock(ADVISORY_LOCK_CLASS, number))):
            return _AdvisoryLock(connection)
        connection.close()
        return None


@contextmanager
def held(lock: HeldLock) -> Iterator[None]:
    """Release at the end."""
    try:
        yield
    finally:
        lock.release()
