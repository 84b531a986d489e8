"""Job: the days of erased sittings go when no limit counts them any more."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.restrictions import lineages_kept_from_retention
from app.assessment.models import RetakeTrace
from app.foundation.clock import Clock


def forget_retake_traces(*, session: Session, clock: Clock) -> None:
    """Delete those whose time is over, but none of people on a legal hold or in a dispute."""
    goes = RetakeTrace.lineage_id.not_in(lineages_kept_from_retention(session=session))
    session.execute(delete(RetakeTrace).where(RetakeTrace.kept_until_at <= clock.now(), goes))
