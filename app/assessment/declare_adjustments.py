"""The candidate asks for adjustments: without proof, at any time, and signals are not interpreted from then on."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.adjustments import Adjustment
from app.assessment.course import own_sitting
from app.assessment.errors import AdjustmentUnknown, SittingClosed
from app.assessment.models import Sitting
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def declare_adjustments(
    sitting_id: UUID, adjustments: Collection[str], *, person_id: UUID, session: Session, clock: Clock
) -> Sitting:
    """Keep what was asked for with the person's own open sitting, replacing what was there.

    Raises
    ------
    SittingNotFound, SittingClosed, AdjustmentUnknown
    """
    for name in adjustments:
        if name not in set(Adjustment):
            raise AdjustmentUnknown(name)
    sitting = own_sitting(sitting_id, person_id, session=session, locked=True)
    if not sitting.is_open:
        raise SittingClosed(sitting.state, None)
    sitting.adjustments = sorted(set(adjustments))
    session.flush()
    person = Actor(person_id, "person")
    audit.record("sitting.adjusted", sitting_id, actor=person, at=clock.now(), session=session)
    return sitting
