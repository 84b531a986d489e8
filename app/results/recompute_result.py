"""Whether a result comes out again from its pins: responses, seed, parameters, norm. Nothing is changed."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.final_scores import frozen_score
from app.assessment.replay_sitting import FIGURE_TOLERANCE, replay_sitting
from app.norming import queries as norms
from app.results.errors import ResultNotFound
from app.results.models import SkillResult
from app.results.report_result import read_under_norm

FROM_THE_SITTING = {"theta": "median", "standard_error": "standard_error", "decision_confidence": "probability_above"}
FROM_THE_NORM = ("percentile_rank", "band_low", "band_high", "is_provisional")


def recompute_result(result_id: UUID, *, session: Session) -> tuple[str, ...]:
    """Every way in which what comes out differs from what is stored; empty where all is as it was.

    The sitting is replayed choice by choice, so its numbers are proven first; the result is then read from them again.

    Raises
    ------
    ResultNotFound
    ResponsesForgotten
        Where only the figures are left, after the months for which responses are kept.
    """
    row = session.get(SkillResult, result_id)
    if row is None:
        raise ResultNotFound(result_id)
    replay = replay_sitting(row.sitting_id, session=session)
    if not replay.matches:
        return replay.differences  # a result of other numbers says nothing more
    score = frozen_score(row.sitting_id, session=session)  # a correction leaves what was reported
    again = SkillResult(norm_id=score.norm_id, percentile_rank=None, band_low=None, band_high=None, is_provisional=True)
    if score.norm_id is not None:
        read_under_norm(again, score, norms.norm_as_stored(score.norm_id, session=session))
    pairs = [(name, getattr(row, name), getattr(score, source)) for name, source in FROM_THE_SITTING.items()]
    pairs += [(name, getattr(row, name), getattr(again, name)) for name in ("norm_id", *FROM_THE_NORM)]
    return tuple(
        f"{name}: stored {stored}, comes out as {found}" for name, stored, found in pairs if _differ(stored, found)
    )


def _differ(stored: object, found: object) -> bool:
    if isinstance(stored, float) and isinstance(found, float):
        return not abs(stored - found) <= FIGURE_TOLERANCE * max(1.0, abs(stored))
    return stored != found
