"""`decile db`: which schema a release needs, and back to the one before, never under a running system."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import text

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
    before = "2026_11_30_lookups"  # before a column was added: what came after that changes rows alone
    assert run("downgrade", "--to", before).exit_code == 0
    assert run("check").exit_code == 1
    assert isinstance(run("downgrade", "--to", "no-such").exception, NoSuchRevision)
    with runtime.reading() as session:
        assert not schema.is_at_head(session.connection())
    assert run("upgrade").exit_code == 0
    assert run("check").exit_code == 0


@pytest.mark.parametrize("named", ["base", "", "-1", "head", "2026"])
def test_the_schema_goes_back_to_nothing_but_a_revision_by_its_whole_name(run, runtime, tmp_path, named):
    runtime.database.dispose()
    (tmp_path / "test.sqlite3").unlink()
    schema.upgrade(runtime.database)
    assert isinstance(run("downgrade", f"--to={named}").exception, NoSuchRevision)
    assert schema.differences(runtime.database) == []


def test_differences_between_database_and_models_are_told_in_words(run, runtime):
    with runtime.database.writing.begin() as connection:
        connection.execute(text("DROP TABLE log_checkpoint"))
        connection.execute(text("ALTER TABLE log_entry DROP COLUMN salt"))
        connection.execute(text("CREATE TABLE stray (id INTEGER)"))
    found = run("check")
    assert found.exit_code == 1
    assert sorted(found.output.splitlines()) == [
        "the column log_entry.salt is missing",
        "the table log_checkpoint is missing",
        "the table stray is not ours",
    ]


@pytest.mark.usefixtures("database")
def test_a_column_that_is_otherwise_is_told_with_what_is_otherwise():
    changed = [("modify_nullable", None, "letter", "at", {}, True, False), ("modify_type", None, "letter", "at", {})]
    assert schema.in_words(changed) == (
        "the column letter.at has another nullable; the column letter.at has another type"
    )


def test_nothing_goes_back_under_a_running_system(run, runtime):
    with running.marked_as_running(runtime.settings.data):
        assert isinstance(run("downgrade", "--to", schema.revisions()[1]).exception, SystemRunning)
