"""Can this installation do its work? Asked by /readyz and by operators."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.foundation import job_health, schema
from app.foundation.runtime import Runtime

OLDEST_JOB_SECONDS = 300  # an alarm is due within five minutes of jobs silently not running
HEARTBEAT_SECONDS = 60


def readiness(runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Each check with `ok` and what it saw."""
    try:
        with runtime.reading() as session:
            session.execute(text("SELECT 1"))
            at_head = schema.is_at_head(session.connection())
            now = runtime.clock.now()
            heartbeat = job_health.worker_heartbeat_age_seconds(session, now)
            waiting = job_health.oldest_waiting_seconds(session, now)
    except SQLAlchemyError as problem:
        return {"database": {"ok": False, "saw": type(problem).__name__}}
    return {
        "database": {"ok": True},
        "migrations": {"ok": at_head},
        "worker": {"ok": heartbeat is not None and heartbeat <= HEARTBEAT_SECONDS, "heartbeat_seconds": heartbeat},
        "jobs": {"ok": waiting <= OLDEST_JOB_SECONDS, "oldest_waiting_seconds": waiting},
    }
