"""How far the worker lags behind, for /readyz and operators: small reads of the job tables, without the library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TableClause, func, literal_column, select
from sqlalchemy.orm import Session

from app.foundation.job_list import MAIL_IS_TRIED_FOR, STATUSES, JobState
from app.foundation.job_queues import MAIL_QUEUE, QUEUE
from app.foundation.job_slots import MOST_AHEAD, WorkerSlot
from app.foundation.job_table import job_table, outcome_table
from app.foundation.mail import MailUnavailable

MILLISECONDS = 1000
PUT_BACK_MILLISECONDS = 60 * MILLISECONDS  # mail is put back each minute, so not before it is that old
OPEN = (*STATUSES[JobState.WAITING], *STATUSES[JobState.RUNNING])
NO_SERVER_TOOK_IT = f'{{"name":"{MailUnavailable.__name__}"'  # as the library writes down what a job failed of


@dataclass(frozen=True, slots=True)
class Unsent:
    """Mail that is tried again by itself: how much of it is dead now, and how long ago the oldest was asked for."""

    count: int
    oldest_seconds: float  # 0 if there is none; also of what is just being tried again, or it came and went each minute


def oldest_waiting_seconds(session: Session, now: datetime) -> float:
    """How long the oldest job in the queue has waited for a worker, mail apart; 0 if none waits.

    From when it was put there last: one that is tried again after days has not waited for days.
    """
    job = _job_table(session)
    # a literal, not a parameter: SQLite uses its partial index of unfinished jobs only if it can see the status
    waiting = select(func.min(job.c.updated_at)).where(
        job.c.status == literal_column("'ENQUEUED'"), job.c.queue_name == QUEUE
    )
    since = session.scalar(waiting)
    return 0.0 if since is None else max(0.0, now.timestamp() - since / MILLISECONDS)


def failed_count(session: Session) -> int:
    """How many jobs stand on the dead list."""
    job = _job_table(session)
    dead = select(func.count()).where(job.c.status.in_(STATUSES[JobState.FAILED]))
    return session.scalar(dead) or 0


def unsent(session: Session, now: datetime) -> Unsent:
    """Those of them that `retry_unsent` puts back by itself: mail that no server took, within its day."""
    job, outcome = _job_table(session), outcome_table(is_sqlite=_is_sqlite(session))
    is_dead = job.c.status.in_(STATUSES[JobState.FAILED]) & outcome.c.error.startswith(NO_SERVER_TOOK_IT)
    is_put_back = job.c.status.in_(OPEN) & (job.c.updated_at > job.c.created_at + PUT_BACK_MILLISECONDS)
    query = (
        select(func.count(outcome.c.error), func.min(job.c.created_at))  # what is put back has come to nothing yet
        .join_from(job, outcome, job.c.workflow_uuid == outcome.c.workflow_uuid, isouter=True)
        .where(
            job.c.status.in_((*STATUSES[JobState.FAILED], *OPEN)),
            job.c.queue_name == MAIL_QUEUE,
            job.c.created_at > (now - MAIL_IS_TRIED_FOR).timestamp() * MILLISECONDS,
            is_dead | is_put_back,
        )
    )
    count, first = session.execute(query).one()
    return Unsent(count, 0.0 if first is None else max(0.0, now.timestamp() - first / MILLISECONDS))


def unfinished_count(session: Session) -> int:
    """How many jobs wait or run."""
    job = _job_table(session)
    return session.scalar(select(func.count()).where(job.c.status.in_(OPEN))) or 0


def _job_table(session: Session) -> TableClause:
    return job_table(is_sqlite=_is_sqlite(session))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def worker_heartbeat_age_seconds(session: Session, now: datetime) -> float | None:
    """How long ago any worker was last heard of; None if none ever was, but in the future."""
    last = session.scalar(select(func.max(WorkerSlot.heartbeat_at)).where(WorkerSlot.heartbeat_at <= now + MOST_AHEAD))
    return None if last is None else max(0.0, (now - last).total_seconds())


def heartbeats_ahead(session: Session, now: datetime) -> int:
    """How many workers were last heard of in the future: their clocks ran ahead of ours."""
    ahead = select(func.count()).where(WorkerSlot.heartbeat_at > now + MOST_AHEAD)
    return session.scalar(ahead) or 0
