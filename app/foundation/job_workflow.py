"""A job as the library runs it: one workflow of one step, retried for seconds, then left to the dead list.

The step calls a function which opens its own transaction and is idempotent by a unique constraint, so running it
again after a crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import structlog
from dbos import DBOS, StepOptions, error

from app.foundation.errors import Invalid, NotFound, Refused
from app.foundation.job_pace import Pace
from app.foundation.job_suspects import Suspects
from app.foundation.jobs import JSON
from app.foundation.runtime import Runtime

Job = Callable[..., Any]  # (runtime, **arguments); what it returns is not kept

log = structlog.get_logger("decile.jobs")


def register(name: str, job: Job, *, runtime: Runtime, pace: Pace, suspects: Suspects, running: set[str]) -> None:
    """Let the library call `job` for workflows of this name; `running` holds the keys of those under way."""
    options = _step_options(name, pace)

    # a scheduled run comes with its time and an empty context, which periodic jobs do not ask for
    def workflow(*_schedule: JSON, **arguments: JSON) -> None:
        key = DBOS.workflow_id or name
        running.add(key)
        try:
            with ExitStack() as watch:
                DBOS.run_step(options, _watched_once(partial(job, runtime, **arguments), key, suspects, watch))
        except Exception as failure:  # noqa: BLE001  whatever a job raises is logged by kind and raised again
            # the dead list shows what went wrong, not that it was retried
            cause = failure.errors[-1] if isinstance(failure, error.DBOSMaxStepRetriesExceeded) else failure
            log.warning("job.failed", name=name, key=key, error=type(cause).__name__)
            raise cause from None
        finally:
            running.discard(key)

    # no cap of the library's: it counts how often a job was handed out, not how often it began
    DBOS.workflow(name=name, max_recovery_attempts=None)(workflow)


def _watched_once(job: Callable[[], None], key: str, suspects: Suspects, watch: ExitStack) -> Callable[[], None]:
    """The step: its retries within one run are one beginning."""
    entered: list[None] = []

    def step() -> None:
        if not entered:
            entered.append(watch.enter_context(suspects.watched(key)))
        job()

    return step


def _step_options(name: str, pace: Pace) -> StepOptions:
    return {
        "name": name,
        "retries_allowed": True,
        "interval_seconds": pace.first_retry,
        "max_attempts": pace.attempts,
        "backoff_rate": 2.0,
        "should_retry": _may_pass,
        "preemptible": False,
        "timeout_seconds": None,
    }


def _may_pass(failure: BaseException) -> bool:
    """Whether trying again can help: a refusal or a missing thing stays what it is."""
    return not isinstance(failure, (NotFound, Refused, Invalid))
