"""Reading results. What comes back is frozen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.assessment import corrections
from app.assessment.final_scores import FinalScore, corrected_scores, final_score
from app.norming import queries as norms
from app.results.errors import ResultNotFound
from app.results.models import SkillResult
from app.results.ranks import ranks_of


@dataclass(frozen=True, slots=True)
class ResultView:
    """One result, unrounded."""

    id: UUID
    sitting_id: UUID
    person_id: UUID
    skill: str
    norm_id: UUID | None
    theta: float
    standard_error: float
    percentile_rank: float | None
    band_low: float | None
    band_high: float | None
    decision_confidence: float | None
    is_provisional: bool
    reported_at: datetime
    corrected_at: datetime | None = None  # where it is read without a faulty item, by a decision of two people


def _view(row: SkillResult, *, session: Session) -> ResultView:
    """The result as it stands: as it was reported, or under the correction of its sitting."""
    reported = _as_reported(row)
    if corrections.in_force(row.sitting_id, session=session) is None:
        return reported
    return as_scored(reported, final_score(row.sitting_id, session=session), session=session)


def as_scored(reported: ResultView, score: FinalScore, *, session: Session) -> ResultView:
    """The same result with other figures of its sitting, read under the same norm."""
    norm = norms.norm(reported.norm_id, session=session) if reported.norm_id else None
    has_rank = norm is not None and norm.gives_percentile_rank and score.has_result
    low, rank, high = ranks_of(score, norm) if has_rank and norm else (None, None, None)
    return replace(
        reported,
        theta=score.median,
        standard_error=score.standard_error,
        percentile_rank=rank,
        band_low=low,
        band_high=high,
        decision_confidence=score.probability_above,
        corrected_at=score.corrected_at,
    )


def _as_reported(row: SkillResult) -> ResultView:
    return ResultView(
        id=row.id,
        sitting_id=row.sitting_id,
        person_id=row.person_id,
        skill=row.skill,
        norm_id=row.norm_id,
        theta=row.theta,
        standard_error=row.standard_error,
        percentile_rank=row.percentile_rank,
        band_low=row.band_low,
        band_high=row.band_high,
        decision_confidence=row.decision_confidence,
        is_provisional=row.is_provisional,
        reported_at=row.reported_at,
    )


def result(result_id: UUID, *, session: Session) -> ResultView:
    """The result, or `ResultNotFound`."""
    row = session.get(SkillResult, result_id)
    if row is None:
        raise ResultNotFound(result_id)
    return _view(row, session=session)


def holders(result_ids: Iterable[UUID], *, session: Session) -> dict[UUID, UUID]:
    """Whose each of these results is at present."""
    query = select(SkillResult.id, SkillResult.person_id).where(SkillResult.id.in_(list(result_ids)))
    return {one: person_id for one, person_id in session.execute(query)}  # noqa: C416  rows are no pairs to a type checker


def result_of_sitting(sitting_id: UUID, *, session: Session) -> ResultView | None:
    """The sitting's result, or None while it is on its way or where there is none."""
    row = session.scalar(select(SkillResult).where(SkillResult.sitting_id == sitting_id))
    return _view(row, session=session) if row is not None else None


def results_of(person_id: UUID, skill: str, *, session: Session) -> tuple[ResultView, ...]:
    """A person's results in one skill, oldest first."""
    query = select(SkillResult).where(SkillResult.person_id == person_id, SkillResult.skill == skill)
    return tuple(
        _view(row, session=session) for row in session.scalars(query.order_by(SkillResult.reported_at, SkillResult.id))
    )


def ids_of(person_id: UUID, *, session: Session) -> tuple[UUID, ...]:
    """Ids of all of a person's results."""
    return tuple(session.scalars(select(SkillResult.id).where(SkillResult.person_id == person_id)))


def results_under(norm_id: UUID, *, session: Session) -> tuple[UUID, ...]:
    """Every result reported against a norm, the oldest first."""
    query = ids_under(norm_id).order_by(SkillResult.reported_at, SkillResult.id)
    return tuple(session.scalars(query))


def ids_under(norm_id: UUID) -> Select[UUID]:
    """The same as a part of another query: there may be a million."""
    return select(SkillResult.id).where(SkillResult.norm_id == norm_id)


def over_time(result_id: UUID, *, session: Session) -> tuple[ResultView, ...]:
    """The result as it was reported, then under each correction that stands; empty where it was erased."""
    row = session.get(SkillResult, result_id)
    if row is None:
        return ()
    reported = _as_reported(row)
    corrected = corrected_scores(row.sitting_id, session=session)
    return reported, *(as_scored(reported, score, session=session) for score in corrected)


@dataclass(frozen=True, slots=True)
class ReadAt:
    """That a result was read under a norm, and when, without its person and without what it said."""

    result_id: UUID
    skill: str
    norm_id: UUID
    at: datetime


def readings(since: datetime, before: datetime, *, session: Session) -> tuple[ReadAt, ...]:
    """Every reading between these instants: results as they were reported, and again as they were corrected."""
    corrected = corrections.corrected_between(since, before)
    query = select(
        SkillResult.id, SkillResult.sitting_id, SkillResult.skill, SkillResult.norm_id, SkillResult.reported_at
    ).where(SkillResult.percentile_rank.is_not(None), SkillResult.norm_id.is_not(None))
    reported = session.execute(query.where(SkillResult.reported_at >= since, SkillResult.reported_at < before)).all()
    again = session.execute(
        query.add_columns(corrected.c.corrected_at)
        .join(corrected, corrected.c.sitting_id == SkillResult.sitting_id)
        .where(SkillResult.reported_at < before)
    ).all()
    return (
        *(ReadAt(row.id, row.skill, row.norm_id, row.reported_at) for row in reported),
        *(ReadAt(row.id, row.skill, row.norm_id, row.corrected_at) for row in again),
    )


def in_turn(turn: int, *, most: int, session: Session) -> tuple[tuple[UUID, UUID | None], ...]:
    """Results with their norms that come up in this turn: all where they are at most `most`, else a part of them.

    Successive turns go round all of them, whatever turn is the first.
    """
    count = session.scalar(select(func.count()).select_from(SkillResult)) or 0
    turns = max(1, -(-count // most))
    query = select(SkillResult.id, SkillResult.norm_id).order_by(SkillResult.id)
    rows = enumerate(session.execute(query))
    return tuple((result_id, norm_id) for number, (result_id, norm_id) in rows if number % turns == turn % turns)
