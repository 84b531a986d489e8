"""Each time a normed score was read, and on which side of the line: what the public log counts certificates against.

The line is the one that the award policy drew when the sitting began, for that is what decides. A score that stood
below it when it was reported, and that a correction of two people brought above, is read a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import queries as sittings
from app.awarding import queries as awards
from app.awarding.errors import AwardNotFound
from app.awarding.models import Award
from app.results import queries as results
from app.results.queries import ResultView


@dataclass(frozen=True, slots=True)
class Reading:
    """One of them, without its person."""

    skill: str
    norm_id: UUID
    at: datetime
    percentile_rank: float
    decision_confidence: float
    is_above: bool


def readings_of(result_id: UUID, *, session: Session) -> tuple[Reading, ...]:
    """The score as it was reported; after it the first correction above the line, where the report lay below.

    Empty where no norm gave a rank, or where the result was erased.
    """
    views = results.over_time(result_id, session=session)
    if not views:
        return ()
    began_at = sittings.started_at(views[0].sitting_id, session=session)
    line = awards.award_policy(session=session, at=began_at).award_confidence
    found = [reading for view in views if (reading := _reading(view, line)) is not None]
    raised = [] if not found or found[0].is_above else [one for one in found[1:] if one.is_above]
    return *found[:1], *raised[:1]


def counted_at(award_id: UUID, *, session: Session) -> datetime:
    """When the score behind an award was read above the line: its certificate counts in that month, whenever made.

    Raises
    ------
    AwardNotFound
    """
    row = session.get(Award, award_id)
    found = readings_of(row.result_id, session=session) if row is not None else ()
    if not found:
        raise AwardNotFound(award_id)
    return found[-1].at


def _reading(view: ResultView, line: float) -> Reading | None:
    if view.norm_id is None or view.percentile_rank is None or view.decision_confidence is None:
        return None
    return Reading(
        skill=view.skill,
        norm_id=view.norm_id,
        at=view.corrected_at or view.reported_at,
        percentile_rank=view.percentile_rank,
        decision_confidence=view.decision_confidence,
        is_above=view.decision_confidence >= line,
    )
