"""A worker to be killed: its jobs leave one effect each, guarded by a unique constraint, and count every effect.

Run as a program it is a real worker process: `python -m tests.app.foundation.effects URL DIRECTORY RESTARTS`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from dbos import DBOSClient
from sqlalchemy import Column, Integer, MetaData, String, Table, func, insert, select, update
from sqlalchemy.orm import Session

from app.foundation.audit import AuditEntry
from app.foundation.clock import SystemClock
from app.foundation.db import Base, Database
from app.foundation.entropy import SystemEntropy
from app.foundation.errors import Refused
from app.foundation.job_list import JobState, list_jobs
from app.foundation.job_pace import Pace
from app.foundation.job_runner import JobRunner
from app.foundation.job_slots import WorkerSlot
from app.foundation.jobs import JSON, DurableJobs, migrate_jobs
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[3]
QUICK = Pace(first_retry=0.02, attempts=3, heartbeat=0.2, silent=1.0, finishing=2, ending=4.0)

OUR_TABLES = (WorkerSlot.__tablename__, AuditEntry.__tablename__)
metadata = MetaData()
effect = Table("effect", metadata, Column("key", String, primary_key=True))
tally = Table("tally", metadata, Column("name", String, primary_key=True), Column("count", Integer, nullable=False))


class Poisoned(Refused):
    """What this job asks is refused for ever."""

    code = "poisoned"


def leave_effect(runtime: Runtime, key: str, then: list[str] | None = None, pause_seconds: float = 0.0) -> None:
    """Leave the effect `key` once; enqueue the next of `then` in the same transaction."""
    with runtime.transaction() as session:
        if session.scalar(select(effect.c.key).where(effect.c.key == key)) is None:
            session.execute(insert(effect).values(key=key))
            time.sleep(pause_seconds)
            _count("effects", session)
        if then:
            arguments: dict[str, JSON] = {"key": then[0], "then": list(then[1:]), "pause_seconds": pause_seconds}
            runtime.jobs.enqueue("leave_effect", then[0], session=session, arguments=arguments)


def refuse(_runtime: Runtime, key: str) -> None:
    """Fail in a way that trying again cannot mend."""
    raise Poisoned(f"{key} is poison")


def stumble(runtime: Runtime, key: str, falls: int) -> None:
    """Fail `falls` times, then leave the effect."""
    with runtime.transaction() as session:
        _count(key, session)
        fallen = session.scalar(select(tally.c.count).where(tally.c.name == key)) or 0
    if fallen <= falls:
        raise RuntimeError(f"{key} fell for the {fallen}. time")
    leave_effect(runtime, key)


def kill_worker(runtime: Runtime, key: str) -> None:
    """End the worker's process as the kernel would when memory is short."""
    with runtime.transaction() as session:
        _count(key, session)
    os.kill(os.getpid(), signal.SIGKILL)


def linger(runtime: Runtime, key: str, seconds: float) -> None:
    """Take a while, without holding the database, then leave the effect."""
    time.sleep(seconds)
    leave_effect(runtime, key)


def count(runtime: Runtime, key: str) -> None:
    """Count each run, as mail that goes out each time."""
    with runtime.transaction() as session:
        _count(key, session)


def rest(_runtime: Runtime, seconds: float) -> None:
    """Take a while, and touch nothing."""
    time.sleep(seconds)


def leave_effect_and_die_once(runtime: Runtime, key: str) -> None:
    """Commit the effect, then die before the library hears of it; the second time, live."""
    leave_effect(runtime, key)
    if counted(runtime.database, key) == 0:
        kill_worker(runtime, key)


JOBS = {
    job.__name__: job
    for job in (leave_effect, refuse, stumble, linger, count, rest, kill_worker, leave_effect_and_die_once)
}


def _count(name: str, session: Session) -> None:
    if session.execute(update(tally).where(tally.c.name == name).values(count=tally.c.count + 1)).rowcount == 0:
        session.execute(insert(tally).values(name=name, count=1))


def prepare(url: str) -> Database:
    """A database with the tables that workers need, the library's and the effects'."""
    database = Database(url)
    Base.metadata.create_all(database.writing, tables=[Base.metadata.tables[name] for name in OUR_TABLES])
    metadata.create_all(database.writing)
    migrate_jobs(url)
    return database


def a_runtime(database: Database, directory: Path) -> Runtime:
    """The real thing: system clock, durable jobs, mail to a spool."""
    settings = Settings(data=directory, database_url=database.url, secret_keys=("k" * 40,))
    clock = SystemClock()
    return Runtime(
        settings=settings,
        database=database,
        clock=clock,
        entropy=SystemEntropy(),
        jobs=DurableJobs(database),
        links=Links(settings.secret_keys),
        mailer=SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock),
    )


def effects(database: Database) -> set[str]:
    """The keys of the effects left so far."""
    with database.reading() as session:
        return set(session.scalars(select(effect.c.key)))


def counted(database: Database, name: str = "effects") -> int:
    """How often an effect was left, or a job ran that counts itself."""
    with database.reading() as session:
        return session.scalar(select(func.coalesce(func.max(tally.c.count), 0)).where(tally.c.name == name)) or 0


def client_of(runtime: Runtime) -> DBOSClient:
    """What the command line reads and mends the queue with."""
    return DurableJobs(runtime.database).client


def keys_asked_for(runtime: Runtime) -> list[str]:
    """The jobs that a test asked for, the newest first: not those which each minute brings."""
    return [job.key for job in list_jobs(client_of(runtime), limit=10_000) if not job.key.startswith("sched-")]


def state_of(runtime: Runtime, key: str) -> JobState | None:
    """Where a job stands, None if there is none."""
    return {job.key: job.state for job in list_jobs(client_of(runtime), limit=10_000)}.get(key)


def enqueue_effects(runtime: Runtime, *keys: str, pause_seconds: float = 0.0) -> None:
    """One committed transaction with a job for each key."""
    with runtime.transaction() as session:
        for key in keys:
            arguments: dict[str, JSON] = {"key": key, "pause_seconds": pause_seconds}
            runtime.jobs.enqueue("leave_effect", key, session=session, arguments=arguments)


class UndoneError(Exception):
    """Rolls a transaction back."""


def enqueue_and_roll_back(runtime: Runtime, key: str) -> None:
    """A job of a change that never happened."""
    with suppress(UndoneError), runtime.transaction() as session:
        runtime.jobs.enqueue("leave_effect", key, session=session, arguments={"key": key})
        raise UndoneError


def wait_until(true: Callable[[], bool], *, seconds: float = 30.0) -> None:
    """Return once `true()` holds; fail if it never does."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.02)


@contextmanager
def running(runtime: Runtime, pace: Pace = QUICK) -> Iterator[JobRunner]:
    """A worker in this process; there can be one at a time."""
    runner = JobRunner(runtime, JOBS, pace=pace)
    runner.start()
    try:
        yield runner
    finally:
        runner.stop()


class WorkerProcess:
    """A worker in a process of its own, which can be killed."""

    def __init__(self, url: str, directory: Path, restarts: int) -> None:
        command = [sys.executable, "-m", "tests.app.foundation.effects", url, str(directory), str(restarts)]
        self.process = subprocess.Popen(command, cwd=REPOSITORY, stderr=(directory / "worker.log").open("ab"))

    def kill(self) -> None:
        """SIGKILL: no handler, no cleaning up."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """SIGTERM, and wait for the exit code."""
        self.process.terminate()
        return self.process.wait(timeout=30)

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None


@contextmanager
def worker_processes(
    url: str, directory: Path, restarts: int = QUICK.restarts
) -> Iterator[Callable[[], WorkerProcess]]:
    """A maker of workers; whoever still lives at the end is killed."""
    started: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        started.append(WorkerProcess(url, directory, restarts))
        return started[-1]

    try:
        yield start
    finally:
        for worker in started:
            with suppress(ProcessLookupError):
                worker.kill()


if __name__ == "__main__":
    JobRunner(
        a_runtime(Database(sys.argv[1]), Path(sys.argv[2])), JOBS, pace=replace(QUICK, restarts=int(sys.argv[3]))
    ).run()
