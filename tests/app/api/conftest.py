"""A world per test; the first one takes some seconds to make, the others are copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.foundation.db import Base
from tests.app.api.world import FILE, Facts, World, a_runtime, make_world, open_world
from tests.fakes import CountingEntropy


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
