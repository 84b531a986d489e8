"""A job that was under way when its worker died may be the reason, or may have stood beside it.

The library counts every time a job is handed out, and so condemns the neighbours of a job that kills its worker. We
count only jobs that began again, and from the second time on such jobs run one after the other: the next death then
falls on one job. One that began too often is set aside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
from sqlalchemy import bindparam, select

from app.foundation.db import Database
from app.foundation.errors import Refused
from app.foundation.job_attempts import attempt
from app.foundation.job_pace import Pace
from app.foundation.job_table import job_table

if TYPE_CHECKING:
    from dbos import DBOSClient

BEGUN_AGAIN = "begun_again"  # in the job's attributes: present, even at 0, once a dead worker's job was adopted
DONE = "done"  # in its attributes: by a worker that could not write it down otherwise
UNWATCHED_RESTARTS = 1  # one crash says little; long jobs need not queue up behind each other for it
T = TypeVar("T")
log = structlog.get_logger("decile.jobs")


class KilledItsWorkers(Refused):
    """The job was running each time its worker died."""

    code = "job-killed-its-workers"

    def __init__(self, restarts: int) -> None:
        super().__init__(f"The worker died each of the {restarts + 1} times this job ran, so it was set aside.")


class Suspects:
    """Which jobs of this worker must run alone, and which no more."""

    def __init__(self, database: Database, client: DBOSClient, *, pace: Pace) -> None:
        self._database, self._client = database, client
        self._pace = pace
        self._alone = threading.Lock()
        job = job_table(is_sqlite=database.is_sqlite)
        self._standing = select(job.c.recovery_attempts, job.c.attributes).where(
            job.c.workflow_uuid == bindparam("key")
        )

    @contextmanager
    def watched(self, key: str) -> Iterator[bool]:
        """Let the job run: freely, or with no other suspect beside it; False where it is done, to be noted alone."""
        noted = self._through_outages(partial(self._noted, key), key)
        restarts = noted.get(BEGUN_AGAIN)
        if DONE in noted:
            yield False
        elif restarts is None:
            yield True
        elif restarts >= self._pace.restarts:
            raise KilledItsWorkers(restarts)
        elif restarts < UNWATCHED_RESTARTS:
            self._count(key, restarts + 1)
            yield True
        else:
            with self._alone:
                self._count(key, restarts + 1)  # only now: those that wait have not begun
                yield True

    def _noted(self, key: str) -> dict[str, int]:
        """Whether the job is done, and how often it has begun again, without which it never began before."""
        with self._database.looking() as connection:
            row = connection.execute(self._standing, {"key": key}).one()
        before: dict[str, int] = {BEGUN_AGAIN: 0} if (row.recovery_attempts or 0) > 1 else {}
        return before | (row.attributes or {})

    def _count(self, key: str, restarts: int) -> None:
        note = partial(self._client.update_workflow_attributes, key, {BEGUN_AGAIN: restarts})
        self._through_outages(note, key)

    def _through_outages(self, act: Callable[[], T], key: str) -> T:
        """A server that goes or is away just now says nothing of the job, which has not begun."""
        return attempt(act, self._pace, log.bind(key=key))
