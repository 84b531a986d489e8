"""A desk with a published key, as in the tests of credentials, and a register to ask about."""

from __future__ import annotations

import pytest

from app.foundation.db import Database
from tests.app.credentials.conftest import desk
from tests.app.verification.register import Register
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock

__all__ = ["desk"]


@pytest.fixture
def register(database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> Register:
    return Register(database, clock, entropy, jobs)
