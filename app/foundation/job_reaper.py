"""What becomes of the work of a worker that never returns: another worker puts it back into the queue.

A restarted worker takes its former slot and finds its own work again. This is for a machine that is gone: its
heartbeat is old, or lies in the future because its clock ran ahead, and its lock is free. One reaper at a time. Adopted
jobs are watched (`job_suspects`), so one that kills every worker that runs it is adopted a bounded number of times.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from app.foundation.db import Database
from app.foundation.job_queues import queue_of
from app.foundation.job_slots import MOST_AHEAD, REAPER_LOCK, Locks, WorkerSlot, held, slot_number
from app.foundation.job_suspects import BEGUN_AGAIN, DONE

if TYPE_CHECKING:
    from dbos import DBOSClient, WorkflowStatus


def reap(
    *, own_slot: str, silent_for: timedelta, at: datetime, database: Database, locks: Locks, client: DBOSClient
) -> list[str]:
    """Adopt the unfinished work of dead workers; the keys adopted. Nothing if another worker is reaping."""
    reaping = locks.take(REAPER_LOCK)
    if reaping is None:
        return []
    with held(reaping):
        silent = _silent_slots(own_slot, before=at - silent_for, after=at + MOST_AHEAD, database=database)
        return [key for name in silent for key in _adopt_from(name, database=database, locks=locks, client=client)]


def _silent_slots(own_slot: str, *, before: datetime, after: datetime, database: Database) -> list[str]:
    heard = WorkerSlot.heartbeat_at.between(before, after)
    silent = select(WorkerSlot.name).where(~heard, WorkerSlot.name != own_slot)
    with database.reading() as session:
        return list(session.scalars(silent.order_by(WorkerSlot.name)))


def _adopt_from(name: str, *, database: Database, locks: Locks, client: DBOSClient) -> list[str]:
    """While we hold the lock of the slot nobody runs under its name, and nobody can begin to."""
    lock = locks.take(slot_number(name))
    if lock is None:
        return []  # slow, but alive
    with held(lock):
        adopted = put_back(unfinished_of(name, client), client)
        with database.transaction() as session:
            session.execute(delete(WorkerSlot).where(WorkerSlot.name == name))
    return adopted


def unfinished_of(slot: str, client: DBOSClient) -> list[WorkflowStatus]:
    """The jobs that the library holds for begun under this name."""
    return client.list_workflows(status="PENDING", executor_id=slot, load_input=False, load_output=False)


def put_back(jobs: Iterable[WorkflowStatus], client: DBOSClient, *, done: Set[str] = frozenset()) -> list[str]:
    """Put them into the queue again; their keys. Of those that are `done` whoever takes them notes just that."""
    back = []
    for job in jobs:
        # resuming clears the library's count of attempts, so the mark tells that it may have begun before
        attributes = {BEGUN_AGAIN: 0, **(job.attributes or {}), **({DONE: 1} if job.workflow_id in done else {})}
        client.update_workflow_attributes(job.workflow_id, attributes)
        client.resume_workflow(job.workflow_id, queue_name=queue_of(job.name))
        back.append(job.workflow_id)
    return back
