"""SQLite has one writer at a time; here writers take turns instead of sleeping until the lock happens to be free.

SQLite's own busy handler sleeps ever longer, up to a tenth of a second, and the lock goes to whoever asks just when
it falls free: with eight threads writing, a request that took 27 ms in the median took 97 in the mean. Writers of one
process wait for each other on a lock of this process; against other processes, one of them asks again every few
milliseconds.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from typing import Any

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

BEGIN = "BEGIN IMMEDIATE"
STEP_MS = 3  # SQLite's busy handler sleeps 1, then 2 ms before it gives up

_turns: dict[str, threading.Lock] = {}


class Writer(sqlite3.Connection):
    """A connection that holds its process's turn from the begin of a transaction to its end."""

    def __init__(self, database: str, *arguments: Any, **options: Any) -> None:
        super().__init__(database, *arguments, **options)
        self._turn = _turns.setdefault(database, threading.Lock())
        self._has_turn = False

    def begin(self, patience_seconds: float) -> None:
        """Begin a writing transaction, or raise `sqlite3.OperationalError` once patience is at its end."""
        deadline = time.monotonic() + patience_seconds
        if not self._turn.acquire(timeout=patience_seconds):
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
            self._turn.release()


def begin_in_turn(connection: Connection, patience_seconds: float) -> None:
    """Begin the writing transaction of an engine's connection, unless it has begun; one that only reads has none."""
    writer: object = connection.connection.dbapi_connection
    if not isinstance(writer, Writer) or writer.in_transaction:
        return
    try:
        writer.begin(patience_seconds)
    except sqlite3.OperationalError as refusal:
        raise OperationalError(BEGIN, None, refusal) from refusal
