"""What the database promises: nothing acknowledged is lost, instants are UTC, writers do not trip over each other."""

from __future__ import annotations

import gc
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from app.foundation import audit
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.foundation.db import Database
from app.foundation.locks import hold
from app.foundation.sqlite_writers import BEGIN, TURN_FILE, Writer, begin_in_turn


def _entry(session, number=0, at=datetime(2026, 11, 23, tzinfo=UTC)):
    audit.record("test.act", number, actor=operator(), at=at, session=session)


@pytest.mark.parametrize("pooled", [1, 5])
def test_case_006_every_pooled_sqlite_connection_syncs_fully(tmp_path, pooled):
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    for engine, patience in ((database.writing, 3), (database._reading_engine, 5000)):
        wanted = {"synchronous": 2, "foreign_keys": 1, "busy_timeout": patience}
        connections = [engine.connect() for _ in range(1 if engine is database.writing else pooled)]
        for connection in connections:
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        for connection in connections:
            connection.close()
    database.dispose()


def test_case_006_only_what_may_be_forgotten_does_not_wait_for_the_disk(database):
    forgetful = Database(database.url, may_forget=True)
    asked = "PRAGMA synchronous" if database.is_sqlite else "SHOW synchronous_commit"
    found = []
    for one in (database, forgetful):
        with one.writing.connect() as connection:
            found.append(connection.exec_driver_sql(asked).scalar())
    forgetful.dispose()
    assert found == ([2, 1] if database.is_sqlite else ["on", "off"])


def test_a_transaction_is_whole_or_nothing(database):
    def fail_after_writing():
        with database.transaction() as session:
            _entry(session)
            session.flush()
            raise RuntimeError("a fault after the write")

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with database.reading() as session:
        assert session.query(AuditEntry).count() == 0


def test_instants_come_back_aware_and_equal_whatever_zone_they_went_in(database):
    instant = datetime(2028, 2, 29, 23, 59, 58, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with database.transaction() as session:
        _entry(session, at=instant)
    with database.reading() as session:
        found = session.query(AuditEntry).one().at
    assert found == instant
    assert found.tzinfo is UTC


def test_a_naive_instant_is_refused_before_it_is_stored(database):
    def store_naive():
        with database.transaction() as session:
            _entry(session, at=datetime(2026, 1, 1))  # noqa: DTZ001  the defect under test

    with pytest.raises(StatementError, match="naive"):
        store_naive()


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET kind = 'x'", "DELETE FROM audit_entry"])
def test_the_audit_record_refuses_to_be_changed(database, statement):
    with database.transaction() as session:
        _entry(session)

    def tamper():
        with database.transaction() as session:
            session.execute(text(statement))

    with pytest.raises(Exception, match="append-only"):
        tamper()


def test_case_086_writers_that_read_first_never_meet_a_locked_database(database):
    """64 writers at once, each reading before it writes: the pattern that fails with a deferred transaction."""
    start = threading.Barrier(16)

    def write(number):
        start.wait()
        for turn in range(8):
            with database.transaction() as session:
                session.query(AuditEntry).count()
                _entry(session, number * 100 + turn)

    with ThreadPoolExecutor(16) as pool:
        for done in [pool.submit(write, number) for number in range(16)]:
            done.result()
    with database.reading() as session:
        assert session.query(AuditEntry).count() == 16 * 8


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_whoever_fails_to_write_lets_the_next_one_write(database):
    """A refused begin, a failed commit and a closed connection all pass the turn on."""
    with database.writing.connect() as failing:
        failing.begin()
        failing.connection.dbapi_connection.execute("PRAGMA defer_foreign_keys=ON")
        failing.exec_driver_sql(
            "INSERT INTO response (sitting_id, position, value, client_sequence, received_at) "
            "VALUES ('00', 1, '1', 1, '2026-11-23')"
        )  # of a sitting that is not there
        with pytest.raises(IntegrityError, match="FOREIGN KEY"):
            failing.commit()
    with database.transaction() as session:
        _entry(session)
    abandoned = database.writing.connect()
    abandoned.begin()
    abandoned.invalidate()
    with database.transaction() as session:
        _entry(session, 1)
    with database.reading() as session:
        assert session.query(AuditEntry).count() == 2


HOLD_THE_TURN = """
import sys
from app.foundation.db import Database
with Database(sys.argv[1]).writing.connect() as connection:
    connection.begin()
    print("has the turn", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("how", ["ends", "dies"])
def test_the_turn_passes_between_processes_and_nobody_asks_the_database_meanwhile(database, how):
    asked = []
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_TURN, database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout.readline() == "has the turn\n"
    with database.writing.connect() as connection, ThreadPoolExecutor(1) as pool:
        writer = connection.connection.dbapi_connection
        writer.set_trace_callback(asked.append)
        waiting = pool.submit(begin_in_turn, connection, patience_seconds=5)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        assert asked == []  # it waits for the turn, and not for SQLite's lock
        if how == "dies":
            holder.kill()
        holder.communicate("\n")
        waiting.result(timeout=5)
        assert asked == [BEGIN]
        connection.invalidate()


@pytest.mark.parametrize("mode", [0o600, 0o660])
def test_whoever_may_write_the_database_may_take_turns_and_nobody_else(tmp_path, mode):
    file = tmp_path / "x.sqlite3"
    file.touch()
    file.chmod(mode)
    with sqlite3.connect(str(file), factory=Writer) as writer:
        writer.begin(patience_seconds=1)
    assert Path(f"{file}{TURN_FILE}").stat().st_mode & 0o777 == mode
    writer.close()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_turn_is_given_up_with_the_last_connection(database):
    with database.transaction() as session:
        _entry(session)
    turn = make_url(database.url).database + TURN_FILE
    opened = [file for file in Path("/proc/self/fd").iterdir() if file.is_symlink() and str(file.readlink()) == turn]
    assert len(opened) == 1
    database.dispose()
    gc.collect()
    assert not opened[0].is_symlink() or str(opened[0].readlink()) != turn


def _reads(session):
    return session.query(AuditEntry).count()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("then", ["write", "lock a row", "hold a name"])
def test_a_transaction_that_reads_first_keeps_nobody_waiting_until_it_writes(database, then):
    with database.transaction(reads_first=True) as session:
        assert _reads(session) == 0
        with database.transaction() as other:  # would wait five seconds, and fail
            _entry(other)
        assert _reads(session) == 1
        if then == "write":
            _entry(session, 1)
            session.flush()
        elif then == "lock a row":
            session.scalars(select(AuditEntry).with_for_update()).all()
        else:
            hold(session, "a name")
        assert session.connection().connection.dbapi_connection.in_transaction
        with pytest.raises(OperationalError, match="locked"), database.writing.connect() as refused:
            begin_in_turn(refused, patience_seconds=0.01)


def test_what_a_transaction_that_reads_first_wrote_is_whole_or_nothing(database):
    def fail_after_writing():
        with database.transaction(reads_first=True) as session:
            assert _reads(session) == 0
            _entry(session)
            session.flush()
            assert _reads(session) == 1
            raise RuntimeError("a fault after the write")

    with pytest.raises(RuntimeError):
        fail_after_writing()
    with database.transaction(reads_first=True) as session:
        assert _reads(session) == 0
        _entry(session)
    with database.reading() as session:
        assert _reads(session) == 1
