"""Statements compiled once for a worker of pytest, not once for each of the thousand engines that its tests make.

SQLAlchemy keeps what it compiled with the engine and finds it again by the dialect, which is another object for each
engine. Here dialects of one kind and version are equal and share what they keep, as all statements of a process that
lives long do.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

STATEMENTS = 5_000  # all that the tests of a worker ask, some times over


class _Same:
    """What makes a dialect equal to another of its kind."""

    _kept: LRUCache[Any, Any] = LRUCache(STATEMENTS)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._kind() == other._kind()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(type(self))

    def _kind(self) -> tuple[Any, ...]:
        names = ("server_version_info", "paramstyle", "default_schema_name", "_json_serializer", "_json_deserializer")
        return tuple(getattr(self, name, None) for name in names)

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Let a new engine keep its statements with those of the others."""
        engine.update_execution_options(compiled_cache=cls._kept)


class SameSqlite(_Same, SQLiteDialect_pysqlite):
    """SQLite as SQLAlchemy speaks it."""

    supports_statement_cache = True


class SamePsycopg(_Same, PGDialect_psycopg):
    """PostgreSQL through psycopg as SQLAlchemy speaks it."""

    supports_statement_cache = True


def share_what_is_compiled() -> None:
    """From now on, for every engine that is made in this process."""
    registry.register("sqlite", __name__, SameSqlite.__name__)
    registry.register("postgresql.psycopg", __name__, SamePsycopg.__name__)
