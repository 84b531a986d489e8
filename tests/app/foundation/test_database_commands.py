"""`decile db`: which schema a release needs, and back to the one before, never under a running system."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from app.foundation import running, schema
from app.foundation.database_commands import db
from app.foundation.running import SystemRunning
from app.foundation.schema import NoSuchRevision

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def run(runtime):
    def run(*words: str):
        return CliRunner().invoke(db, list(words), obj=runtime)

    return run


def test_the_schema_goes_back_to_the_release_before_and_on_again(run, runtime, tmp_path):
    runtime.database.dispose()
    (tmp_path / "test.sqlite3").unlink()
    assert run("upgrade").exit_code == 0
    needed = run("revision").output.strip()
    assert needed == schema.head() == schema.revisions()[0]
    before = schema.revisions()[1]
    assert run("downgrade", "--to", before).exit_code == 0
    assert run("check").exit_code == 1
    assert isinstance(run("downgrade", "--to", "no-such").exception, NoSuchRevision)
    with runtime.reading() as session:
        assert not schema.is_at_head(session.connection())
    assert run("upgrade").exit_code == 0
    assert run("check").exit_code == 0


def test_nothing_goes_back_under_a_running_system(run, runtime):
    with running.marked_as_running(runtime.settings.data):
        assert isinstance(run("downgrade", "--to", schema.revisions()[1]).exception, SystemRunning)
