"""Use case (job): forget what has been kept for as long as the policy says, a batch at a time, and record how much."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.assessment import queries as sittings
from app.assessment.forget_old_responses import OldResponses, forget_old_responses, old_responses
from app.assessment.rules import months_after
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.kept_answers import forget_expired_answers
from app.foundation.kept_forms import forget_expired_forms

SITTINGS_AT_ONCE = 200  # about 6,000 responses: other writers wait a tenth of a second, not longer


def due_for_retention(*, session: Session, clock: Clock) -> OldResponses:
    """What the next run would forget."""
    return old_responses(before=_before(session, clock), session=session)


def apply_retention(*, session: Session, clock: Clock, actor: Actor) -> OldResponses:
    """Forget one batch; call it again, each time in a transaction of its own, until nothing was found."""
    before = _before(session, clock)
    forgotten = forget_old_responses(before=before, most=SITTINGS_AT_ONCE, session=session)
    forget_expired_answers(session=session, at=clock.now())  # after it, which holds accounts before it takes rows
    forget_expired_forms(session=session, at=clock.now())
    if forgotten.sittings:
        detail = {"sittings": forgotten.sittings, "responses": forgotten.responses, "ended_before": before.isoformat()}
        audit.record("retention.applied", "responses", actor=actor, at=clock.now(), session=session, detail=detail)
    return forgotten


def _before(session: Session, clock: Clock) -> datetime:
    policy = sittings.retention_policy(session=session, at=clock.now())
    return months_after(clock.now(), -policy.response_months)
