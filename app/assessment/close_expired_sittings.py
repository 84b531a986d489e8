"""The worker's own hand: sittings that can no longer be resumed end, as if the candidate had left them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.restrictions import restricted_people
from app.assessment import rules
from app.assessment.leave_sitting import leave_sitting
from app.assessment.models import Sitting, State
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs

MOST_CLOSED_AT_ONCE = 500  # keeps one transaction short; whoever calls asks again for the rest


def close_expired_sittings(*, session: Session, clock: Clock, jobs: Jobs) -> int:
    """How many were ended, at most `MOST_CLOSED_AT_ONCE`; what was answered counts if it is enough.

    Answers on their way are waited for.
    """
    now = clock.now()
    grace = rules.grace(policies.current(SittingPolicy, session=session, at=now))
    query = (
        select(Sitting.id, Sitting.person_id)
        .where(
            Sitting.state == State.OPEN,
            Sitting.resumable_until < now - grace,
            Sitting.person_id.not_in(restricted_people(session=session)),  # kept as they are, and nothing made of them
        )
        .order_by(Sitting.resumable_until)
        .limit(MOST_CLOSED_AT_ONCE)
    )
    found = session.execute(query).all()
    for sitting_id, person_id in found:
        leave_sitting(sitting_id, person_id=person_id, session=session, clock=clock, jobs=jobs)
    return len(found)
