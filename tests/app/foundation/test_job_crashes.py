"""Workers are killed with work in flight: nothing committed is lost, nothing happens twice."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from app.foundation.db import Database
from app.foundation.job_list import JobState, failed_jobs, list_jobs
from app.foundation.job_slots import WorkerSlot
from app.foundation.job_suspects import KilledItsWorkers
from app.foundation.runtime import Runtime
from tests.app.foundation.effects import (
    client_of,
    counted,
    effects,
    enqueue_and_roll_back,
    enqueue_effects,
    keys_asked_for,
    state_of,
    wait_until,
    worker_processes,
)

JOBS_PER_KILL = 16
PAUSE_SECONDS = 0.03  # between the effect and its commit, so that a kill often falls between them


def in_flight(runtime: Runtime, worker: str | None = None) -> list[str]:
    jobs = list_jobs(client_of(runtime), state=JobState.RUNNING)
    return [job.key for job in jobs if worker in (None, job.worker)]


def workers_heard_of(runtime: Runtime) -> int:
    with runtime.reading() as session:
        return len(session.scalars(select(WorkerSlot)).all())


def wait_for_more_effects(runtime: Runtime, *, than: int) -> None:
    wait_until(lambda: len(effects(runtime.database)) > than)


@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.long)])
def test_case_005_a_worker_killed_again_and_again_loses_and_doubles_nothing(
    worker_runtime: Runtime, tmp_path: Path, kills: int
) -> None:
    chance, committed, hits = random.Random(20261123), set[str](), 0
    with worker_processes(worker_runtime.database.url, tmp_path) as start:
        for kill in range(kills):
            worker, left_before = start(), len(effects(worker_runtime.database))
            keys = [f"{kill}:{number}" for number in range(JOBS_PER_KILL)]
            enqueue_effects(worker_runtime, *keys, pause_seconds=PAUSE_SECONDS)
            enqueue_and_roll_back(worker_runtime, f"undone:{kill}")
            committed.update(keys)
            # rows left by the worker before it look as if they ran: this one must have worked itself to be worth a kill
            wait_for_more_effects(worker_runtime, than=left_before)
            time.sleep(chance.uniform(0, 0.1))
            worker.kill()
            hits += bool(in_flight(worker_runtime))
        start()
        wait_until(lambda: len(effects(worker_runtime.database)) >= len(committed), seconds=60 + len(committed) / 10)
        wait_until(lambda: not in_flight(worker_runtime))
    assert effects(worker_runtime.database) == committed
    assert counted(worker_runtime.database) == len(committed)
    assert failed_jobs(client_of(worker_runtime)) == ()
    assert hits >= kills // 2, "the kills did not fall into running work, so this proved nothing"


def test_case_033_dying_between_commit_and_the_record_of_it_repeats_the_job_but_not_its_effect(
    worker_runtime: Runtime, tmp_path: Path
) -> None:
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("leave_effect_and_die_once", "once", session=session, arguments={"key": "once"})
    with worker_processes(worker_runtime.database.url, tmp_path) as start:
        first = start()
        wait_until(lambda: not first.is_alive)
        assert effects(worker_runtime.database) == {"once"}
        start()
        wait_until(lambda: state_of(worker_runtime, "once") is JobState.DONE)
    assert counted(worker_runtime.database) == 1


def test_case_083_two_workers_and_four_senders_leave_each_effect_once(worker_runtime: Runtime, tmp_path: Path) -> None:
    keys = [f"due:{number}" for number in range(100)]
    senders = [threading.Thread(target=enqueue_effects, args=(worker_runtime, *keys)) for _ in range(4)]
    with worker_processes(worker_runtime.database.url, tmp_path) as start:
        start(), start()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        wait_until(lambda: len(effects(worker_runtime.database)) == len(keys))
        wait_until(lambda: not in_flight(worker_runtime))
    assert counted(worker_runtime.database) == len(keys)
    assert sorted(keys_asked_for(worker_runtime)) == sorted(keys)


def test_the_work_of_a_worker_that_never_returns_is_adopted(worker_runtime: Runtime, tmp_path: Path) -> None:
    keys = [f"left:{number}" for number in range(40)]
    with worker_processes(worker_runtime.database.url, tmp_path) as start:
        workers = [start(), start()]
        wait_until(lambda: workers_heard_of(worker_runtime) == 2)  # or the first is done before the second has begun
        enqueue_effects(worker_runtime, *keys, pause_seconds=0.1)
        wait_until(lambda: bool(in_flight(worker_runtime, "worker-0") and in_flight(worker_runtime, "worker-1")))
        workers[0].kill()
        assert in_flight(worker_runtime)
        wait_until(lambda: effects(worker_runtime.database) == set(keys))
        wait_until(lambda: not in_flight(worker_runtime))
        assert [worker.is_alive for worker in workers] == [False, True]
    assert counted(worker_runtime.database) == len(keys)


def test_a_stop_lets_the_running_job_finish(worker_runtime: Runtime, tmp_path: Path) -> None:
    with worker_processes(worker_runtime.database.url, tmp_path) as start:
        worker = start()
        with worker_runtime.transaction() as session:
            arguments = {"key": "running", "seconds": 0.5}
            worker_runtime.jobs.enqueue("linger", "running", session=session, arguments=arguments)
        wait_until(lambda: in_flight(worker_runtime) == ["running"])
        assert worker.terminate() == 0
    assert state_of(worker_runtime, "running") is JobState.DONE
    assert counted(worker_runtime.database) == 1


@pytest.mark.parametrize("restarts", [3, pytest.param(10, marks=pytest.mark.long)])
def test_case_092_a_job_that_kills_its_workers_is_set_aside_and_its_neighbours_are_not(
    worker_runtime: Runtime, tmp_path: Path, restarts: int
) -> None:
    neighbours = [f"beside:{number}" for number in range(20)]
    enqueue_effects(worker_runtime, *neighbours[:10], pause_seconds=PAUSE_SECONDS)
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("kill_worker", "deadly", session=session, arguments={"key": "deadly"})
    enqueue_effects(worker_runtime, *neighbours[10:], pause_seconds=PAUSE_SECONDS)
    with worker_processes(worker_runtime.database.url, tmp_path, restarts) as start:
        worker = start()
        while state_of(worker_runtime, "deadly") is not JobState.FAILED:
            if not worker.is_alive:
                worker = start()
        wait_until(lambda: effects(worker_runtime.database) == set(neighbours))
        wait_until(lambda: not in_flight(worker_runtime))
    (dead,) = failed_jobs(client_of(worker_runtime))
    assert dead.error == f"KilledItsWorkers: {KilledItsWorkers(restarts)}"
    assert counted(worker_runtime.database) == len(neighbours)
    assert counted(worker_runtime.database, "deadly") <= restarts + 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_worker_outlives_the_loss_of_its_connections(
    job_database: Database, worker_runtime: Runtime, tmp_path: Path
) -> None:
    with worker_processes(job_database.url, tmp_path) as start:
        worker = start()
        enqueue_effects(worker_runtime, "before")
        wait_until(lambda: "before" in effects(job_database))
        with job_database.reading() as session:
            session.connection().exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        enqueue_effects(worker_runtime, "after")
        wait_until(lambda: "after" in effects(job_database))
        assert worker.is_alive
