"""`decile jobs` lists what waits and what failed, and puts it back into the queue."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.foundation import job_health
from app.foundation.audit import AuditEntry
from app.foundation.job_commands import jobs_group
from app.foundation.job_list import JobState, failed_jobs
from app.foundation.job_runner import JobRunner
from app.foundation.job_table import job_table
from app.foundation.mail import Message, SmtpMailer
from app.foundation.runtime import Runtime
from tests.app.foundation.effects import QUICK, client_of, enqueue_effects, running, state_of, wait_until
from tests.fakes import FrozenClock


def call(runtime: Runtime, *arguments: str) -> Result:
    return CliRunner().invoke(jobs_group, arguments, obj=runtime)


@pytest.fixture
def one_failed(worker_runtime: Runtime) -> Runtime:
    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("refuse", "poison", session=session, arguments={"key": "poison"})
    with running(worker_runtime):
        wait_until(lambda: state_of(worker_runtime, "poison") is JobState.FAILED)
    enqueue_effects(worker_runtime, "waiting")
    return worker_runtime


def test_jobs_are_listed_as_lines_and_as_json(one_failed: Runtime) -> None:
    lines = call(one_failed, "list").output.splitlines()
    assert {line.split()[-1] if "waiting" in line else "poison" for line in lines} == {"waiting", "poison"}
    found = json.loads(call(one_failed, "list", "--json", "--state", "waiting").output)
    assert [(job["key"], job["name"], job["state"], job["error"]) for job in found] == [
        ("waiting", "leave_effect", "waiting", None)
    ]
    assert all("T" in job["enqueued_at"] and datetime.fromisoformat(job["enqueued_at"]).tzinfo for job in found)


def test_a_job_that_is_tried_again_after_days_has_not_waited_for_days(worker_runtime: Runtime) -> None:
    enqueue_effects(worker_runtime, "old")
    with worker_runtime.transaction() as session:
        job = job_table(is_sqlite=worker_runtime.database.is_sqlite)
        at = int((worker_runtime.clock.now() - timedelta(days=3)).timestamp() * 1000)
        session.execute(job.update().values(status="ERROR", created_at=at, updated_at=at))
    assert call(worker_runtime, "retry", "old").exit_code == 0
    with worker_runtime.reading() as session:
        assert job_health.oldest_waiting_seconds(session, worker_runtime.clock.now()) < 60
        later = worker_runtime.clock.now() + timedelta(minutes=6)
        assert job_health.oldest_waiting_seconds(session, later) > 300


@pytest.mark.parametrize("command", ["list", "failed"])
def test_more_jobs_than_can_be_counted_is_wrong_usage(worker_runtime: Runtime, command: str) -> None:
    asked = call(worker_runtime, command, "--limit", "99999999999999999999")
    assert (asked.exit_code, "is not in the range" in asked.output) == (2, True)


def test_failed_jobs_are_listed_with_their_reason(one_failed: Runtime) -> None:
    result = call(one_failed, "failed")
    assert result.exit_code == 0
    assert result.output.strip().endswith("refuse                   poison  Poisoned: poison is poison")


def test_case_089_mail_says_until_when_it_is_tried_again_and_after_its_day_that_it_is_not(
    worker_runtime: Runtime,
) -> None:
    def send(_runtime: Runtime) -> None:
        SmtpMailer("smtp://127.0.0.1:1", sender="no-reply@decile.example", clock=FrozenClock()).send(
            Message("ada@decile.example", "Hello", "Hello.", key="letter")
        )

    with worker_runtime.transaction() as session:
        worker_runtime.jobs.enqueue("send_letter", "letter", session=session, arguments={})
    runner = JobRunner(worker_runtime, {"send_letter": send}, pace=QUICK)
    runner.start()
    try:
        wait_until(lambda: state_of(worker_runtime, "letter") is JobState.FAILED)
    finally:
        runner.stop()
    (job,) = failed_jobs(client_of(worker_runtime))
    clock = FrozenClock(job.enqueued_at)
    then = replace(worker_runtime, clock=clock)
    until = f"{job.enqueued_at + timedelta(days=1):%Y-%m-%d %H:%M} UTC"
    why = "MailUnavailable: The mail server did not take the message (ConnectionRefusedError)."
    clock.advance(timedelta(hours=23))
    assert call(then, "failed").output.endswith(f"{why} It is tried again until {until}.\n")
    clock.advance(timedelta(hours=2))
    assert call(then, "failed").output.endswith(f"{why} Its day of attempts is over: `decile jobs retry` sends it.\n")


def test_a_retry_puts_the_job_back_and_leaves_a_record(one_failed: Runtime) -> None:
    result = call(one_failed, "retry", "poison")
    assert (result.exit_code, result.output) == (0, "poison is back in the queue.\n")
    assert state_of(one_failed, "poison") is JobState.WAITING
    with one_failed.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.kind, entry.subject, entry.actor) == ("job.retried", "poison", "operator")


def test_a_job_that_can_never_be_done_is_dropped_and_leaves_a_record(one_failed: Runtime) -> None:
    result = call(one_failed, "drop", "poison")
    assert (result.exit_code, result.output) == (0, "poison is dropped.\n")
    assert call(one_failed, "failed").output == "No jobs.\n"
    with one_failed.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
        assert (entry.kind, entry.subject, entry.actor) == ("job.dropped", "poison", "operator")
    refused = call(one_failed, "drop", "waiting")
    assert (refused.exit_code, "waiting is waiting, not failed" in refused.output) == (1, True)
    assert state_of(one_failed, "waiting") is JobState.WAITING


def test_every_failed_job_is_retried_at_once(one_failed: Runtime) -> None:
    assert call(one_failed, "retry", "--all").output == "poison is back in the queue.\n"
    assert call(one_failed, "retry", "--all").output == "The dead list is empty.\n"
    assert call(one_failed, "failed").output == "No jobs.\n"


def test_a_retry_of_what_did_not_fail_or_does_not_exist_is_refused(one_failed: Runtime) -> None:
    refused = call(one_failed, "retry", "waiting")
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: Job waiting is waiting, not failed, so it is left as it is.\n",
    )
    missing = call(one_failed, "retry", "nothing")
    assert missing.exit_code == 1
    assert "There is no job nothing." in missing.output


@pytest.mark.parametrize(
    "arguments", [["retry"], ["retry", "poison", "--all"], ["list", "--state", "odd"], ["list", "--limit", "0"]]
)
def test_wrong_usage_exits_with_two(worker_runtime: Runtime, arguments: list[str]) -> None:
    assert call(worker_runtime, *arguments).exit_code == 2


@pytest.mark.parametrize("command", ["list", "failed", "retry"])
def test_help_gives_an_example(command: str) -> None:
    result = CliRunner().invoke(jobs_group, [command, "--help"])
    assert result.exit_code == 0
    assert f"Example: decile jobs {command}" in result.output
