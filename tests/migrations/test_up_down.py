"""The migrations say what the models say, on both databases, and go up, down and up again."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import app.composition  # noqa: F401  every table is known
from app.foundation import schema
from app.foundation.db import Database
from app.foundation.jobs import is_job_table
from app.foundation.shipped import MIGRATIONS


@pytest.fixture
def empty(database_url):
    database = Database(database_url)
    yield database
    database.dispose()


def test_upgrading_an_empty_database_gives_exactly_the_models(empty):
    schema.upgrade(empty)

    assert schema.differences(empty) == []
    with empty.reading() as session:
        assert schema.is_at_head(session.connection())


def test_the_head_is_the_one_that_alembic_finds():
    assert schema.head() == ScriptDirectory(str(MIGRATIONS)).get_current_head() == schema.revisions()[0]


def test_upgrading_twice_changes_nothing(empty):
    schema.upgrade(empty)
    schema.upgrade(empty)

    assert schema.differences(empty) == []


def test_down_to_nothing_and_up_again(empty):
    schema.upgrade(empty)
    command.downgrade(schema._config(empty), "base")
    with empty.reading() as session:
        inspector = inspect(session.connection())
        left = {name for name in inspector.get_table_names() if not is_job_table(name, None)}
        assert left <= {"alembic_version"}
        assert not schema.is_at_head(session.connection())
    schema.upgrade(empty)

    assert schema.differences(empty) == []


def test_a_migrated_database_guards_its_audit_record_like_the_models_do(empty):
    schema.upgrade(empty)
    with empty.transaction() as session:
        session.execute(
            text(
                "INSERT INTO audit_entry (at, kind, subject, actor, detail) "
                "VALUES ('2026-11-23 00:00:00+00:00', 'test.act', '1', 'operator', '{}')"
            )
        )

    def tamper():
        with empty.transaction() as session:
            session.execute(text("DELETE FROM audit_entry"))

    with pytest.raises(Exception, match="append-only"):
        tamper()


def test_a_column_that_only_the_models_know_is_found(empty):
    """The comparison is trusted because it finds a planted difference."""
    schema.upgrade(empty)
    with empty.transaction() as session:
        session.execute(text("ALTER TABLE award DROP COLUMN specimen_reasons"))

    assert "specimen_reasons" in str(schema.differences(empty))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((), []),
        (("DROP INDEX ix_log_entry_about",), ["the index ix_log_entry_about is missing"]),
        (
            ("DROP INDEX ix_log_entry_about", "CREATE INDEX ix_log_entry_about ON log_entry (substr(subject, 1, 35))"),
            ["the index ix_log_entry_about is missing", "the index ix_log_entry_about is not ours"],
        ),
        (("CREATE INDEX ix_more ON log_entry (lower(subject))",), ["the index ix_more is not ours"]),
        (
            (
                "DROP INDEX ix_log_entry_about",
                'CREATE INDEX "ix_log_entry_about" ON "log_entry" (substr(subject,1,36))',
            ),
            [],
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # PostgreSQL is asked by the library itself
@pytest.mark.filterwarnings("error")
def test_an_index_of_an_expression_is_compared_like_any_other_and_without_a_warning(empty, change, told):
    schema.upgrade(empty)
    with empty.transaction() as session:
        for statement in change:
            session.execute(text(statement))

    assert set(map(schema.in_words, schema.differences(empty))) >= set(told)
    assert bool(schema.differences(empty)) is bool(told)
