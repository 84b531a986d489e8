"""A database that is busy, restarting or out of connections: 503 and when to come back, never a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from sqlalchemy import text

from app.foundation import db
from app.foundation.db import Database
from tests.app.accounts.visitor import Visitor

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """The real waits are seconds long."""
    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 50)
    monkeypatch.setattr(db, "POOL_WAIT_SECONDS", 0.05)


@pytest.fixture
def visitor(app, runtime) -> Visitor:
    return Visitor(app, runtime)


@contextmanager
def no_connection_left(database: Database) -> Iterator[None]:
    with ExitStack() as stack:
        for engine in (database.writing, database._reading_engine):
            for _ in range(db.POOL_SIZE + db.POOL_OVERFLOW):
                stack.enter_context(engine.connect())
        yield


def terminate_connections(database: Database) -> None:
    other = Database(database.url)
    with other.transaction() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()


def assert_told_to_come_back(answer) -> None:
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_case_086_a_write_that_waited_in_vain_is_answered_503_and_goes_through_later(visitor, database):
    token = visitor.token()
    form = {"csrf_token": token, "email": "a@example.org"}
    with database.writing.connect() as holder, holder.begin():
        assert_told_to_come_back(visitor.client.post("/sign-in", data=form, headers=HTML))
        answer = visitor.client.post("/sign-in", data=form, headers=JSON)
        assert_told_to_come_back(answer)
        assert answer.get_json()["code"] == "database-unavailable"
    assert visitor.client.post("/sign-in", data=form).status_code == 303


def test_a_signed_in_person_is_told_and_keeps_the_sign_in_while_no_connection_is_left(visitor, database):
    """Every page asks who is signed in, so the page that reports the failure must not ask again."""
    visitor.sign_in("a@example.org")
    with no_connection_left(database):
        for path in ("/me", "/no-such-page"):
            assert_told_to_come_back(visitor.open(path, headers=HTML))
        assert visitor.open("/static/decile.css").status_code == 200
    assert visitor.name_shown() == "a@example.org"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_case_091_a_lost_connection_is_answered_503_once_and_then_made_anew(visitor, database):
    visitor.sign_in("a@example.org")
    terminate_connections(database)
    answers = [visitor.open("/me", headers=HTML) for _ in range(2)]
    assert_told_to_come_back(answers[0])
    assert answers[1].status_code == 200


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_statement_the_database_refuses_is_a_fault_of_ours(visitor, database):
    visitor.sign_in("a@example.org")
    with database.transaction() as session:
        session.execute(text("ALTER TABLE browser_session RENAME TO elsewhere"))
    answer = visitor.open("/me", headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal")
