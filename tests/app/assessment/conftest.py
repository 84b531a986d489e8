"""A place over each kind of database. Tables and bank are made once per kind, all else is emptied before each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.foundation.db import Base, Database
from tests.app.assessment.builders import Place, the_collaboration_bank
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.postgres_server import fresh_postgres_database

TRIAL_ROWS = (
    "DELETE FROM calibration WHERE source <> 'prior'",
    "DELETE FROM item WHERE release_id IN (SELECT id FROM bank_release WHERE is_trial)",
    "DELETE FROM bank_release WHERE is_trial",
    "DELETE FROM skill WHERE is_trial",
)
BANK_TABLES = {"skill", "bank_release", "item", "calibration"}


@pytest.fixture(scope="session")
def empty_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("assessment") / "empty.sqlite3"
    _prepare(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def shared_postgres_url() -> Iterator[str]:
    with fresh_postgres_database() as url:
        _prepare(url)
        yield url


def _prepare(url: str) -> None:
    database = Database(url)
    Base.metadata.create_all(database.writing)
    the_collaboration_bank(Place(database, entropy=CountingEntropy(start=10**9)))
    database.dispose()


def _empty(database: Database) -> None:
    """Delete every other row; as a replica, triggers that keep rows from being deleted do not fire."""
    others = (f'DELETE FROM "{name}"' for name in Base.metadata.tables if name not in BANK_TABLES)
    at_one_go = "; ".join(("SET LOCAL session_replication_role = replica", *others, *TRIAL_ROWS))
    with database.writing.begin() as connection:
        connection.exec_driver_sql(at_one_go)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with every table of ours, and no row but those of the Collaboration bank."""
    if request.param == "sqlite":
        file = shutil.copy(request.getfixturevalue("empty_sqlite_file"), tmp_path / "test.sqlite3")
        database = Database(f"sqlite:///{file}")
    else:
        database = Database(request.getfixturevalue("shared_postgres_url"))
        _empty(database)
    yield database
    database.dispose()


@pytest.fixture
def place(database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> Place:
    return Place(database, clock, entropy, jobs)
