"""The world of the API's tests, its decision made yesterday: there one may ask."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.awarding.models import AwardDecision
from app.foundation.runtime import Runtime
from tests.app.api.conftest import made_on_postgresql, made_world, world_on_postgresql
from tests.app.api.conftest import world as month_old_world
from tests.app.api.world import Facts, World, open_world
from tests.app.reviews.compromised import Template, made_compromised

__all__ = ["made_on_postgresql", "made_world", "month_old_world", "world_on_postgresql"]


@pytest.fixture(scope="session")
def compromised(made_world: tuple[Path, Facts], tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The world after its key fell into other hands."""
    template, facts = made_world
    return made_compromised(open_world(template, tmp_path_factory.mktemp("compromised"), facts))


@pytest.fixture
def here(compromised: Template, tmp_path: Path) -> tuple[World, Runtime]:
    """A copy of it for this test alone, and its worker."""
    return compromised.opened(tmp_path)


@pytest.fixture
def world(month_old_world: World) -> World:
    return decided_yesterday(month_old_world)


@pytest.fixture
def on_postgresql(world_on_postgresql: World) -> World:
    return decided_yesterday(world_on_postgresql)


def decided_yesterday(world: World) -> World:
    with world.runtime.transaction() as session:
        yesterday = world.runtime.clock.now() - timedelta(days=1)
        session.execute(update(AwardDecision).values(decided_at=yesterday))
    return world
