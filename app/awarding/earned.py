"""Whether an award follows from its decision and from the rule: whoever writes one past the program leaves it alone.

Asked before a credential is reserved, before it is signed, and where one is in doubt.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.assessment.final_scores import final_score
from app.awarding.decide_award import award_policy_of, evidence_of
from app.awarding.models import Outcome
from app.awarding.queries import AwardView, decision_on
from app.awarding.rules import decide, specimen_reasons
from app.results import queries as results


def is_earned(award: AwardView, *, session: Session) -> bool:
    """By its decision, by the rule of the start, and with every mark of a specimen that the rule gives it.

    What people decided against a correction is not asked of the rule again.
    """
    decision = decision_on(award.result_id, session=session)
    if decision is None or not decision.is_awarded:
        return False
    result, score = results.result(award.result_id, session=session), final_score(award.sitting_id, session=session)
    evidence, policy = evidence_of(result, score, session=session), award_policy_of(score, session=session)
    marks = specimen_reasons(evidence, policy)
    if marks and not (award.is_specimen and set(marks) <= set(award.specimen_reasons)):
        return False
    return result.corrected_at is not None or decide(evidence, policy).outcome is not Outcome.NOT_AWARDED
