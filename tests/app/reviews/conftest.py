"""The world of the API's tests, its decision made yesterday: there one may ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.awarding.models import AwardDecision
from tests.app.api.conftest import made_world
from tests.app.api.conftest import world as month_old_world
from tests.app.api.world import World

__all__ = ["made_world", "month_old_world"]


@pytest.fixture
def world(month_old_world: World) -> World:
    with month_old_world.runtime.transaction() as session:
        yesterday = month_old_world.runtime.clock.now() - timedelta(days=1)
        session.execute(update(AwardDecision).values(decided_at=yesterday))
    return month_old_world
