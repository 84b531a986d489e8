"""One live worker per slot; only a dead worker's work is adopted, and only so often."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest
from sqlalchemy import select, text

from app.foundation.db import Database
from app.foundation.job_list import JobState, retry_job
from app.foundation.job_pace import Pace
from app.foundation.job_presence import Presence
from app.foundation.job_reaper import reap
from app.foundation.job_slots import (
    MOST_WORKERS,
    REAPER_LOCK,
    Locks,
    NoFreeSlot,
    WorkerSlot,
    locks_for,
    take_free_slot,
)
from app.foundation.job_strays import Strays
from app.foundation.job_suspects import KilledItsWorkers, Suspects
from app.foundation.job_under_way import UnderWay
from app.foundation.jobs import JOB_SCHEMA
from app.foundation.runtime import Runtime
from tests.app.foundation.effects import (
    QUICK,
    client_of,
    counted,
    effects,
    enqueue_effects,
    running,
    state_of,
    wait_until,
    worker_processes,
)

SILENT_FOR = timedelta(seconds=15)
DEAD = "worker-9"


@pytest.fixture
def locks(worker_runtime: Runtime, tmp_path: Path) -> Locks:
    return locks_for(worker_runtime.database.url, tmp_path / "worker-slots")


def slots_seen(runtime: Runtime) -> set[str]:
    with runtime.reading() as session:
        return set(session.scalars(select(WorkerSlot.name)))


def a_job_claimed(runtime: Runtime, key: str, slot: str) -> None:
    """Begun under this name, as the table has it."""
    schema = "" if runtime.database.is_sqlite else f"{JOB_SCHEMA}."
    claim = text(
        f"UPDATE {schema}workflow_status SET status = 'PENDING', executor_id = :slot WHERE workflow_uuid = :key"
    )
    if state_of(runtime, key) is None:
        enqueue_effects(runtime, key)
    with runtime.transaction() as session:
        session.execute(claim, {"slot": slot, "key": key})


def a_job_left_running(runtime: Runtime, key: str, *, ago: timedelta = timedelta(hours=1)) -> None:
    """As a worker that died an hour ago leaves it."""
    heard_at = runtime.clock.now() - ago
    with runtime.transaction() as session:
        session.merge(WorkerSlot(name=DEAD, process_id=1, started_at=heard_at, heartbeat_at=heard_at))
    a_job_claimed(runtime, key, DEAD)


def reap_now(runtime: Runtime, locks: Locks) -> list[str]:
    return reap(
        own_slot="worker-0", silent_for=SILENT_FOR, at=runtime.clock.now(), database=runtime.database, locks=locks,
        client=client_of(runtime),
    )  # fmt: skip


def test_two_workers_get_different_slots_and_a_restarted_one_its_former(
    worker_runtime: Runtime, tmp_path: Path
) -> None:
    with worker_processes(worker_runtime.database.url, tmp_path) as start:
        first = start()
        wait_until(lambda: slots_seen(worker_runtime) == {"worker-0"})
        start()
        wait_until(lambda: slots_seen(worker_runtime) == {"worker-0", "worker-1"})
        with worker_runtime.transaction() as session:
            former = session.get_one(WorkerSlot, "worker-0").process_id
        first.kill()
        again = start()
        wait_until(lambda: process_in(worker_runtime, "worker-0") == again.process.pid)
        assert former == first.process.pid
        assert "worker-2" not in slots_seen(worker_runtime)


def process_in(runtime: Runtime, slot: str) -> int | None:
    with runtime.reading() as session:
        return session.scalar(select(WorkerSlot.process_id).where(WorkerSlot.name == slot))


def test_a_slot_is_free_again_once_it_is_released(locks: Locks) -> None:
    first, second = take_free_slot(locks), take_free_slot(locks)
    assert (first.name, second.name) == ("worker-0", "worker-1")
    first.lock.release()
    assert take_free_slot(locks).name == "worker-0"
    second.lock.release()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_without_a_free_slot_is_refused(locks: Locks) -> None:
    held = [locks.take(number) for number in range(MOST_WORKERS)]
    with pytest.raises(NoFreeSlot, match="All 64 worker slots"):
        take_free_slot(locks)
    for lock in held:
        assert lock is not None
        lock.release()


def test_a_dead_workers_job_is_adopted_and_its_slot_forgotten(worker_runtime: Runtime, locks: Locks) -> None:
    a_job_left_running(worker_runtime, "left")
    assert reap_now(worker_runtime, locks) == ["left"]
    assert state_of(worker_runtime, "left") is JobState.WAITING
    assert slots_seen(worker_runtime) == set()


def test_the_job_of_a_dead_worker_whose_clock_ran_ahead_is_adopted(worker_runtime: Runtime, locks: Locks) -> None:
    a_job_left_running(worker_runtime, "left", ago=timedelta(days=-1))
    lock = locks.take(9)
    assert lock is not None
    assert reap_now(worker_runtime, locks) == [], "ahead, but alive"
    lock.release()
    assert reap_now(worker_runtime, locks) == ["left"]
    assert slots_seen(worker_runtime) == set()


def test_a_slow_worker_that_still_holds_its_slot_keeps_its_work(worker_runtime: Runtime, locks: Locks) -> None:
    a_job_left_running(worker_runtime, "slow")
    lock = locks.take(9)
    assert lock is not None
    assert reap_now(worker_runtime, locks) == []
    assert state_of(worker_runtime, "slow") is JobState.RUNNING
    lock.release()


def test_one_reaper_works_at_a_time(worker_runtime: Runtime, locks: Locks) -> None:
    a_job_left_running(worker_runtime, "left")
    other = locks.take(REAPER_LOCK)
    assert other is not None
    assert reap_now(worker_runtime, locks) == []
    other.release()
    assert reap_now(worker_runtime, locks) == ["left"]


def test_a_job_is_adopted_only_so_often_and_a_retry_forgives(worker_runtime: Runtime, locks: Locks) -> None:
    suspects = Suspects(worker_runtime.database, client_of(worker_runtime), pace=Pace(restarts=3))
    for _ in range(3):
        a_job_left_running(worker_runtime, "deadly")
        assert reap_now(worker_runtime, locks) == ["deadly"]
        with suspects.watched("deadly"):
            pass
    a_job_left_running(worker_runtime, "deadly")
    assert reap_now(worker_runtime, locks) == ["deadly"]
    with pytest.raises(KilledItsWorkers, match="each of the 4 times"), suspects.watched("deadly"):
        pass
    client_of(worker_runtime).cancel_workflow("deadly")
    retry_job(client_of(worker_runtime), "deadly")
    with suspects.watched("deadly"):
        pass


def test_a_job_that_only_waited_beside_a_death_has_not_begun(worker_runtime: Runtime, locks: Locks) -> None:
    suspects = Suspects(worker_runtime.database, client_of(worker_runtime), pace=Pace(restarts=2))
    for _ in range(5):
        a_job_left_running(worker_runtime, "neighbour")
        assert reap_now(worker_runtime, locks) == ["neighbour"]
    with suspects.watched("neighbour"):
        pass


def test_the_second_time_suspects_run_one_after_the_other(worker_runtime: Runtime, locks: Locks) -> None:
    suspects = Suspects(worker_runtime.database, client_of(worker_runtime), pace=Pace(restarts=9))
    for key in ("first", "second"):
        a_job_left_running(worker_runtime, key)
    reap_now(worker_runtime, locks)
    with suspects.watched("first"), suspects.watched("second"):
        pass  # after one death, side by side
    inside, most = [0], [0]

    def run(key: str) -> None:
        with suspects.watched(key):
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0.05)
            inside[0] -= 1

    threads = [threading.Thread(target=run, args=(key,)) for key in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_stands_idle_under_our_name_is_put_back_and_one_that_runs_is_not(worker_runtime: Runtime) -> None:
    under_way = UnderWay()
    under_way.begin("runs")
    strays = Strays(client_of(worker_runtime), running=under_way, looks=3)
    for key in ("runs", "idle", "just claimed"):
        a_job_claimed(worker_runtime, key, "worker-0")
    a_job_claimed(worker_runtime, "another's", "worker-1")
    assert strays.put_back("worker-0") == []
    under_way.begin("just claimed")
    assert strays.put_back("worker-0") == []
    under_way.end("just claimed", is_done=False)
    assert strays.put_back("worker-0") == ["idle"]
    assert state_of(worker_runtime, "idle") is JobState.WAITING
    for key in ("runs", "just claimed", "another's"):
        assert state_of(worker_runtime, key) is JobState.RUNNING


def test_what_was_done_while_the_end_could_not_be_written_is_noted_and_not_done_again(worker_runtime: Runtime) -> None:
    """As where the database went in between: a letter would go out twice."""
    under_way = UnderWay()
    for key in ("mailed", "failed"):
        with worker_runtime.transaction() as session:
            worker_runtime.jobs.enqueue("count", key, session=session, arguments={"key": key})
        a_job_claimed(worker_runtime, key, "worker-0")
        under_way.begin(key)
        under_way.end(key, is_done=key == "mailed")
    strays = Strays(client_of(worker_runtime), running=under_way, looks=1)
    assert sorted(strays.put_back("worker-0")) == ["failed", "mailed"]
    with running(worker_runtime):
        wait_until(lambda: [state_of(worker_runtime, key) for key in ("failed", "mailed")] == [JobState.DONE] * 2)
    assert [counted(worker_runtime.database, key) for key in ("failed", "mailed")] == [1, 0]


def test_what_is_written_down_as_done_need_not_be_known_here(worker_runtime: Runtime) -> None:
    under_way = UnderWay()
    strays = Strays(client_of(worker_runtime), running=under_way, looks=2)
    a_job_claimed(worker_runtime, "unwritten", "worker-0")
    for key in ("unwritten", "written", "failed"):
        under_way.begin(key)
        under_way.end(key, is_done=key != "failed")
    strays.put_back("worker-0")
    assert under_way.done() == {"unwritten"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_heart_goes_on_after_what_goes_wrong_beside_the_database(worker_runtime: Runtime) -> None:
    """No file of a lock can be opened for a while, as where a process has too many open."""
    slots = worker_runtime.settings.data / "worker-slots"
    aside = slots.with_name("aside")
    with running(worker_runtime):
        slots.rename(aside)
        slots.write_text("")
        for _ in range(2):  # the first may have begun before
            heard = heard_at(worker_runtime)
            wait_until(lambda heard=heard: heard_at(worker_runtime) > heard)
        slots.unlink()
        aside.rename(slots)
        heard = heard_at(worker_runtime)
        wait_until(lambda: heard_at(worker_runtime) > heard, seconds=5.0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_whose_heart_meets_a_fault_of_ours_ends(worker_runtime: Runtime, locks: Locks) -> None:
    """It would be taken for dead, and nobody would look after its jobs; whoever started it starts it again."""
    reasons: SimpleQueue[Exception] = SimpleQueue()
    presence = Presence(
        locks=locks, database=worker_runtime.database, client=None, clock=worker_runtime.clock, pace=QUICK,
        running=UnderWay(), when_lost=reasons.put, when_clock_was_set=lambda: None,
    )  # fmt: skip
    assert isinstance(reasons.get(timeout=10), AttributeError)
    presence.leave()
    presence.release()


def heard_at(runtime: Runtime) -> datetime:
    with runtime.reading() as session:
        return session.scalars(select(WorkerSlot.heartbeat_at)).one()


def test_a_job_whose_end_could_not_be_written_ends_without_a_restart(worker_runtime: Runtime) -> None:
    enqueue_effects(worker_runtime, "lost")
    with running(worker_runtime):
        wait_until(lambda: state_of(worker_runtime, "lost") is JobState.DONE)
        a_job_claimed(worker_runtime, "lost", "worker-0")  # as if the note that it is done had met a full disk
        wait_until(lambda: state_of(worker_runtime, "lost") is JobState.DONE)
    assert effects(worker_runtime.database) == {"lost"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lock_is_known_to_be_lost_when_its_session_is(job_database: Database, locks: Locks) -> None:
    lock = locks.take(3)
    assert lock is not None
    assert lock.is_held()
    end_sessions_that_hold_locks(job_database)
    assert not lock.is_held()
    assert not lock.is_held(), "a reconnected session holds nothing"
    lock.release()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_whose_slot_was_taken_while_it_was_cut_off_stops(
    job_database: Database, worker_runtime: Runtime, locks: Locks, tmp_path: Path
) -> None:
    with worker_processes(job_database.url, tmp_path) as start:
        worker = start()
        enqueue_effects(worker_runtime, "before")
        wait_until(lambda: "before" in effects(job_database))
        thief = None
        while thief is None:  # the worker may be faster
            end_sessions_that_hold_locks(job_database)
            thief = locks.take(0)
        wait_until(lambda: not worker.is_alive)
        assert worker.process.returncode != 0
        thief.release()


def end_sessions_that_hold_locks(database: Database) -> None:
    with database.reading() as session:
        session.connection().exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks "
            "JOIN pg_database ON pg_database.oid = pg_locks.database AND datname = current_database() "
            "WHERE locktype = 'advisory' AND objsubid = 2"  # those of other tests stand in the same list
        )
