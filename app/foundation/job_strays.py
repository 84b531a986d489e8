"""Jobs that the table gives to this worker and that nobody here runs: their beginning or end could not be written.

A disk that fills up, or a database that goes, between a job's work and the note that it is done leaves such a job under
way. The library goes over its unfinished jobs only when it starts; a long-lived worker must do so itself. What is known
to be done is put back as done, so that it does not run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.foundation.job_reaper import put_back, unfinished_of
from app.foundation.job_under_way import UnderWay

if TYPE_CHECKING:
    from dbos import DBOSClient


class Strays:
    """Looks again and again. What was claimed this instant has not begun yet, so once is not enough."""

    def __init__(self, client: DBOSClient, *, running: UnderWay, looks: int) -> None:
        self._client, self._running, self._most = client, running, looks
        self._looks: dict[str, int] = {}

    def put_back(self, slot: str) -> list[str]:
        """Put into the queue what stood idle under our name at so many looks in a row; the keys."""
        done = self._running.done()  # first: what ends from here on may not stand in the table as begun yet
        unfinished = {job.workflow_id: job for job in unfinished_of(slot, self._client)}
        idle = [key for key in unfinished if key not in self._running]
        self._looks = {key: self._looks.get(key, 0) + 1 for key in idle}
        self._running.forget(done - unfinished.keys())
        late = [unfinished[key] for key in idle if self._looks[key] >= self._most]
        return put_back(late, self._client, done=done)
