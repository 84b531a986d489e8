"""The installation of the tests of operations serves here too."""

from __future__ import annotations

from tests.app.operations.conftest import installation, migrated_postgres, migrated_sqlite

__all__ = ["installation", "migrated_postgres", "migrated_sqlite"]
