"""Consent was taken back in the middle: the sitting ends, and everything it held is erased."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.assessment.erase_sittings import SITTING_ROWS
from app.assessment.models import Sitting, State, Stop
from app.foundation import audit
from app.foundation.access import Actor


def end_withdrawn_sittings(person_id: UUID, *, withdrawn_at: datetime, session: Session) -> int:
    """End and empty what the person had open when the consent was withdrawn; how many there were.

    What stays is that a sitting was taken, from when to when: waits and the yearly limit would otherwise be undone by
    a click. One begun under a later consent is not touched.
    """
    query = select(Sitting).where(
        Sitting.person_id == person_id, Sitting.state == State.OPEN, Sitting.started_at <= withdrawn_at
    )
    found = session.scalars(query.with_for_update()).all()
    for sitting in found:
        for owned in SITTING_ROWS:
            session.execute(delete(owned).where(owned.sitting_id == sitting.id))
        sitting.prior, sitting.adjustments, sitting.avoided_items = None, None, []
        sitting.end(State.ABANDONED, Stop.CONSENT_WITHDRAWN, at=withdrawn_at)
        person = Actor(person_id, "person")
        audit.record("sitting.erased", sitting.id, actor=person, at=withdrawn_at, session=session)
    session.flush()
    return len(found)
