"""Fixtures of the job tests: a migrated database and the runtime of a real worker over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.foundation.db import Database
from app.foundation.runtime import Runtime
from tests.app.foundation.effects import a_runtime, prepare


@pytest.fixture
def job_database(database_url: str) -> Iterator[Database]:
    """Our tables, the library's, and those in which test jobs leave their effects."""
    database = prepare(database_url)
    yield database
    database.dispose()


@pytest.fixture
def worker_runtime(job_database: Database, tmp_path: Path) -> Runtime:
    """System clock, durable jobs."""
    return a_runtime(job_database, tmp_path)
