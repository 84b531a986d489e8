"""The world of the API's tests, as a month-old place in which one person has left something everywhere."""

from __future__ import annotations

import pytest

from tests.app.api.conftest import made_world
from tests.app.api.conftest import world as tidy_world
from tests.app.api.world import World
from tests.app.privacy.traces import leave_traces_everywhere

__all__ = ["made_world", "tidy_world"]


@pytest.fixture
def world(tidy_world: World) -> World:
    leave_traces_everywhere(tidy_world)
    return tidy_world
