"""A consistent copy of a running PostgreSQL database: every table by COPY in one repeatable-read transaction.

No program of PostgreSQL is needed where Decile runs, and none has to match the server's version. The schema is not
copied: the release makes it, and a backup goes back into the schema it came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from psycopg import sql
from sqlalchemy import Connection, MetaData, Table, inspect, text

from app.foundation.db import Base, Database
from app.foundation.jobs import JOB_SCHEMA
from app.operations.errors import RestoreRefused

BLOCK_BYTES = 1 << 20
MADE_BY_THE_SCHEMA = frozenset({"alembic_version", f"{JOB_SCHEMA}.dbos_migrations"})
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)
# what every process reads before it starts: until the restore is committed, it waits
KEEP_OTHERS_OUT = text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
SEQUENCES = text(
    "SELECT table_schema, table_name, column_name, pg_get_serial_sequence("
    "quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) AS sequence "
    "FROM information_schema.columns WHERE table_schema IN (current_schema(), :jobs)"
)


def take(database: Database, directory: Path) -> dict[str, int]:
    """Copy every table as it is at one instant, one file each; the rows of each table."""
    with database.writing.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return {table.fullname: _copy_out(connection, table, directory) for table in _tables(connection)}


def require_alone(connection: Connection) -> None:
    """Raise `RestoreRefused` if anybody else is connected to this database, from whichever machine."""
    others = connection.scalar(OTHERS)
    if others:
        raise RestoreRefused(
            f"{others} other connections to this database are open. Stop every web and worker process, on every "
            "machine, then try again."
        )


def is_empty(connection: Connection) -> bool:
    """Whether no table of ours, or of the job library, holds a row."""
    places = ((None, inspect(connection).get_table_names()), (JOB_SCHEMA, _job_tables(connection)))
    named = [(place, name) for place, names in places for name in names]
    return not any(
        # nosemgrep: sql-from-formatted-text  the names are the database's own
        connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {_quoted(place, name)})"))  # noqa: S608  # nosec B608
        for place, name in named
        if (f"{place}.{name}" if place else name) not in MADE_BY_THE_SCHEMA
    )


def _quoted(place: str | None, name: str) -> str:
    return f'"{place}"."{name}"' if place else f'"{name}"'


def _job_tables(connection: Connection) -> list[str]:
    inspector = inspect(connection)
    return inspector.get_table_names(schema=JOB_SCHEMA) if JOB_SCHEMA in inspector.get_schema_names() else []


def load(connection: Connection, directory: Path, rows: dict[str, int]) -> None:
    """Fill the empty tables in the caller's transaction, and see that each holds the rows it should.

    Raises
    ------
    RestoreRefused
        If the backup holds other tables than this schema, or a table came out with another number of rows.
    """
    connection.execute(KEEP_OTHERS_OUT)
    tables = {table.fullname: table for table in _tables(connection)}
    if sorted(tables) != sorted(rows):
        raise RestoreRefused("The backup holds other tables than this release. Restore with the release that made it.")
    for table in tables.values():
        _copy_in(connection, table, directory)
        named = _quoted(table.schema, table.name)
        # nosemgrep: sql-from-formatted-text  the name is quoted
        found = connection.scalar(text(f"SELECT count(*) FROM {named}"))  # noqa: S608  a name of ours  # nosec B608
        if found != rows[table.fullname]:
            raise RestoreRefused(f"Table {table.fullname} came out with {found} rows, not {rows[table.fullname]}.")
    _set_sequences(connection)


def _tables(connection: Connection) -> Iterator[Table]:
    """Every table with rows to keep, those that others refer to first."""
    jobs = MetaData()
    jobs.reflect(connection, schema=JOB_SCHEMA)
    for table in (*Base.metadata.sorted_tables, *jobs.sorted_tables):
        if table.fullname not in MADE_BY_THE_SCHEMA:
            yield table


def _statement(table: Table, rest: str) -> sql.Composed:
    name = sql.Identifier(table.schema, table.name) if table.schema else sql.Identifier(table.name)
    columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
    return sql.SQL("COPY {} ({}) " + rest).format(name, columns)


def _cursor(connection: Connection) -> Any:
    return connection.connection.cursor()  # psycopg's own, in this connection's transaction


def _copy_out(connection: Connection, table: Table, directory: Path) -> int:
    connection.execute(text("SELECT 1"))  # the transaction, and with it the snapshot, begins at the first table
    rows = 0
    with (
        (directory / table.fullname).open("xb") as file,
        _cursor(connection) as cursor,
        cursor.copy(_statement(table, "TO STDOUT")) as copy,
    ):
        for block in copy:
            rows += bytes(block).count(b"\n")  # one a row: a line break inside a value is written as \n
            file.write(block)
    return rows


def _copy_in(connection: Connection, table: Table, directory: Path) -> None:
    with (
        (directory / table.fullname).open("rb") as file,
        _cursor(connection) as cursor,
        cursor.copy(_statement(table, "FROM STDIN")) as copy,
    ):
        while block := file.read(BLOCK_BYTES):
            copy.write(block)


def _set_sequences(connection: Connection) -> None:
    """Let every counter go on after the highest number that was restored."""
    for schema, table, column, sequence in connection.execute(SEQUENCES, {"jobs": JOB_SCHEMA}):
        if sequence is not None:
            highest = f'SELECT max("{column}") FROM {_quoted(schema, table)}'  # noqa: S608  # nosec B608
            # nosemgrep: sql-from-formatted-text  the names are the database's own, and quoted
            connection.execute(text(f"SELECT setval(:sequence, coalesce(({highest}), 1))"), {"sequence": sequence})
