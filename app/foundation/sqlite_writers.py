"""SQLite has one writer at a time; here writers take turns instead of sleeping until the lock happens to be free.

SQLite's own busy handler sleeps ever longer, up to a tenth of a second, and the lock goes to whoever asks just when
it falls free: with eight threads writing, a request that took 27 ms in the median took 97 in the mean. Writers of one
process wait for each other on a lock of this process, and the processes for each other on the lock of a file beside
the database: the system wakes the next one, where SQLite's lock would lie idle until somebody asked again. The turn is
a courtesy. What decides is still SQLite's lock, for which whoever has the turn asks again while a stranger holds it.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary, finalize

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from app.foundation.whole_files import OWNER_ALONE

BEGIN = "BEGIN IMMEDIATE"
EMPTY_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
BETWEEN_TRIES_SECONDS = 0.05
STEP_MS = 3  # SQLite's busy handler sleeps 1, then 2 ms before it gives up
TURN_FILE = "-turn"  # after the database's name, as SQLite names its log

_turns: WeakValueDictionary[str, Turn] = WeakValueDictionary()  # a turn lives as long as a connection to its database
_looked_up = threading.Lock()


class Turn:
    """The turn to write to one database, among the threads of this process and then among processes.

    The system takes it from a process that dies. One that is frozen with it holds up a single thread of every other
    process until it goes on or dies; the threads behind that one are told after their patience. A process that was
    forked shares the turn with its parent, and then SQLite's lock alone keeps them apart.
    """

    def __init__(self, database: str) -> None:
        self._threads = threading.Lock()
        self._file = os.open(database + TURN_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ALONE)
        with suppress(PermissionError):  # another user made it, who has given it the mode already
            os.fchmod(self._file, Path(database).stat().st_mode & 0o777)  # who may write the database takes turns there
        finalize(self, os.close, self._file)

    def take(self, patience_seconds: float) -> bool:
        """Whether the turn came; among threads, within the patience."""
        if not self._threads.acquire(timeout=patience_seconds):
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)  # asked again every .2 ms instead, half of the gain was lost
        except BaseException:
            self._threads.release()
            raise
        return True

    def pass_on(self) -> None:
        """To whoever waits."""
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()


class Writer(sqlite3.Connection):
    """A connection that has the turn from the begin of a transaction to its end."""

    def __init__(self, database: str, *arguments: Any, **options: Any) -> None:
        super().__init__(database, *arguments, **options)
        with _looked_up:
            self._turn = _turns.get(database) or _turns.setdefault(database, Turn(database))
        self._has_turn = False

    def begin(self, patience_seconds: float) -> None:
        """Begin a writing transaction, or raise `sqlite3.OperationalError` once patience is at its end."""
        deadline = time.monotonic() + patience_seconds
        if not self._turn.take(patience_seconds):
            raise sqlite3.OperationalError("database is locked")
        self._has_turn = True
        try:
            while not self._begun():
                if time.monotonic() >= deadline:
                    raise sqlite3.OperationalError("database is locked")
        except BaseException:
            self._pass_on()
            raise

    def _begun(self) -> bool:
        try:
            self.execute(BEGIN)
        except sqlite3.OperationalError as refusal:
            if refusal.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True

    def empty_log(self, patience_seconds: float) -> bool:
        """Carry the write-ahead log into the file and cut it to nothing; False if readers kept it to the end.

        Without that, what was deleted stands in the log until other pages happen to be written over it. While a long
        reader keeps it, other writers have their turns between the tries.
        """
        deadline = time.monotonic() + patience_seconds
        while not self._emptied(patience_seconds):
            if time.monotonic() >= deadline:
                return False
            time.sleep(BETWEEN_TRIES_SECONDS)
        return True

    def _emptied(self, patience_seconds: float) -> bool:
        if not self._turn.take(patience_seconds):
            return False
        try:
            kept_by_readers, _, _ = self.execute(EMPTY_LOG).fetchone()
        finally:
            self._turn.pass_on()
        return not kept_by_readers

    def commit(self) -> None:
        """Commit, or roll back what cannot be committed: left open it would keep everybody else from writing."""
        try:
            super().commit()
        except BaseException:
            self.rollback()
            raise
        self._pass_on()

    def rollback(self) -> None:
        """Roll back and let the next one write."""
        try:
            super().rollback()
        finally:
            self._pass_on()

    def close(self) -> None:
        """Close, whatever was under way."""
        try:
            super().close()
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._has_turn:
            self._has_turn = False
            self._turn.pass_on()


def begin_in_turn(connection: Connection, patience_seconds: float) -> None:
    """Begin the writing transaction of an engine's connection, unless it has begun; one that only reads has none."""
    writer: object = connection.connection.dbapi_connection
    if not isinstance(writer, Writer) or writer.in_transaction:
        return
    try:
        writer.begin(patience_seconds)
    except sqlite3.OperationalError as refusal:
        raise OperationalError(BEGIN, None, refusal) from refusal
