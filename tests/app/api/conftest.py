"""A world per test; the first one takes some seconds to make, the others are copies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.factory import create_app
from app.foundation.db import Base, Database
from tests.app.api.world import AGE, FILE, Facts, World, a_runtime, make_world, open_world
from tests.fakes import CountingEntropy
from tests.postgres_server import fresh_postgres_database


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Facts]:
    """The file, and what is in it."""
    directory = tmp_path_factory.mktemp("world")
    runtime = a_runtime(directory, CountingEntropy())
    Base.metadata.create_all(runtime.database.writing)
    facts = make_world(runtime, directory)
    with runtime.database.writing.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    runtime.database.dispose()
    return directory / FILE, facts


@pytest.fixture
def world(made_world: tuple[Path, Facts], tmp_path: Path) -> World:
    """A copy for this test alone."""
    template, facts = made_world
    return open_world(template, tmp_path, facts)


@pytest.fixture(scope="module")
def shared_world(made_world: tuple[Path, Facts], tmp_path_factory: pytest.TempPathFactory) -> World:
    """A copy for the tests of a module, which restore it after they changed something."""
    template, facts = made_world
    return open_world(template, tmp_path_factory.mktemp("shared"), facts)


@pytest.fixture(scope="session")
def made_on_postgresql(
    postgres_database_with_tables: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Facts]]:
    """The name of the database, and what is in it."""
    directory = tmp_path_factory.mktemp("world")
    with fresh_postgres_database(postgres_database_with_tables) as url:
        runtime = a_runtime(directory, CountingEntropy(), Database(url))
        facts = make_world(runtime, directory)
        runtime.database.dispose()
        yield str(make_url(url).database), facts


@pytest.fixture
def world_on_postgresql(made_on_postgresql: tuple[str, Facts], tmp_path: Path) -> Iterator[World]:
    """A copy for this test alone, for what two people do at the same moment."""
    template, facts = made_on_postgresql
    with fresh_postgres_database(template) as url:
        runtime = a_runtime(tmp_path, CountingEntropy(start=10**6), Database(url))
        runtime.clock.advance(AGE)  # type: ignore[attr-defined]
        yield World(tmp_path, facts, runtime, tmp_path, create_app(runtime))
        runtime.database.dispose()
