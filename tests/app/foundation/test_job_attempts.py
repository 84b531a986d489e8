"""What a job does where its database is away, or goes while it works: real files and a real server."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.foundation.db import Database
from app.foundation.job_attempts import attempt
from app.foundation.job_pace import Pace
from tests.postgres_server import postgres_server, start_again, stop_at_once, temporary_root

QUICK = Pace(first_retry=0.001, longest_retry=0.004, attempts=3, restarts=5)
END_OF_OURS = text("SELECT pg_terminate_backend(pg_backend_pid())")
log = structlog.get_logger("tests")


def test_a_database_that_is_away_is_waited_for_and_never_counted(tmp_path: Path):
    database, tries = Database(f"sqlite:///{tmp_path / 'away' / 'decile.sqlite3'}"), []

    def job() -> int:
        tries.append(1)
        if len(tries) == 10 * QUICK.attempts:
            (tmp_path / "away").mkdir()
        with database.transaction() as session:
            return session.scalar(text("SELECT 7")) or 0

    assert attempt(job, QUICK, log) == 7
    assert len(tries) == 10 * QUICK.attempts
    database.dispose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_job_whose_connection_is_lost_again_and_again_is_given_up_after_as_many_times_as_a_worker_may_die(
    database: Database,
):
    tries = []

    def job() -> None:
        tries.append(1)
        with database.transaction() as session:
            session.execute(END_OF_OURS)

    with pytest.raises(DBAPIError) as lost:
        attempt(job, QUICK, log)
    assert lost.value.connection_invalidated
    assert len(tries) == QUICK.restarts + 1


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_that_goes_a_few_times_does_not_use_up_what_a_job_may_fail_by_itself(database: Database):
    tries = []

    def job() -> int:
        tries.append(1)
        with database.transaction() as session:
            if len(tries) <= QUICK.restarts:
                session.execute(END_OF_OURS)
            return session.scalar(text("SELECT 7")) or 0

    assert attempt(job, QUICK, log) == 7
    assert len(tries) > QUICK.attempts


@pytest.mark.parametrize(("statement", "failure"), [("SELECT nothing", OperationalError), ("", IntegrityError)])
def test_what_goes_wrong_in_a_job_itself_is_tried_a_few_times(tmp_path: Path, statement: str, failure: type[Exception]):
    database, tries = Database(f"sqlite:///{tmp_path / 'decile.sqlite3'}"), []
    with database.transaction() as session:
        session.execute(text("CREATE TABLE one (id INTEGER PRIMARY KEY)"))
        session.execute(text("INSERT INTO one VALUES (1)"))

    def job() -> None:
        tries.append(1)
        with database.transaction() as session:
            session.execute(text(statement or "INSERT INTO one VALUES (1)"))

    with pytest.raises(failure):
        attempt(job, QUICK, log)
    assert len(tries) == QUICK.attempts
    database.dispose()


def test_a_server_that_is_not_there_is_waited_for_as_a_file_is(tmp_path: Path):
    home = temporary_root() / f"decile-pg-away-{tmp_path.name}"
    with postgres_server(home) as server:
        database, tries = Database(server), []
        stop_at_once(home)

        def job() -> int:
            tries.append(1)
            if len(tries) == 10 * QUICK.attempts:
                start_again(home)
            with database.transaction() as session:
                return session.scalar(text("SELECT 7")) or 0

        assert attempt(job, QUICK, log) == 7
        assert len(tries) >= 10 * QUICK.attempts
        database.dispose()
