"""Use case: somebody of the norm desk closes an alarm, and says what they found."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.monitoring.errors import AlarmClosed, AlarmNotFound, AlarmReasonMissing
from app.monitoring.models import NormAlarm

NORM_STAFF = frozenset({"norm_editor", "norm_approver"})
LONGEST_REASON = 2000  # characters


def close_alarm(alarm_id: UUID, reason: str, *, session: Session, clock: Clock, actor: Actor) -> NormAlarm:
    """Close it once, with a reason that stays beside it and nowhere else.

    Raises
    ------
    AlarmNotFound, AlarmClosed, AlarmReasonMissing
    """
    require(actor, *NORM_STAFF)
    alarm = session.get(NormAlarm, alarm_id, with_for_update=True)
    if alarm is None:
        raise AlarmNotFound(alarm_id)
    if alarm.closed_at is not None:
        raise AlarmClosed(alarm_id)
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise AlarmReasonMissing(LONGEST_REASON)
    now = clock.now()
    alarm.close(reason, at=now)
    session.flush()
    detail = {"alarm": str(alarm.id)}  # beside which the reason stands: the record holds no words
    audit.record("norm.alarm_closed", alarm.norm_id, actor=actor, at=now, session=session, detail=detail)
    return alarm
