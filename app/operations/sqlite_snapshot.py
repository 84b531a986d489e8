"""A consistent copy of a running SQLite database, by SQLite's own backup interface, and its way back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from app.operations.errors import BackupRefused, RestoreRefused

COPY = "decile.sqlite3"
WHOLE = -1  # pages in one step: one read transaction, so one instant; writers go on beside it in WAL mode
PRIVATE_MODE = 0o600


def database_file(url: str) -> Path:
    """Where the database of this URL stands."""
    return Path(make_url(url).database or "")


def files_of(url: str) -> list[Path]:
    """It, and what SQLite keeps beside it: a log left over by another database would be read into a new one."""
    file = database_file(url)
    return [file.with_name(file.name + end) for end in ("", "-wal", "-shm", "-journal")]


def take(url: str, directory: Path) -> dict[str, int]:
    """Copy the database as it is at one instant into `directory`; the rows of each table.

    Raises
    ------
    BackupRefused
        If the disk is full or fails.
    """
    copy = directory / COPY
    copy.touch(mode=PRIVATE_MODE)
    try:
        with closing(_opened(database_file(url), "ro")) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target, pages=WHOLE)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, with nothing beside it
            return _rows(target)
    except sqlite3.OperationalError as problem:
        raise BackupRefused(f"The database could not be copied into {directory}: {problem}.") from problem


def check(copy: Path, rows: dict[str, int]) -> None:
    """Raise `RestoreRefused` unless the copy is whole and holds exactly these rows."""
    with closing(_opened(copy, "ro")) as connection:
        damage = connection.execute("PRAGMA integrity_check").fetchone()[0]
        orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
        if damage != "ok" or orphan is not None or _rows(connection) != rows:
            raise RestoreRefused("The database in this backup is damaged. Nothing was changed; try an older backup.")


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name: _count(connection, name) for (name,) in names.fetchall()}


def _count(connection: sqlite3.Connection, table: str) -> int:
    found = connection.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  a name of ours  # nosec B608
    return int(found.fetchone()[0])


def _opened(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode={mode}", uri=True)
