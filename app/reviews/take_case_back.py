"""The person who asked takes the question back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.reviews.errors import CaseClosed, CaseMustBeDecided, CaseNotFound
from app.reviews.models import ReviewCase, State
from app.reviews.queries import must_be_decided


def take_case_back(sitting_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Close the person's own open case, unless something waits for its answer.

    Raises
    ------
    CaseNotFound, CaseClosed, CaseMustBeDecided
    """
    query = select(ReviewCase).where(ReviewCase.sitting_id == sitting_id, ReviewCase.person_id == actor.person_id)
    case = session.scalar(query.with_for_update())
    if case is None:
        raise CaseNotFound
    if case.state is not State.OPEN:
        raise CaseClosed
    if must_be_decided(case, session=session):
        raise CaseMustBeDecided
    now = clock.now()
    case.take_back(at=now)
    session.flush()
    audit.record("case.taken-back", case.id, actor=actor, at=now, session=session)
