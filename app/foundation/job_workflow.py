"""A job as the library runs it: one workflow, retried for seconds, then left to the dead list.

The workflow calls a function which opens its own transaction and is idempotent by a unique constraint, so running it
again after a crash changes nothing. It is no step of the workflow: the library would look for a record of the step and
write one, in two transactions more for each job, to save what is idempotent anyway from being repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from dbos import DBOS

from app.foundation.job_attempts import attempt
from app.foundation.job_firings import Firings
from app.foundation.job_pace import Pace
from app.foundation.job_suspects import Suspects
from app.foundation.job_under_way import UnderWay
from app.foundation.jobs import JSON
from app.foundation.runtime import Runtime

Job = Callable[..., Any]  # (runtime, **arguments); what it returns is not kept

log = structlog.get_logger("decile.jobs")


def register(
    name: str, job: Job, *, runtime: Runtime, pace: Pace, suspects: Suspects, running: UnderWay, firings: Firings
) -> None:  # fmt: skip
    """Let the library call `job` for workflows of this name; `running` is told which are under way."""

    # a scheduled run comes with its time as text and an empty context
    def workflow(*schedule: JSON, **arguments: JSON) -> None:
        key = DBOS.workflow_id or name
        if schedule and firings.overtaken(name, due=str(schedule[0]), at=runtime.clock.now()):
            log.info("job.overtaken", name=name, key=key)
            return
        running.begin(key)
        is_done = False
        try:
            with suspects.watched(key) as is_due:  # the retries within one run are one beginning
                if is_due:
                    attempt(partial(job, runtime, **arguments), pace, log.bind(name=name, key=key))
            is_done = True
        except Exception as failure:
            firings.failed(name)
            log.warning("job.failed", name=name, key=key, error=type(failure).__name__)
            raise
        finally:
            running.end(key, is_done=is_done)

    workflow.__annotations__ = {}  # the library reads them anew for each job, in search of dates; ours come as text
    # no cap of the library's: it counts how often a job was handed out, not how often it began
    DBOS.workflow(name=name, max_recovery_attempts=None)(workflow)
