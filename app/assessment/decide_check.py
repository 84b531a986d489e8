"""A person says of a sitting whether it is sound, with reasons. The result and any certificate stay as they are."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.checks import require_uninvolved
from app.assessment.errors import CheckDecided, CheckNotFound, ReasonsNeeded, VerdictNeeded
from app.assessment.models import SittingCheck
from app.assessment.verdicts import Verdict
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock

FEWEST_LETTERS = 10  # of the reasons: somebody else must be able to follow them


def decide_check(
    sitting_id: UUID, verdict: str, reasons: str, *, session: Session, clock: Clock, actor: Actor
) -> SittingCheck:
    """Keep the verdict on a sitting that waits for one. Nobody decides about their own, nor about one that is like it.

    Raises
    ------
    OwnCheck, CheckNotFound, CheckDecided, VerdictNeeded, ReasonsNeeded
    """
    require(actor, "support")
    if actor.person_id is None:
        raise SignInNeeded
    require_uninvolved(sitting_id, actor.person_id, session=session)
    if verdict not in set(Verdict):
        raise VerdictNeeded
    given = reasons.strip()
    if len(given) < FEWEST_LETTERS:
        raise ReasonsNeeded
    check = session.get(SittingCheck, sitting_id, with_for_update=True)
    if check is None:
        raise CheckNotFound(sitting_id)
    if not check.needs_a_person:
        raise CheckDecided(sitting_id)
    now = clock.now()
    check.decide(Verdict(verdict), given, by=actor.person_id, at=now)
    session.flush()
    detail = {"verdict": check.verdict}  # the reasons stay in the check, which is erased with the person
    audit.record("sitting.check_decided", sitting_id, actor=actor, at=now, session=session, detail=detail)
    return check
