"""A result was corrected: a refusal is looked at again, with its reasons. What was awarded runs to its end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.final_scores import FinalScore, final_score
from app.assessment.hold_completed import hold_completed
from app.awarding.decide_award import award_policy_of, evidence_of, make_award, waits
from app.awarding.models import AwardDecision, Outcome
from app.awarding.rules import decide, is_refused_by_person
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.results import queries as results
from app.results.queries import ResultView


def would_be_refused(result: ResultView, score: FinalScore, *, session: Session) -> bool:
    """What the rule says of a result and the score behind it, under the policy of the start."""
    decision = decide(evidence_of(result, score, session=session), award_policy_of(score, session=session))
    return decision.outcome is Outcome.NOT_AWARDED


def decide_again(
    result_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> Outcome | None:
    """The outcome that stands; None while there was no decision yet, for the first one reads the correction too.

    Nothing is decided on a sitting that is void, on a correction that can still be undone, or while the person's data
    is only kept: whoever ends that asks. What a person refused stays refused.
    """
    is_completed = hold_completed(results.result(result_id, session=session).sitting_id, session=session)
    query = select(AwardDecision).where(AwardDecision.result_id == result_id).with_for_update()
    row = session.scalar(query)
    if row is None or row.outcome is not Outcome.NOT_AWARDED:
        return row.outcome if row else None
    if not is_completed or is_refused_by_person(row.outcome, row.reasons):
        return row.outcome
    result, now = results.result(result_id, session=session), clock.now()
    if waits(result, session=session, at=now):
        return row.outcome
    score = final_score(result.sitting_id, session=session)
    decision = decide(evidence_of(result, score, session=session), award_policy_of(score, session=session))
    if (decision.outcome, list(decision.reasons)) == (row.outcome, row.reasons):
        return row.outcome
    row.outcome, row.reasons, row.settled_at = decision.outcome, list(decision.reasons), now
    audit.record("award.decided_again", result_id, actor=actor, at=now, session=session, detail=decision.as_recorded())
    if decision.outcome is Outcome.AWARDED:
        make_award(result, decision.specimen_reasons, session=session, at=now, entropy=entropy, jobs=jobs)
    session.flush()
    return decision.outcome
