"""A job as the library runs it: one workflow of one step, retried for seconds, then left to the dead list.

The step calls a function which opens its own transaction and is idempotent by a unique constraint, so running it
again after a crash changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from dbos import DBOS, StepOptions, error

from app.foundation.errors import Invalid, NotFound, Refused
from app.foundation.job_pace import Pace
from app.foundation.jobs import JSON
from app.foundation.runtime import Runtime

Job = Callable[..., None]  # (runtime, **arguments)

# A job whose worker died this often while it ran is set aside; the library counts every start in the same slot.
MOST_RECOVERIES = 10

log = structlog.get_logger("decile.jobs")


def register(name: str, job: Job, *, runtime: Runtime, pace: Pace, running: set[str]) -> None:
    """Let the library call `job` for workflows of this name; `running` holds the keys of those under way."""
    options = _step_options(name, pace)

    # a scheduled run comes with its time and an empty context, which periodic jobs do not ask for
    def workflow(*_schedule: JSON, **arguments: JSON) -> None:
        def step() -> None:
            job(runtime, **arguments)

        key = DBOS.workflow_id or name
        running.add(key)
        try:
            DBOS.run_step(options, step)
        except error.DBOSMaxStepRetriesExceeded as retried:
            last = retried.errors[-1]
            log.warning("job.failed", name=name, key=key, error=type(last).__name__)
            raise last from None  # the dead list shows what went wrong, not that it was retried
        except Exception as failure:
            log.warning("job.failed", name=name, key=key, error=type(failure).__name__)
            raise
        finally:
            running.discard(key)

    DBOS.workflow(name=name, max_recovery_attempts=MOST_RECOVERIES)(workflow)


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
