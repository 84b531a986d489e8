"""A place over each kind of database."""

from __future__ import annotations

import pytest

from app.foundation.db import Database
from tests.app.assessment.builders import Place
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock


@pytest.fixture
def place(database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> Place:
    return Place(database, clock, entropy, jobs)
