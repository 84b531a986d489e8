"""`decile jobs`: what waits, what failed and why, another try, and none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.foundation import audit
from app.foundation.access import operator
from app.foundation.command_options import HOW_MANY
from app.foundation.errors import DecileError
from app.foundation.job_list import JobState, JobView, drop_job, failed_jobs, list_jobs, retry_job
from app.foundation.jobs import DurableJobs
from app.foundation.runtime import Runtime

if TYPE_CHECKING:
    from dbos import DBOSClient

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_RETRIED_AT_ONCE = 10_000


@click.group("jobs")
def jobs_group() -> None:
    """Jobs of the worker: list them, see the dead list, try again or drop.

    Example: decile jobs list
    """


def _listing(command: Command) -> Command:
    limit = click.option("--limit", type=HOW_MANY, default=100, show_default=True, help="At most so many.")
    return limit(click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")(command))


@jobs_group.command("list")
@click.option("--state", type=click.Choice([state.value for state in JobState]), help="Only jobs in this state.")
@_listing
@click.pass_obj
def list_command(runtime: Runtime, state: str | None, limit: int, *, as_json: bool) -> None:
    """List the newest jobs first.

    Example: decile jobs list --state waiting
    """
    client = DurableJobs(runtime.database).client
    _show(
        list_jobs(client, state=JobState(state) if state else None, limit=limit), runtime.clock.now(), as_json=as_json
    )


@jobs_group.command("failed")
@_listing
@click.pass_obj
def failed_command(runtime: Runtime, limit: int, *, as_json: bool) -> None:
    """List jobs that failed, each with its reason. Mail that no server took says until when it is tried again.

    Example: decile jobs failed --json
    """
    _show(failed_jobs(DurableJobs(runtime.database).client, limit=limit), runtime.clock.now(), as_json=as_json)


@jobs_group.command("retry")
@click.argument("keys", nargs=-1, metavar="KEY...")
@click.option("--all", "every", is_flag=True, help="Every job on the dead list.")
@click.pass_obj
def retry_command(runtime: Runtime, keys: tuple[str, ...], *, every: bool) -> None:
    """Put failed jobs back into the queue.

    Example: decile jobs retry result:6f1c0a52-7d0e-4f4e-9d55-0b1f6f0f3a11
    """
    if bool(keys) == every:
        raise click.UsageError("Name the jobs to retry, or pass --all.")
    client = DurableJobs(runtime.database).client
    if every:
        keys = tuple(job.key for job in failed_jobs(client, limit=MOST_RETRIED_AT_ONCE))
    for key in keys:
        _do(retry_job, client, key, "job.retried", runtime)
        click.echo(f"{key} is back in the queue.")
    if not keys:
        click.echo("The dead list is empty.")


@jobs_group.command("drop")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@click.pass_obj
def drop_command(runtime: Runtime, keys: tuple[str, ...]) -> None:
    """Take failed jobs off the dead list for good. What they were to do is not done, as with mail to no mailbox.

    Example: decile jobs drop mail:sign-in:6f1c0a52-7d0e-4f4e-9d55-0b1f6f0f3a11
    """
    client = DurableJobs(runtime.database).client
    for key in keys:
        _do(drop_job, client, key, "job.dropped", runtime)
        click.echo(f"{key} is dropped.")


def _do(act: Callable[[DBOSClient, str], object], client: DBOSClient, key: str, kind: str, runtime: Runtime) -> None:
    try:
        act(client, key)
    except DecileError as refusal:
        raise click.ClickException(str(refusal)) from refusal
    with runtime.transaction() as session:
        audit.record(kind, key, actor=operator(), at=runtime.clock.now(), session=session)


def _show(found: tuple[JobView, ...], now: datetime, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([asdict(job) for job in found], default=_plain, indent=2))
    elif not found:
        click.echo("No jobs.")
    else:
        for job in found:
            enqueued = job.enqueued_at.strftime("%Y-%m-%d %H:%M:%S")
            click.echo(f"{enqueued}  {job.state:<8} {job.name:<24} {job.key}{_why(job, now)}")


def _plain(value: object) -> str:
    """An instant as ISO 8601 has it, and everything else by its name."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _why(job: JobView, now: datetime) -> str:
    if job.error is None:
        return ""
    if job.tried_until is None:
        return f"  {job.error}"
    if job.tried_until > now:
        return f"  {job.error} It is tried again until {job.tried_until:%Y-%m-%d %H:%M} UTC."
    return f"  {job.error} Its day of attempts is over: `decile jobs retry` sends it."
