"""Reading and mending the queue: what an operator sees with `decile jobs`, through the library's public calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from app.foundation.errors import Conflict, NotFound
from app.foundation.job_queues import MAIL_JOBS, MAIL_QUEUE, queue_of
from app.foundation.mail import MailUnavailable

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus

MAIL_IS_TRIED_FOR = timedelta(days=1)  # from when it was asked for; then it waits for somebody to look
FORGOTTEN_AT_ONCE = 500  # per transaction, so that no writer waits long
UNSENT_AT_ONCE = 1000  # looked at in a minute, the oldest first


class JobState(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


STATUSES = {
    JobState.WAITING: ["ENQUEUED", "DELAYED"],
    JobState.RUNNING: ["PENDING"],
    JobState.DONE: ["SUCCESS"],
    JobState.FAILED: ["ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED", "CANCELLED"],
}
STATE_OF = {status: state for state, statuses in STATUSES.items() for status in statuses}
NO_REASON = "No reason was recorded."


class JobNotFound(NotFound):
    """No job has this key."""

    code = "job-not-found"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no job {key}. `decile jobs list` shows the keys.")


class JobNotFailed(Conflict):
    """Only what failed is retried or dropped."""

    code = "job-not-failed"

    def __init__(self, key: str, state: JobState) -> None:
        super().__init__(f"Job {key} is {state}, not failed, so it is left as it is.")


@dataclass(frozen=True, slots=True)
class JobView:
    """One job as an operator sees it."""

    key: str
    name: str
    state: JobState
    enqueued_at: datetime
    finished_at: datetime | None
    worker: str | None
    error: str | None
    tried_until: datetime | None  # mail that no server took is put back each minute until then; nothing else is


def list_jobs(client: DBOSClient, *, state: JobState | None = None, limit: int = 100) -> tuple[JobView, ...]:
    """The newest jobs first."""
    found = client.list_workflows(
        status=STATUSES[state] if state else None, limit=limit, sort_desc=True, load_input=False
    )
    return tuple(_view(job) for job in found)


def failed_jobs(client: DBOSClient, *, limit: int = 100) -> tuple[JobView, ...]:
    """The dead list: jobs that nobody will try again unless told to."""
    return list_jobs(client, state=JobState.FAILED, limit=limit)


def retry_job(client: DBOSClient, key: str) -> JobView:
    """Put a failed job back into the queue under its own key, with all its attempts before it."""
    job = _failed(client, key)
    client.update_workflow_attributes(key, None)  # forget how often its worker died
    client.rewind_workflow(key, queue_name=queue_of(job.name))
    return _job(client, key)


def drop_job(client: DBOSClient, key: str) -> None:
    """Take a failed job off the dead list for good: what it was to do is not done."""
    client.delete_workflows([_failed(client, key).key])


def retry_unsent(client: DBOSClient, *, at: datetime) -> tuple[str, ...]:
    """Put back the mail that no server was there to take and whose day of attempts is not over then; the keys."""
    failed = client.list_workflows(
        status=STATUSES[JobState.FAILED],
        queue_name=MAIL_QUEUE,
        start_time=(at - MAIL_IS_TRIED_FOR).isoformat(),
        limit=UNSENT_AT_ONCE,
        load_input=False,
    )
    unsent = tuple(job.key for job in map(_view, failed) if job.tried_until is not None and job.tried_until > at)
    for key in unsent:
        retry_job(client, key)
    return unsent


def forget_repeated_failures(client: DBOSClient, names: Sequence[str]) -> int:
    """Keep the latest failure alone of each of these periodic jobs, whose every run does the same; how many went."""
    dead = client.list_workflows(
        name=list(names),
        status=STATUSES[JobState.FAILED],
        limit=FORGOTTEN_AT_ONCE,
        sort_desc=True,
        load_input=False,
        load_output=False,
    )
    latest = {job.name: job.workflow_id for job in reversed(dead)}
    repeated = [job.workflow_id for job in dead if job.workflow_id != latest[job.name]]
    if repeated:
        client.delete_workflows(repeated)
    return len(repeated)


def forget_finished(client: DBOSClient, *, before: datetime) -> int:
    """Delete jobs done before an instant; how many. A failed job stays until somebody has dealt with it."""
    forgotten = 0
    while True:
        done = client.list_workflows(
            status="SUCCESS",
            completed_before=before.isoformat(),
            limit=FORGOTTEN_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        if not done:
            return forgotten
        client.delete_workflows([job.workflow_id for job in done])
        forgotten += len(done)


def _failed(client: DBOSClient, key: str) -> JobView:
    job = _job(client, key)
    if job.state is not JobState.FAILED:
        raise JobNotFailed(key, job.state)
    return job


def _job(client: DBOSClient, key: str) -> JobView:
    found = client.list_workflows(workflow_ids=[key], load_input=False)
    if not found:
        raise JobNotFound(key)
    return _view(found[0])


def _view(job: WorkflowStatus) -> JobView:
    state, enqueued_at = STATE_OF[job.status], _instant(job.created_at or 0)
    error = _reason(job) if state is JobState.FAILED else None
    return JobView(
        key=job.workflow_id,
        name=job.name,
        state=state,
        enqueued_at=enqueued_at,
        finished_at=_instant(job.completed_at) if job.completed_at else None,
        worker=job.executor_id,
        error=error,
        tried_until=enqueued_at + MAIL_IS_TRIED_FOR if _is_unsent(job.name, error) else None,
    )


def _is_unsent(name: str, error: str | None) -> bool:
    return name.startswith(MAIL_JOBS) and (error or "").startswith(MailUnavailable.__name__)


def _reason(job: WorkflowStatus) -> str:
    if job.error is None:
        return NO_REASON
    kind = getattr(job.error, "name", type(job.error).__name__)
    return f"{kind}: {getattr(job.error, 'message', job.error)}"


def _instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
