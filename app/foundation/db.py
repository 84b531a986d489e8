"""The database: one declarative base, instants that are always aware UTC, and transactions opened at the edge.

SQLite writers begin with BEGIN IMMEDIATE, in turn (`sqlite_writers`): a deferred transaction that reads and then writes
can fail with "database is locked" however long it is willing to wait. synchronous=FULL because NORMAL loses
acknowledged commits on a power cut in WAL mode. What may be forgotten, because it would only be done again, is written
with NORMAL: the lock is free a millisecond earlier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from sqlalchemy import JSON, DateTime, Engine, Enum, MetaData, Table, Uuid, create_engine, event, text
from sqlalchemy.engine import Connection, Dialect, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from app.foundation.sqlite_writers import STEP_MS, Writer, begin_in_turn

BUSY_TIMEOUT_MS = 5000
POOL_SIZE = 10
POOL_OVERFLOW = 20
POOL_WAIT_SECONDS = 5.0  # then a request is told to come back; the library's own 30 s would hold its thread
ENUM_LENGTH = 32
# What each SQLite connection keeps of the file. With the library's own 2,000 KiB twenty of them took 46 MB and read no
# quicker than with 512, in 16 MB: what is kept is void once another connection commits.
KEPT_KIB = 512
READS_FIRST = "decile_reads_first"  # option of an engine

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware on the way in, aware UTC on the way out, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy hands it over
    ) -> datetime | None:
        """Refuse a naive datetime; hand over UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database; pass an aware one, as clock.now() gives")
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  SQLAlchemy hands it over
    ) -> datetime | None:
        """SQLite forgets the zone; what was stored is UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _values(kind: type[StrEnum]) -> list[str]:
    return [str(member) for member in kind]


class Base(DeclarativeBase):
    """Parent of every table of ours."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012  SQLAlchemy reads it from the class
        UUID: Uuid(),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        list[str]: JSON(),
        list[int]: JSON(),
        # text holding the value: a native type could not gain a state without a migration of its own
        StrEnum: Enum(StrEnum, native_enum=False, length=ENUM_LENGTH, values_callable=_values),
    }


def where(condition: str) -> dict[str, Any]:
    """Keywords of an index that holds only the rows of this condition, the same on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


def table_of(model: type[Base]) -> Table:
    """The model's table, for what is asked at every response: through the mapper a statement costs five times that.

    Such a statement is written once, with bound parameters, for writing it costs as much as asking it. The session
    flushes nothing before it.
    """
    return cast("Table", model.__table__)


def _prepare_sqlite(then_wait_ms: int, *last: str) -> Callable[[Any, Any], None]:
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions behind our back
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",  # before what may meet another process that is just starting
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"cache_size=-{KEPT_KIB}",
            f"busy_timeout={then_wait_ms}",
            *last,
        ):
            connection.execute(f"PRAGMA {pragma}")

    return prepare


def _begin_in_turn(connection: Connection) -> None:
    if not connection.get_execution_options().get(READS_FIRST):
        begin_writing(connection)


def _begin_before_writing(
    connection: Connection, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    asked = context.compiled.statement if context.compiled else None
    only_reads = asked is not None and asked.is_select and asked._for_update_arg is None  # noqa: SLF001  nothing public says it
    if not only_reads:
        begin_writing(connection)


def begin_writing(connection: Connection) -> None:
    """Take SQLite's lock of writers now, if the transaction reads first and has not got it; elsewhere, nothing."""
    if connection.dialect.name == "sqlite":
        begin_in_turn(connection, BUSY_TIMEOUT_MS / 1000)


def _pool() -> dict[str, Any]:
    return {
        "pool_size": POOL_SIZE,
        "max_overflow": POOL_OVERFLOW,
        "pool_timeout": POOL_WAIT_SECONDS,
        "pool_use_lifo": True,  # as few as are busy at once: each that is used keeps pages
        "hide_parameters": True,  # an error that is logged or set aside must not quote what people wrote
    }


class Database:
    """The engines of one process: one that writes in transactions, one that reads without any."""

    def __init__(self, url: str, *, may_forget: bool = False) -> None:
        """Where it `may_forget`, what was committed here last can be gone after a power cut: no commit waits for it."""
        self.url = url
        self._may_forget = may_forget
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"

    @cached_property
    def writing(self) -> Engine:
        """The engine behind `transaction()`."""
        if not self.is_sqlite:
            options = {"options": "-c synchronous_commit=off"} if self._may_forget else {}
            return create_engine(self.url, **_pool(), pool_pre_ping=True, connect_args=options)
        engine = create_engine(self.url, **_pool(), connect_args={"factory": Writer})
        without_waiting = ("synchronous=NORMAL",) if self._may_forget else ()
        # overwrites with zeros what is deleted, which only some builds of the library do unasked
        event.listen(engine, "connect", _prepare_sqlite(STEP_MS, "secure_delete=ON", *without_waiting))
        event.listen(engine, "begin", _begin_in_turn)
        return engine

    @cached_property
    def _reading_first(self) -> Engine:
        """The same connections; on SQLite a transaction begins at the first statement that writes or locks a row."""
        if not self.is_sqlite:
            return self.writing
        engine = self.writing.execution_options(**{READS_FIRST: True})
        event.listen(engine, "before_cursor_execute", _begin_before_writing)
        return engine

    @cached_property
    def _reading_engine(self) -> Engine:
        """For queries alone, which the database itself holds it to."""
        if not self.is_sqlite:
            kept_to_reading = {"options": "-c default_transaction_read_only=on"}
            return create_engine(self.url, **_pool(), isolation_level="AUTOCOMMIT", connect_args=kept_to_reading)
        engine = create_engine(self.url, **_pool(), isolation_level="AUTOCOMMIT")
        event.listen(engine, "connect", _prepare_sqlite(BUSY_TIMEOUT_MS, "query_only=ON"))
        return engine

    @contextmanager
    def transaction(self, *, reads_first: bool = False) -> Iterator[Session]:
        """A session whose work is committed together, or not at all if anything is raised.

        With `reads_first`, SQLite's one lock of writers is taken only by what writes, locks a row or holds a name:
        what was read before may have changed by then, as on PostgreSQL, and nobody waited while it was read.
        """
        engine = self._reading_first if reads_first else self.writing
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for reading alone; the database refuses whatever would write."""
        with Session(self._reading_engine, autoflush=False) as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """A connection for one look at a few columns: half the price of a session, and it maps nothing."""
        with self._reading_engine.connect() as connection:
            yield connection

    def empty_log(self) -> bool:
        """Leave nothing in SQLite's log of what was deleted; False if readers kept it meanwhile. Elsewhere, nothing."""
        if not self.is_sqlite:
            return True
        connection = self.writing.raw_connection()
        try:
            return cast("Writer", connection.dbapi_connection).empty_log(BUSY_TIMEOUT_MS / 1000)
        finally:
            connection.close()

    def compact(self) -> None:
        """Rewrite SQLite's file without what was deleted, the rests of split pages included; nobody else may use it."""
        connection = self.writing.raw_connection()
        try:
            cast("Writer", connection.dbapi_connection).execute("VACUUM")
        finally:
            connection.close()
        self.empty_log()

    def dispose(self) -> None:
        """Close pooled connections, before a fork or at the end of a test."""
        for name in ("writing", "_reading_engine"):
            engine = self.__dict__.get(name)
            if engine is not None:
                engine.dispose()
