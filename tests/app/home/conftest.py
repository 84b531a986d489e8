"""The world of the API's tests serves the pages too."""

from __future__ import annotations

from tests.app.api.conftest import made_world, world

__all__ = ["made_world", "world"]
