"""How often a job is tried: a few times for what goes wrong in it, and as long as the database's server is away.

Nothing of a job has begun while no connection can be had. So an outage of minutes puts nothing on the dead list, where
a person would have to fetch it from.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from app.foundation.errors import Invalid, NotFound, Refused
from app.foundation.job_pace import Pace

CANNOT_OPEN = "SQLITE_CANTOPEN"
MOST_DOUBLINGS = 20  # of an outage of days the exponent would outgrow any number

T = TypeVar("T")


def attempt(act: Callable[[], T], pace: Pace, named: structlog.stdlib.BoundLogger) -> T:
    """What `act` gives, tried until it succeeds; what cannot pass, or the last failure, is raised as it came.

    That no connection can be had is never counted. A connection that is lost at work may be the job's own doing, if it
    brings the server down; so that is counted, as deaths of a worker are.
    """
    failed = lost = away = 0
    while True:
        try:
            return act()
        except Exception as failure:
            is_away, is_lost = _is_away(failure), _is_lost(failure)
            failed, lost = failed + (not is_away and not is_lost), lost + is_lost
            away = away + 1 if is_away else 0
            if not may_pass(failure) or failed >= pace.attempts or lost > pace.restarts:
                raise
            doublings = min(max(failed, away, 1) - 1, MOST_DOUBLINGS)
            wait = min(pace.first_retry * 2**doublings, pace.longest_retry)
            named.info("job.retried", error=type(failure).__name__, in_seconds=wait)
        time.sleep(wait)


def _is_away(failure: Exception) -> bool:
    """Whether no connection was had at all: then no statement failed. That holds of a commit too, but that has a code.

    Nobody there, a server that is starting, too many connections and a wrong password look alike here; the last keeps
    the worker's heart from beating too, which is alarmed about.
    """
    if not isinstance(failure, OperationalError) or failure.statement is not None:
        return False
    of_sqlite = getattr(failure.orig, "sqlite_errorname", None)
    if of_sqlite is not None:
        return str(of_sqlite).startswith(CANNOT_OPEN)
    return getattr(failure.orig, "sqlstate", None) is None


def _is_lost(failure: Exception) -> bool:
    return isinstance(failure, DBAPIError) and failure.connection_invalidated


def may_pass(failure: Exception) -> bool:
    """Whether trying again can help: a refusal or a missing thing stays what it is."""
    return not isinstance(failure, (NotFound, Refused, Invalid))
