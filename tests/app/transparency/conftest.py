"""A runtime as the worker has it, on SQLite."""

from __future__ import annotations

from tests.app.credentials.conftest import house

__all__ = ["house"]
