"""What people asked about the results of a closed account becomes the other account's of the same person.

An award that rests on a sitting beyond the limit is no rule's to take: it is put before a person here.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.awarding import queries as awards
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.results import queries as results
from app.reviews.ask_for_review import open_case
from app.reviews.models import Reason, RegisterChange, ReviewCase
from app.reviews.policy import ReviewPolicy


def merge_cases(staying_id: UUID, leaving_id: UUID, *, session: Session) -> None:
    """Change whose they are, and nothing of what was asked or answered."""
    session.execute(update(ReviewCase).where(ReviewCase.person_id == leaving_id).values(person_id=staying_id))
    to_leaving = update(RegisterChange).where(RegisterChange.to_person_id == leaving_id)
    session.execute(to_leaving.values(to_person_id=staying_id))


def put_before_a_person(
    sitting_ids: Iterable[UUID], *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> tuple[UUID, ...]:
    """Open a case for each of these sittings that an award rests on; their ids. One that had a case keeps it."""
    now = clock.now()
    policy = policies.current(ReviewPolicy, session=session, at=now)
    opened = []
    for sitting_id in sitting_ids:
        result = results.result_of_sitting(sitting_id, session=session)
        known = select(ReviewCase.id).where(ReviewCase.sitting_id == sitting_id)
        if result is None or session.scalar(known) is not None:
            continue
        if awards.standing_award(result.id, session=session) is None:
            continue
        case = open_case(result, Reason.BEYOND_LIMIT, "", session=session, at=now, entropy=entropy, policy=policy)
        detail = {"reason": case.reason.value, "due_on": case.due_on.isoformat()}
        audit.record("case.opened", case.id, actor=actor, at=now, session=session, detail=detail)
        opened.append(case.id)
    return tuple(opened)
