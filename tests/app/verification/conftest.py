"""A desk with a published key, as in the tests of credentials."""

from __future__ import annotations

from tests.app.credentials.conftest import desk

__all__ = ["desk"]
