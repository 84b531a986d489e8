"""The erasure once more on PostgreSQL, whose foreign keys and types are stricter."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.factory import create_app
from app.foundation.db import Database
from app.privacy.models import Certificates
from tests.app.api.world import World, a_runtime, make_world
from tests.app.privacy.test_erase_person import RECORD, come_back, erase
from tests.app.privacy.test_export_person import the_copy
from tests.app.privacy.traces import found_again, held, leave_traces_everywhere, strings_of
from tests.fakes import CountingEntropy
from tests.postgres_server import fresh_postgres_database


@pytest.mark.long
def test_nothing_of_the_person_stands_in_any_column_on_postgresql_either(
    postgres_database_with_tables: str, tmp_path: Path
):
    with fresh_postgres_database(postgres_database_with_tables) as url:
        database = Database(url)
        runtime = a_runtime(tmp_path, CountingEntropy(), database)
        world = World(tmp_path, make_world(runtime, tmp_path), runtime, tmp_path, create_app(runtime))
        leave_traces_everywhere(world)
        strings, expected = strings_of(world), held(world)
        copy, _ = the_copy(world)
        assert {table: len(rows) for table, rows in copy["tables"].items()} == expected
        assert len({table for table, _, _ in found_again(world, strings)}) >= 24
        erase(world, Certificates.KEEP)
        assert found_again(world, strings, but=RECORD) == []
        come_back(world)
        database.dispose()
