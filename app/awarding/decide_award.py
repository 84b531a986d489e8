"""Does this result earn the achievement? Decided once, on unrounded numbers, under the policy of the start."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.restrictions import is_restricted
from app.assessment import corrections
from app.assessment.final_scores import FinalScore, final_score
from app.assessment.hold_completed import hold_completed
from app.awarding.models import Award, AwardDecision, Outcome
from app.awarding.policy import AwardPolicy
from app.awarding.rules import Evidence, decide
from app.awarding.trial_norms import is_of_trial
from app.foundation import audit, policies
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.norming import founders_compared
from app.norming import queries as norms
from app.results import queries as results


def decide_award(
    result_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs
) -> AwardDecision | None:
    """Record the decision with every reason; where it is an award, reserve its credential next.

    None while decisions under the norm wait for its founders to be compared, while the result rests on a correction
    that can still be undone, while its person's data is only kept, and on a sitting that is void. Whoever ends that
    asks again.
    """
    existing = session.scalar(select(AwardDecision).where(AwardDecision.result_id == result_id))
    if existing is not None:
        return existing
    result = results.result(result_id, session=session)
    now = clock.now()
    if waits(result, session=session, at=now):
        return None
    score = final_score(result.sitting_id, session=session)
    if score.norm_id is not None and founders_compared.awards_wait(score.norm_id, session=session, at=score.started_at):
        return None
    policy = award_policy_of(score, session=session)
    decision = decide(evidence_of(result, score, session=session), policy)
    if not _may_be_decided(result, session=session, at=now):
        return None
    row = AwardDecision(
        id=entropy.uuid(),
        result_id=result_id,
        outcome=decision.outcome,
        reasons=list(decision.reasons),
        policy_version=policies.version(AwardPolicy, session=session, at=score.started_at),
        decided_at=now,
    )
    session.add(row)
    audit.record(
        "award.decided",
        result_id,
        actor=system(),
        at=now,
        session=session,
        detail=decision.as_recorded(),
    )
    if decision.outcome is Outcome.AWARDED:
        make_award(result, decision.specimen_reasons, session=session, at=now, entropy=entropy, jobs=jobs)
    session.flush()
    return row


def waits(result: results.ResultView, *, session: Session, at: datetime) -> bool:
    """Whether nothing is decided on a result yet: what it rests on can be undone, or its data is only kept."""
    if corrections.undoable_until(result.sitting_id, session=session, at=at) is not None:
        return True
    return is_restricted(result.person_id, session=session)


def _may_be_decided(result: results.ResultView, *, session: Session, at: datetime) -> bool:
    """Asked while the sitting is held: it may have been corrected or voided since it was read."""
    return hold_completed(result.sitting_id, session=session) and not waits(result, session=session, at=at)


def make_award(
    result: results.ResultView,
    specimen_reasons: tuple[str, ...],
    *,
    session: Session,
    at: datetime,
    entropy: Entropy,
    jobs: Jobs,
) -> None:
    """The award itself, and the job that reserves its credential."""
    award = Award(
        id=entropy.uuid(),
        result_id=result.id,
        person_id=result.person_id,
        skill=result.skill,
        is_specimen=bool(specimen_reasons),
        specimen_reasons=list(specimen_reasons),
        decided_at=at,
    )
    session.add(award)
    arguments = {"award_id": str(award.id)}
    jobs.enqueue("reserve_credential", f"reserve:{award.id}", session=session, arguments=arguments)


def award_policy_of(score: FinalScore, *, session: Session) -> AwardPolicy:
    """The policy that held when the sitting started."""
    return policies.current(AwardPolicy, session=session, at=score.started_at)


def evidence_of(result: results.ResultView, score: FinalScore, *, session: Session) -> Evidence:
    """Everything the award rules look at."""
    norm = norms.norm(score.norm_id, session=session) if score.norm_id else None
    return Evidence(
        decision_confidence=result.decision_confidence,
        statements=score.statements,
        scenarios=score.scenarios,
        judgement_share=score.judgement_share,
        kind_difference=score.kind_difference,
        kind_unusualness=score.kind_unusualness,
        is_balanced=score.is_balanced,
        norm_may_certify=norm is not None and norm.may_certify,
        norm_reasons=norm.gate_reasons if norm else (),
        norm_of_trial=norm is not None and is_of_trial(norm.id, session=session),
        demo=score.demo or (norm is not None and norm.demo),
        provisional_key=score.provisional_key,
    )
