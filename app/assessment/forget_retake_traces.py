"""Job: the days of erased sittings go when no limit counts them any more."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.assessment.models import RetakeTrace
from app.foundation.clock import Clock


def forget_retake_traces(*, session: Session, clock: Clock) -> None:
    """Delete those whose time is over."""
    session.execute(delete(RetakeTrace).where(RetakeTrace.kept_until_at <= clock.now()))
