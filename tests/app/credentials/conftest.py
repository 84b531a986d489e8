"""A desk with a published key."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.app.credentials.awards import Desk
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock


@pytest.fixture
def desk(session: Session, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> Desk:
    desk = Desk(session, clock, entropy, jobs)
    desk.publish_key()
    return desk
