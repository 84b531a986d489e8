"""Use case (job of every night): find out whether somebody altered a record by hand, and fail loudly if so."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.operations.checks import State
from app.operations.errors import RecordsAltered
from app.operations.record_checks import records


def examine_records(*, session: Session) -> None:
    """Only reading. A job that fails here stays on the dead list, where an alert and `decile doctor` see it.

    Raises
    ------
    RecordsAltered
    """
    failed = [check for check in records(session) if check.state is State.FAIL]
    if failed:
        raise RecordsAltered([f"{check.name}: {check.saw}" for check in failed])
