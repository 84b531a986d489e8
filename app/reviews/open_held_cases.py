"""Awards that wait for a person get a case without being asked about."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.awarding import queries as awards
from app.foundation import audit, policies
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.results import queries as results
from app.reviews.ask_for_review import open_case
from app.reviews.models import Reason, ReviewCase
from app.reviews.policy import ReviewPolicy


def open_held_cases(*, session: Session, clock: Clock, entropy: Entropy) -> int:
    """Open a case for every held decision that has none; how many were opened. Each once, however often this runs."""
    now = clock.now()
    policy = policies.current(ReviewPolicy, session=session, at=now)
    held = awards.held_results(session=session)
    known = set(session.scalars(select(ReviewCase.result_id).where(ReviewCase.result_id.in_(held))))
    for result_id in (one for one in held if one not in known):
        result = results.result(result_id, session=session)
        case = open_case(result, Reason.KINDS_APART, "", session=session, at=now, entropy=entropy, policy=policy)
        detail = {"reason": case.reason.value, "due_on": case.due_on.isoformat()}
        audit.record("case.opened", case.id, actor=system(), at=now, session=session, detail=detail)
    return len(held) - len(known)
