"""A desk with a published key, as in the tests of credentials, and a register to ask about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.credentials.publish_status_list import publish_status_list
from app.foundation.db import Database
from tests.app.credentials.awards import BASE_URL, Desk
from tests.app.credentials.conftest import desk
from tests.app.verification.register import Register
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock

__all__ = ["desk"]


@pytest.fixture
def register(database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> Register:
    return Register(database, clock, entropy, jobs)


@pytest.fixture
def publish_list(desk: Desk) -> Callable[[], None]:
    """Sign the first status list, as the worker does."""

    def publish() -> None:
        publish_status_list(
            1,
            session=desk.session,
            clock=desk.clock,
            signer=desk.signer,
            jwt_signer=desk.jwt_signer,
            base_url=BASE_URL,
        )

    return publish
