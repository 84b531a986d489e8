"""Jobs live and die with the caller's transaction, and a committed one runs once."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect, text

from app.foundation import job_health, job_list
from app.foundation.clock import SystemClock
from app.foundation.db import Database
from app.foundation.errors import Refused
from app.foundation.job_firings import Firings
from app.foundation.job_health import Unsent, failed_count, oldest_waiting_seconds, worker_heartbeat_age_seconds
from app.foundation.job_list import (
    JobNotFailed,
    JobNotFound,
    JobState,
    failed_jobs,
    forget_finished,
    list_jobs,
    retry_job,
    retry_unsent,
)
from app.foundation.job_queues import CONCURRENCY, MAIL_QUEUE, QUEUE, queue_of
from app.foundation.job_runner import JobRunner, PeriodicJob
from app.foundation.jobs import JOB_SCHEMA, JOB_TABLES, JSON, is_job_table
from app.foundation.mail import MailUnavailable, Message, SmtpMailer
from app.foundation.runtime import Runtime
from app.operations import checks
from app.operations.checks import State
from app.worker import JOBS as WORKER_JOBS
from tests.app.foundation.effects import (
    JOBS,
    QUICK,
    REPOSITORY,
    Poisoned,
    client_of,
    counted,
    effects,
    enqueue_and_roll_back,
    enqueue_effects,
    keys_asked_for,
    running,
    state_of,
    wait_until,
)
from tests.journeys.mail_server import MailServer, Manner

DROPS_MAIL = {"erase_person"}  # from our own spool, and hands none over


def test_a_job_of_a_rolled_back_transaction_never_runs(worker_runtime: Runtime) -> None:
    enqueue_and_roll_back(worker_runtime, "undone")
    enqueue_effects(worker_runtime, "done")
    with running(worker_runtime):
        wait_until(lambda: "done" in effects(worker_runtime.database))
    assert effects(worker_runtime.database) == {"done"}
    assert state_of(worker_runtime, "undone") is None


def test_a_job_is_not_seen_before_its_transaction_commits(worker_runtime: Runtime) -> None:
    now = worker_runtime.clock.now()
    much_later = now.replace(year=now.year + 1)
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("leave_effect", "early", session=session, arguments={"key": "early"})
        with worker_runtime.reading() as other:
            assert oldest_waiting_seconds(other, much_later) == 0.0
    with worker_runtime.reading() as other:
        assert oldest_waiting_seconds(other, much_later) > 0.0


def test_committed_jobs_run_once_each(worker_runtime: Runtime) -> None:
    keys = [f"job:{number}" for number in range(60)]
    with running(worker_runtime):
        for key in keys:
            enqueue_effects(worker_runtime, key)
        wait_until(lambda: effects(worker_runtime.database) == set(keys))
    assert counted(worker_runtime.database) == len(keys)


def test_the_same_key_twice_is_one_job(worker_runtime: Runtime) -> None:
    enqueue_effects(worker_runtime, "twice", "twice")
    enqueue_effects(worker_runtime, "twice")
    assert keys_asked_for(worker_runtime) == ["twice"]
    with running(worker_runtime):
        wait_until(lambda: state_of(worker_runtime, "twice") is JobState.DONE)
        enqueue_effects(worker_runtime, "twice", "after")
        wait_until(lambda: state_of(worker_runtime, "after") is JobState.DONE)
    assert counted(worker_runtime.database) == 2


def test_each_job_enqueues_the_next_in_its_own_transaction(worker_runtime: Runtime) -> None:
    chain = [f"stage:{number}" for number in range(1, 5)]
    with worker_runtime.transaction() as session:
        arguments = {"key": chain[0], "then": chain[1:]}
        worker_runtime.jobs.enqueue("leave_effect", chain[0], session=session, arguments=arguments)
    with running(worker_runtime):
        wait_until(lambda: effects(worker_runtime.database) == set(chain))
    assert counted(worker_runtime.database) == len(chain)


def test_a_job_that_stumbles_is_tried_again(worker_runtime: Runtime) -> None:
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("stumble", "shaky", session=session, arguments={"key": "shaky", "falls": 2})
    with running(worker_runtime):
        wait_until(lambda: state_of(worker_runtime, "shaky") is JobState.DONE)
    assert counted(worker_runtime.database, "shaky") == 3


@pytest.mark.parametrize("others", [100, pytest.param(1000, marks=pytest.mark.long)])
def test_case_092_a_poison_job_is_set_aside_while_the_others_finish(worker_runtime: Runtime, others: int) -> None:
    keys = [f"fine:{number}" for number in range(others)]
    enqueue_effects(worker_runtime, *keys[: others // 2])
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("refuse", "poison", session=session, arguments={"key": "poison"})
    enqueue_effects(worker_runtime, *keys[others // 2 :])
    with running(worker_runtime):
        wait_until(lambda: len(effects(worker_runtime.database)) == others, seconds=120)
        wait_until(lambda: state_of(worker_runtime, "poison") is JobState.FAILED)
    (dead,) = failed_jobs(client_of(worker_runtime))
    assert (dead.key, dead.name, dead.error) == ("poison", "refuse", "Poisoned: poison is poison")
    with worker_runtime.reading() as session:
        told = {check.name: check for check in checks.worker(session, worker_runtime.clock.now())}
        shown = failed_count(session)
    assert (told["failed jobs"].state, told["failed jobs"].saw, shown) == (State.FAIL, "1", 1), "an alarm, at once"
    assert counted(worker_runtime.database) == others


def test_a_job_from_the_dead_list_can_be_tried_again(worker_runtime: Runtime) -> None:
    client = client_of(worker_runtime)
    arguments = {"key": "late", "falls": QUICK.attempts}
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("stumble", "late", session=session, arguments=arguments)
    with running(worker_runtime):
        wait_until(lambda: state_of(worker_runtime, "late") is JobState.FAILED)
        (dead,) = failed_jobs(client)
        assert dead.error == f"RuntimeError: late fell for the {QUICK.attempts}. time"
        assert retry_job(client, "late").state is not JobState.FAILED
        wait_until(lambda: state_of(worker_runtime, "late") is JobState.DONE)
    assert effects(worker_runtime.database) == {"late"}
    assert failed_jobs(client) == ()


def test_only_a_failed_job_can_be_tried_again(worker_runtime: Runtime) -> None:
    enqueue_effects(worker_runtime, "waiting")
    with pytest.raises(JobNotFailed, match="waiting is waiting, not failed"):
        retry_job(client_of(worker_runtime), "waiting")
    with pytest.raises(JobNotFound, match="no job missing"):
        retry_job(client_of(worker_runtime), "missing")


def test_old_finished_jobs_are_forgotten_and_failed_ones_kept(worker_runtime: Runtime) -> None:
    client = client_of(worker_runtime)
    enqueue_effects(worker_runtime, "old")
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("refuse", "dead", session=session, arguments={"key": "dead"})
    with running(worker_runtime):
        wait_until(
            lambda: (
                {state_of(worker_runtime, "old"), state_of(worker_runtime, "dead")} == {JobState.DONE, JobState.FAILED}
            )
        )
    before = list_jobs(client)[0].enqueued_at
    finished = len(list_jobs(client, state=JobState.DONE))  # one more where a minute began meanwhile
    assert forget_finished(client, before=before.replace(year=before.year - 1)) == 0
    assert forget_finished(client, before=before.replace(year=before.year + 1)) == finished
    assert keys_asked_for(worker_runtime) == ["dead"]


def test_a_periodic_job_runs_through_the_queue_and_its_schedule_goes_with_it(worker_runtime: Runtime) -> None:
    def each_second(runtime: Runtime) -> None:
        JOBS["leave_effect"](runtime, key="ticked")

    runner = JobRunner(
        worker_runtime, {**JOBS, "each_second": each_second}, [PeriodicJob("each_second", "* * * * * *")], QUICK
    )
    runner.start()
    try:
        wait_until(lambda: "ticked" in effects(worker_runtime.database))
    finally:
        runner.stop()
    client = client_of(worker_runtime)
    assert {schedule["schedule_name"] for schedule in client.list_schedules()} == {
        "each_second",
        "forget_finished_jobs",
        "retry_unsent_mail",
    }
    with running(worker_runtime):
        assert {schedule["schedule_name"] for schedule in client.list_schedules()} == {
            "forget_finished_jobs",
            "retry_unsent_mail",
        }


def test_case_089_jobs_that_hand_over_mail_hold_up_no_other(worker_runtime: Runtime) -> None:
    mail = [f"mail:{number}" for number in range(CONCURRENCY[QUEUE])]
    with worker_runtime.transaction() as session:
        for key in mail:
            arguments = {"key": key, "seconds": 1.0}
            worker_runtime.jobs.enqueue("send_slowly", key, session=session, arguments=arguments)
    runner = JobRunner(worker_runtime, {**JOBS, "send_slowly": JOBS["linger"]}, pace=QUICK)
    runner.start()
    try:
        wait_until(lambda: state_of(worker_runtime, mail[0]) is JobState.RUNNING)
        enqueue_effects(worker_runtime, "result")
        wait_until(lambda: "result" in effects(worker_runtime.database))
        assert effects(worker_runtime.database) == {"result"}
    finally:
        runner.stop()


def test_what_somebody_waits_for_comes_before_the_looks_at_sittings_however_many(worker_runtime: Runtime) -> None:
    at_once, began = CONCURRENCY[QUEUE], []

    def note(_runtime: Runtime, name: str) -> None:
        began.append(name)
        time.sleep(0.02)

    with worker_runtime.transaction() as session:
        for name, jobs in (("check_sitting", 40), ("report_result", 12)):
            for number in range(jobs):
                worker_runtime.jobs.enqueue(name, f"{name}:{number}", session=session, arguments={"name": name})
    runner = JobRunner(worker_runtime, {**JOBS, "check_sitting": note, "report_result": note}, pace=QUICK)
    runner.start()
    try:
        wait_until(lambda: len(began) == 52)
    finally:
        runner.stop()
    assert began[: 12 + at_once].count("report_result") == 12


def test_case_089_mail_that_no_server_took_is_tried_again_for_a_day_and_nothing_else_is(
    worker_runtime: Runtime,
) -> None:
    away = True

    def send(runtime: Runtime, key: str) -> None:
        if away:
            raise MailUnavailable("nobody there")
        JOBS["leave_effect"](runtime, key=key)

    runner = JobRunner(worker_runtime, {**JOBS, "send_letter": send}, pace=QUICK)
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("send_letter", "letter", session=session, arguments={"key": "letter"})
        worker_runtime.jobs.enqueue("refuse", "dead", session=session, arguments={"key": "dead"})
    runner.start()
    try:
        client, now = client_of(worker_runtime), worker_runtime.clock.now()
        wait_until(lambda: len(failed_jobs(client)) == 2)
        assert retry_unsent(client, at=now + timedelta(days=1, minutes=1)) == ()
        away = False
        assert retry_unsent(client, at=now + timedelta(hours=23)) == ("letter",)
        wait_until(lambda: effects(worker_runtime.database) == {"letter"})
        assert [job.key for job in failed_jobs(client)] == ["dead"]
    finally:
        runner.stop()


@pytest.mark.parametrize(("manner", "unsent"), [(Manner.NOT_FROM_US, 1), (Manner.TO_NOBODY, 0)])
def test_mail_that_is_refused_for_good_does_not_count_as_tried_again(
    worker_runtime: Runtime, manner: Manner, unsent: int
) -> None:
    with MailServer() as server:
        server.behave(manner)
        mailer = SmtpMailer(f"smtp://127.0.0.1:{server.port}", sender="d@decile.example", clock=worker_runtime.clock)

        def send(_runtime: Runtime) -> None:
            mailer.send(Message("ada@example.org", "s", "t", key="k"))

        runner = JobRunner(worker_runtime, {"send_letter": send}, pace=QUICK)
        with worker_runtime.transaction() as session:
            worker_runtime.jobs.enqueue("send_letter", "letter", session=session, arguments={})
        runner.start()
        try:
            client, now = client_of(worker_runtime), worker_runtime.clock.now()
            wait_until(lambda: len(failed_jobs(client)) == 1)
        finally:
            runner.stop()
    hour, day = now + timedelta(hours=1), now + timedelta(days=1, minutes=1)
    with worker_runtime.reading() as session:
        seen = job_health.unsent(session, hour)
        assert job_health.unsent(session, day) == Unsent(0, 0.0)
    assert (seen.count, seen.oldest_seconds > 3500) == (unsent, bool(unsent))
    assert len(retry_unsent(client, at=hour)) == unsent, "what is counted is what is tried again"


def test_a_periodic_job_that_fails_for_ever_hides_nobodys_failure_and_stops_no_mail(
    worker_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_list, "UNSENT_AT_ONCE", 2)

    def fail(_runtime: Runtime) -> None:
        raise Poisoned("again")

    def send(_runtime: Runtime) -> None:
        raise MailUnavailable("nobody there")

    def enqueue(name: str, key: str, arguments: dict[str, JSON] | None = None) -> None:
        with worker_runtime.transaction() as session:
            worker_runtime.jobs.enqueue(name, key, session=session, arguments=arguments or {})
        wait_until(lambda: state_of(worker_runtime, key) is JobState.FAILED)

    daily = [PeriodicJob(name, "0 0 1 1 *") for name in ("each_day", "each_night")]
    jobs = {**JOBS, "each_day": fail, "each_night": fail, "send_letter": send}
    runner = JobRunner(worker_runtime, jobs, daily, QUICK)
    runner.start()
    try:
        client, now = client_of(worker_runtime), worker_runtime.clock.now()
        for key in ("first", "second"):
            enqueue("send_letter", key)
        enqueue("refuse", "somebody's", {"key": "somebody's"})
        enqueue("each_night", "night")
        for number in range(4):
            enqueue("each_day", f"day {number}")
        with worker_runtime.transaction() as session:
            worker_runtime.jobs.enqueue("retry_unsent_mail", "tidying", session=session, arguments={})
        wait_until(lambda: state_of(worker_runtime, "tidying") is JobState.DONE)
        kept = {job.key for job in failed_jobs(client)}
        assert kept - {"first", "second"} == {"somebody's", "night", "day 3"}
        wait_until(lambda: {"first", "second"} <= {job.key for job in failed_jobs(client)})
        enqueue("send_letter", "third")
        assert retry_unsent(client, at=now + timedelta(hours=1)) == ("first", "second")
    finally:
        runner.stop()


def test_whatever_takes_a_mailer_is_named_as_what_waits_apart() -> None:
    found = [
        name
        for file in (REPOSITORY / "app").rglob("*.py")
        for name in re.findall(r"^def (\w+)\([^)]*\bmailer: Mailer", file.read_text(encoding="utf-8"), re.MULTILINE)
        if name in WORKER_JOBS and name not in DROPS_MAIL
    ]
    assert len(found) >= 8
    assert {queue_of(name) for name in found} == {MAIL_QUEUE}


def test_case_084_a_hundred_times_that_were_passed_are_served_by_one_run(worker_runtime: Runtime) -> None:
    ran: list[int] = []
    yearly = [PeriodicJob("looks", "0 0 1 1 *")]
    runner = JobRunner(worker_runtime, {"looks": lambda _runtime: ran.append(1)}, yearly, QUICK)
    runner.start()
    try:
        now = worker_runtime.clock.now()
        fired = client_of(worker_runtime).backfill_schedule("looks", now.replace(year=now.year - 100), now)
        wait_until(lambda: len(list_jobs(client_of(worker_runtime), state=JobState.DONE)) >= len(fired))
        assert (len(fired), len(ran)) == (100, 1)
        client_of(worker_runtime).trigger_schedule("looks")
        wait_until(lambda: len(ran) == 2)
    finally:
        runner.stop()


def test_a_periodic_job_that_failed_is_really_run_again(worker_runtime: Runtime) -> None:
    ran: list[int] = []

    def looks(_runtime: Runtime) -> None:
        ran.append(1)
        if len(ran) == 1:
            raise Refused("still broken")

    runner = JobRunner(worker_runtime, {"looks": looks}, [PeriodicJob("looks", "0 0 1 1 *")], QUICK)
    runner.start()
    try:
        now, client = worker_runtime.clock.now(), client_of(worker_runtime)
        (fired,) = client.backfill_schedule("looks", now - timedelta(days=365), now)
        wait_until(lambda: state_of(worker_runtime, fired.workflow_id) is JobState.FAILED)
        retry_job(client, fired.workflow_id)
        wait_until(lambda: state_of(worker_runtime, fired.workflow_id) is JobState.DONE)
    finally:
        runner.stop()
    assert len(ran) == 2


@pytest.mark.parametrize("fired_before", [True, False])
def test_case_084_on_a_machine_that_is_off_every_night_a_nightly_job_runs_once_a_day(
    worker_runtime: Runtime, *, fired_before: bool
) -> None:
    clock, ran, client = SetByHand(), [0], client_of(worker_runtime)
    runtime = replace(worker_runtime, clock=clock)
    yearly = [PeriodicJob("nightly", "0 0 1 1 *", once_after=timedelta(days=1))]

    def start() -> int:
        former = len(ran)
        runner = JobRunner(runtime, {"nightly": lambda _runtime: ran.append(1)}, yearly, QUICK)
        runner.start()
        wait_until(lambda: all(one.state is JobState.DONE for one in list_jobs(client) if one.name == "nightly"))
        runner.stop()
        return len(ran) - former

    assert start() == 0
    if fired_before:
        set_last_fired(worker_runtime, clock.now() - timedelta(hours=7))
    for day in range(1, 3):
        clock.set_by = timedelta(days=day, hours=1)
        assert (start(), start()) == (1, 0)


def test_case_046_a_clock_set_back_silences_no_periodic_job_until_it_is_noticed() -> None:
    firings, noon = Firings(), datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert not firings.overtaken("looks", due=noon.isoformat(), at=noon + timedelta(days=365))
    assert not firings.overtaken("looks", due=noon.isoformat(), at=noon + timedelta(seconds=1))
    assert firings.overtaken("looks", due=noon.isoformat(), at=noon + timedelta(seconds=2))


def set_last_fired(runtime: Runtime, at: datetime) -> None:
    schema = "" if runtime.database.is_sqlite else f"{JOB_SCHEMA}."
    with runtime.transaction() as session:
        due = text(f"UPDATE {schema}workflow_schedules SET last_fired_at = :due")
        session.execute(due, {"due": at.isoformat()})


def test_case_084_a_nightly_job_missed_while_no_worker_ran_is_run_once_however_often_one_starts(
    worker_runtime: Runtime,
) -> None:
    long_ago, periods = worker_runtime.clock.now() - timedelta(hours=3), {"missed": 2, "in_time": 4}
    yearly = [PeriodicJob(name, "0 0 1 1 *", once_after=timedelta(hours=n)) for name, n in periods.items()]
    jobs = dict.fromkeys(periods, lambda _runtime: None)
    for start in range(3):
        runner = JobRunner(worker_runtime, jobs, yearly, QUICK)
        runner.start()
        if start:
            wait_until(lambda: runs_of(worker_runtime, "missed") == 1)
        runner.stop()
        set_last_fired(worker_runtime, long_ago)
    assert (runs_of(worker_runtime, "missed"), runs_of(worker_runtime, "in_time")) == (1, 0)


class SetByHand:
    """The machine's clock, once somebody has set it."""

    def __init__(self) -> None:
        self.set_by = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.set_by


@pytest.mark.parametrize("set_by", [timedelta(hours=-1), timedelta(days=1)], ids=["back", "forward"])
def test_case_046_a_worker_notices_that_its_clock_was_set_and_plans_anew(
    worker_runtime: Runtime, set_by: timedelta
) -> None:
    clock = SetByHand()
    runtime = replace(worker_runtime, clock=clock)
    yearly = [
        PeriodicJob("caught_up", "0 0 1 1 *", once_after=timedelta(days=1)),
        PeriodicJob("let_go", "0 0 1 1 *"),
    ]
    runner = JobRunner(runtime, dict.fromkeys(("caught_up", "let_go"), lambda _runtime: None), yearly, QUICK)
    runner.start()
    try:
        planned = plans_of(runtime)
        time.sleep(3 * QUICK.heartbeat)
        assert (plans_of(runtime), runs_of(runtime, "caught_up")) == (planned, 0)
        clock.set_by = set_by
        wait_until(lambda: runs_of(runtime, "caught_up") == 1)
        wait_until(lambda: not planned & plans_of(runtime))
    finally:
        runner.stop()
    assert runs_of(runtime, "caught_up") == 1
    assert runs_of(runtime, "let_go") == 0


def plans_of(runtime: Runtime) -> set[str]:
    return {
        schedule["schedule_id"]
        for schedule in client_of(runtime).list_schedules()
        if schedule["schedule_name"] in ("caught_up", "let_go")
    }


def runs_of(runtime: Runtime, name: str) -> int:
    return sum(job.name == name for job in list_jobs(client_of(runtime)))


def test_case_084_a_job_that_waits_in_vain_is_seen_as_lag(worker_runtime: Runtime) -> None:
    now = worker_runtime.clock.now()
    with worker_runtime.reading() as session:
        assert oldest_waiting_seconds(session, now) == 0.0
        assert worker_heartbeat_age_seconds(session, now) is None
    enqueue_effects(worker_runtime, "waits")
    next_year = now.replace(year=now.year + 1)
    with worker_runtime.reading() as session:
        assert oldest_waiting_seconds(session, next_year) > 3600
    with running(worker_runtime):
        wait_until(lambda: state_of(worker_runtime, "waits") is JobState.DONE)
    with worker_runtime.reading() as session:
        assert oldest_waiting_seconds(session, next_year) == 0.0
        age = worker_heartbeat_age_seconds(session, worker_runtime.clock.now())
        assert age is not None
        assert age < 30


def test_the_tables_of_the_library_are_known_by_name(job_database: Database) -> None:
    inspector = inspect(job_database.writing)
    if job_database.is_sqlite:
        found = set(inspector.get_table_names()) - {"effect", "tally"}
        theirs = {name for name in found if is_job_table(name, None)}
        assert theirs == JOB_TABLES
        assert not any(is_job_table(name, None) for name in found - JOB_TABLES)
    else:
        assert {name for name in inspector.get_table_names(JOB_SCHEMA) if is_job_table(name, JOB_SCHEMA)} >= JOB_TABLES
        assert not any(is_job_table(name, None) for name in inspector.get_table_names())


def test_making_the_client_costs_no_import_thread_or_connection_before_it_is_used() -> None:
    program = """
import sys, threading
from app.foundation.db import Database
from app.foundation.jobs import DurableJobs
jobs = DurableJobs(Database("sqlite:////nowhere/none.sqlite3"))
assert "dbos" not in sys.modules
jobs.client
assert threading.active_count() == 1
"""
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)
