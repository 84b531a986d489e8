"""A decision of two people: a finished sitting is read without some items from now on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessment.corrections import Without, left_out
from app.assessment.course import locked_sitting
from app.assessment.models import SittingCorrection, State
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy


def correct_sitting(
    found: Without,
    rescoring_id: UUID,
    *,
    code: str,
    effect: str,
    is_told: bool,
    undo_until: datetime,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> bool:
    """Lay the figures over what was frozen. The same decision corrects a sitting once, by a constraint.

    False, and nothing is laid, where the sitting is no longer the one that was scored: another decision left out an
    item of it meanwhile or put one back, or it counts for nothing.

    Raises
    ------
    SittingNotFound
    """
    sitting = locked_sitting(found.sitting_id, session=session)  # everybody who corrects it waits here
    if sitting.state != State.COMPLETED or {*found.without} != left_out(sitting.id, session=session) | {code}:
        return False
    former = select(func.max(SittingCorrection.number)).where(SittingCorrection.sitting_id == found.sitting_id)
    now = clock.now()
    session.add(
        SittingCorrection(
            id=entropy.uuid(),
            sitting_id=found.sitting_id,
            rescoring_id=rescoring_id,
            number=(session.scalar(former) or 0) + 1,
            without=list(found.without),
            figures=dict(found.figures),
            effect=effect,
            is_told=is_told,
            corrected_at=now,
            undo_until_at=undo_until,
            undone_at=None,
        )
    )
    session.flush()
    detail = {"rescoring": str(rescoring_id), "without": list(found.without), "effect": effect}
    audit.record("sitting.corrected", found.sitting_id, actor=actor, at=now, session=session, detail=detail)
    return True
