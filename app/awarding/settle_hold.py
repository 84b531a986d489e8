"""A person has looked at a result whose two kinds of evidence disagree: the award is made, or it is not."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment import corrections
from app.assessment.final_scores import final_score
from app.awarding.decide_award import award_policy_of, evidence_of, make_award
from app.awarding.errors import DecisionWaits, HoldRefused, NotHeld
from app.awarding.models import SETTLED, AwardDecision, Outcome
from app.awarding.rules import refusal_reasons, specimen_reasons
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.results import queries as results
from app.results.queries import ResultView


def settle_hold(
    result_id: UUID,
    *,
    is_awarded: bool,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> None:
    """Settle a held decision. The marks of a specimen stay with it, whoever settles.

    Raises
    ------
    NotHeld
        Nothing waits for a person here.
    DecisionWaits
        The result rests on a correction that can still be undone.
    HoldRefused
        The rule refuses by now what would be confirmed.
    """
    result, now = results.result(result_id, session=session), clock.now()
    query = select(AwardDecision).where(AwardDecision.result_id == result_id).with_for_update()
    decision = session.scalar(query)
    if decision is None or decision.outcome is not Outcome.HELD:
        raise NotHeld(result_id)
    until = corrections.undoable_until(result.sitting_id, session=session, at=now)
    if until is not None:
        raise DecisionWaits(until)
    decision.outcome, decision.settled_at = (Outcome.AWARDED if is_awarded else Outcome.NOT_AWARDED), now
    marks = _marks_unless_refused(result, session=session) if is_awarded else ()
    detail = {"outcome": decision.outcome.value, **({"marks": list(marks)} if is_awarded else {})}
    audit.record(SETTLED, result_id, actor=actor, at=now, session=session, detail=detail)
    if is_awarded:
        make_award(result, marks, session=session, at=now, entropy=entropy, jobs=jobs)
    session.flush()


def _marks_unless_refused(result: ResultView, *, session: Session) -> tuple[str, ...]:
    """A person judges how far the kinds lie apart; whatever else the rule asks, it asks again of a corrected result."""
    score = final_score(result.sitting_id, session=session)
    evidence, policy = evidence_of(result, score, session=session), award_policy_of(score, session=session)
    refusals = refusal_reasons(evidence, policy)
    if refusals:
        raise HoldRefused(refusals)
    return specimen_reasons(evidence, policy)
