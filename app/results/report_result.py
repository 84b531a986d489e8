"""A completed sitting becomes a result, once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.final_scores import FinalScore, final_score
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.norming import queries as norms
from app.results.models import SkillResult
from app.results.ranks import ranks_of


def report_result(
    sitting_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs
) -> SkillResult | None:
    """Read the sitting's theta under its pinned norm; None where the sitting gave too little to report.

    The percentile rank is read at the posterior's median with the cut's uncertainty mixed in, so that it lies
    at or above the cut's rank exactly when the decision confidence is one half or more.
    """
    existing = session.scalar(select(SkillResult).where(SkillResult.sitting_id == sitting_id))
    score = final_score(sitting_id, session=session)
    if existing is not None or not score.has_result:
        return existing
    result = SkillResult(
        id=entropy.uuid(),
        sitting_id=sitting_id,
        person_id=score.person_id,
        skill=score.skill,
        norm_id=score.norm_id,
        theta=score.median,
        standard_error=score.standard_error,
        percentile_rank=None,
        band_low=None,
        band_high=None,
        decision_confidence=score.probability_above,
        is_provisional=True,
        reported_at=clock.now(),
    )
    if score.norm_id is not None:
        read_under_norm(result, score, norms.norm(score.norm_id, session=session))
    session.add(result)
    session.flush()
    audit.record("result.reported", result.id, actor=system(), at=result.reported_at, session=session)
    jobs.enqueue("decide_award", f"award:{result.id}", session=session, arguments={"result_id": str(result.id)})
    return result


def read_under_norm(result: SkillResult, score: FinalScore, norm: norms.NormView) -> None:
    """Percentile rank and band of the score, as far as the norm may speak."""
    result.is_provisional = norm.is_provisional
    if norm.gives_percentile_rank:
        result.band_low, result.percentile_rank, result.band_high = ranks_of(score, norm)
