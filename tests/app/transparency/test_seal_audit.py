"""The public log holds a hash over the audit record: each hour once, over everything that can still appear below it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event, current_thread, main_thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from app.foundation import audit
from app.foundation.access import system
from app.transparency import queries
from app.transparency.errors import LogBroken
from app.transparency.models import LogEntry
from app.transparency.seal_audit import seal_audit


def act(session, clock, kind="a.kind", **detail) -> None:
    audit.record(kind, "x", actor=system(), at=clock.now(), session=session, detail=detail)
    session.flush()


def seal(database, clock) -> None:
    with database.transaction() as session:
        through = audit.settled_through(session=session)
    with database.transaction() as session:
        seal_audit(through, session=session, clock=clock)


def seals(database) -> list[dict]:
    with database.reading() as session:
        rows = session.scalars(select(LogEntry).where(LogEntry.kind == "audit")).all()
        return [json.loads(row.entry) for row in sorted(rows, key=lambda row: int(row.subject))]


def test_each_seal_goes_on_from_the_one_before_and_tells_only_hashes(database, clock, monkeypatch):
    monkeypatch.setattr(audit, "ROWS_AT_ONCE", 2)
    for number in range(3):
        with database.transaction() as session:
            for _ in range(5):
                act(session, clock, share=0.1 + number, who="é")
        seal(database, clock)
        seal(database, clock)
    found = seals(database)
    assert [set(one) for one in found] == [{"v", "kind", "at", "head", "previous"}] * 3
    assert [one["previous"] for one in found] == [audit.BEGINNING.sha256, *(one["head"] for one in found[:2])]
    with database.reading() as session:
        assert queries.verify_audit(session=session) == audit.Head(15, found[-1]["head"])


def test_what_comes_after_the_last_seal_breaks_nothing_and_another_past_does(database, clock):
    with database.transaction() as session:
        act(session, clock)
    seal(database, clock)
    with database.transaction() as session:
        act(session, clock)
        assert queries.verify_audit(session=session).sequence == 1
        sealed = session.scalars(select(LogEntry).where(LogEntry.kind == "audit")).one()
        sealed.subject = "2"
        session.flush()
        with pytest.raises(LogBroken, match="entries 1 to 2 of the audit record"):
            queries.verify_audit(session=session)
        session.rollback()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_nothing_is_sealed_while_an_act_below_it_is_still_being_recorded(database, clock, monkeypatch):
    """The first has its number and is not committed; the second, with a higher one, is."""
    monkeypatch.setattr(audit, "PATIENCE", "50ms")
    with database.transaction() as slow:
        act(slow, clock, "slow")
        with database.transaction() as quick:
            act(quick, clock, "quick")
        with pytest.raises(OperationalError, match="lock timeout"):
            seal(database, clock)
    seal(database, clock)
    with database.reading() as session:
        assert queries.verify_audit(session=session).sequence == 2


def test_of_two_who_seal_at_once_the_later_leaves_the_next_seal_to_the_next_hour(database, clock, monkeypatch):
    """One has read the record and not written yet, while the other seals beyond it."""
    with database.transaction() as session:
        act(session, clock, "first")
    has_read, may_write, read = Event(), Event(), audit.head_through

    def read_and_wait(*arguments, **options):
        found = read(*arguments, **options)
        if current_thread() is not main_thread():
            has_read.set()
            assert may_write.wait(10)
        return found

    def seal_through(through):
        with database.transaction(reads_first=True) as session:
            seal_audit(through, session=session, clock=clock)

    monkeypatch.setattr(audit, "head_through", read_and_wait)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(seal_through, 1)
        assert has_read.wait(10)
        with database.transaction() as session:
            act(session, clock, "second")
        seal_through(2)
        may_write.set()
        slow.result(10)
    with database.transaction() as session:
        act(session, clock, "third")
    seal_through(3)
    with database.reading() as session:
        assert queries.verify_audit(session=session).sequence == 3


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("column", ["at", "kind", "subject", "actor_id", "actor", "detail"])
def test_a_change_of_any_column_is_noticed(database, clock, column):
    with database.transaction() as session:
        act(session, clock, share=0.1)
    seal(database, clock)
    with database.transaction() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_UPDATE"))
        other = {"at": "2020-01-01 00:00:00.000000", "actor_id": "f" * 32, "detail": '{"share": 0.2}'}.get(column, "y")
        session.execute(text(f"UPDATE audit_entry SET {column} = :other"), {"other": other})
        with pytest.raises(LogBroken, match="not those that were sealed"):
            queries.verify_audit(session=session)


def test_a_seal_that_was_taken_out_is_noticed(database, clock):
    for _ in range(3):
        with database.transaction() as session:
            act(session, clock)
        seal(database, clock)
    with database.transaction() as session:
        session.delete(session.scalars(select(LogEntry).where(LogEntry.subject == "2")).one())
        session.flush()
        with pytest.raises(LogBroken, match="the seal before them is another"):
            queries.verify_audit(session=session)
