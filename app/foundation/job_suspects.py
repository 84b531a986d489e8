"""A job that was under way when its worker died may be the reason, or may have stood beside it.

The library counts every time a job is handed out, and so condemns the neighbours of a job that kills its worker. We
count only jobs that began again, and from the second time on such jobs run one after the other: the next death then
falls on one job. One that began too often is set aside.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from app.foundation.db import Database
from app.foundation.errors import Refused
from app.foundation.job_table import job_table

if TYPE_CHECKING:
    from dbos import DBOSClient

BEGUN_AGAIN = "begun_again"  # in the job's attributes: present, even at 0, once a dead worker's job was adopted
UNWATCHED_RESTARTS = 1  # one crash says little; long jobs need not queue up behind each other for it


class KilledItsWorkers(Refused):
    """The job was running each time its worker died."""

    code = "job-killed-its-workers"

    def __init__(self, restarts: int) -> None:
        super().__init__(f"The worker died each of the {restarts + 1} times this job ran, so it was set aside.")


class Suspects:
    """Which jobs of this worker must run alone, and which no more."""

    def __init__(self, database: Database, client: DBOSClient, *, most_restarts: int) -> None:
        self._database, self._client = database, client
        self._most_restarts = most_restarts
        self._alone = threading.Lock()
        job = job_table(is_sqlite=database.is_sqlite)
        self._standing = select(job.c.recovery_attempts, job.c.attributes).where(
            job.c.workflow_uuid == bindparam("key")
        )

    @contextmanager
    def watched(self, key: str) -> Iterator[None]:
        """Let the job run: freely, or with no other suspect beside it."""
        restarts = self._restarts(key)
        if restarts is None:
            yield
        elif restarts >= self._most_restarts:
            raise KilledItsWorkers(restarts)
        elif restarts < UNWATCHED_RESTARTS:
            self._count(key, restarts + 1)
            yield
        else:
            with self._alone:
                self._count(key, restarts + 1)  # only now: those that wait have not begun
                yield

    def _restarts(self, key: str) -> int | None:
        """How often the job has begun again; None if it never began before."""
        try:
            handed_out, attributes = self._look(key)
        except DBAPIError as lost:  # a server that ended our connections has new ones: once more, as a pool would ask
            if not lost.connection_invalidated:
                raise
            handed_out, attributes = self._look(key)
        noted: dict[str, int] = attributes or {}
        return noted.get(BEGUN_AGAIN, 0) if (handed_out or 0) > 1 or BEGUN_AGAIN in noted else None

    def _look(self, key: str) -> tuple[int | None, dict[str, int] | None]:
        with self._database.looking() as connection:
            row = connection.execute(self._standing, {"key": key}).one()
        return row.recovery_attempts, row.attributes

    def _count(self, key: str, restarts: int) -> None:
        self._client.update_workflow_attributes(key, {BEGUN_AGAIN: restarts})
