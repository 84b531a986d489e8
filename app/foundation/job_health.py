"""How far the worker lags behind, for /readyz and operators: small reads of the job tables, without the library."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import TableClause, func, literal_column, select
from sqlalchemy.orm import Session

from app.foundation.job_list import MAIL_IS_TRIED_FOR, STATUSES, JobState
from app.foundation.job_queues import MAIL_QUEUE, QUEUE
from app.foundation.job_slots import MOST_AHEAD, WorkerSlot
from app.foundation.job_table import job_table

MILLISECONDS = 1000


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


def unsent_count(session: Session, now: datetime) -> int:
    """How many of those are mail within the day for which it is put back by itself."""
    job = _job_table(session)
    since = (now - MAIL_IS_TRIED_FOR).timestamp() * MILLISECONDS
    unsent = select(func.count()).where(
        job.c.status.in_(STATUSES[JobState.FAILED]), job.c.queue_name == MAIL_QUEUE, job.c.created_at > since
    )
    return session.scalar(unsent) or 0


def unfinished_count(session: Session) -> int:
    """How many jobs wait or run."""
    job = _job_table(session)
    open_ones = (*STATUSES[JobState.WAITING], *STATUSES[JobState.RUNNING])
    return session.scalar(select(func.count()).where(job.c.status.in_(open_ones))) or 0


def _job_table(session: Session) -> TableClause:
    return job_table(is_sqlite=session.get_bind().dialect.name == "sqlite")


def worker_heartbeat_age_seconds(session: Session, now: datetime) -> float | None:
    """How long ago any worker was last heard of; None if none ever was, but in the future."""
    last = session.scalar(select(func.max(WorkerSlot.heartbeat_at)).where(WorkerSlot.heartbeat_at <= now + MOST_AHEAD))
    return None if last is None else max(0.0, (now - last).total_seconds())


def heartbeats_ahead(session: Session, now: datetime) -> int:
    """How many workers were last heard of in the future: their clocks ran ahead of ours."""
    ahead = select(func.count()).where(WorkerSlot.heartbeat_at > now + MOST_AHEAD)
    return session.scalar(ahead) or 0
