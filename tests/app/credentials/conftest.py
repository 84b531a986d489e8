"""A desk with a published key, and a runtime as the worker has it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.foundation.runtime import Runtime
from tests.app.credentials.awards import Desk
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.journeys.at_a_standstill import with_signer


@pytest.fixture
def desk(session: Session, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> Desk:
    desk = Desk(session, clock, entropy, jobs)
    desk.publish_key()
    return desk


@pytest.fixture
def house(runtime: Runtime, tmp_path: Path) -> Runtime:
    return with_signer(runtime, tmp_path)
