"""The certified scores of many sittings, a few numbers each: what norms are forecast, compared and watched by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from app.assessment.models import FrozenSitting, Sitting, State
from app.assessment.norming_rows import usable


@dataclass(frozen=True, slots=True)
class ScoredSitting:
    """The certified score of a completed sitting, and the scale it is on."""

    person_id: UUID
    completed_at: datetime
    calibration_id: UUID | None
    median: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class Reading:
    """Means (2,) and covariance (2, 2) of judgement and self-report, as frozen with a sitting."""

    means: tuple[float, float]
    covariance: Sequence[Sequence[float]]


def scored_sittings(
    skill: str, language: str, *, after: datetime, until: datetime, session: Session
) -> tuple[ScoredSitting, ...]:
    """Completed sittings with a score, in (after, until], in order of time: a few numbers each."""
    query = (
        select(
            Sitting.person_id,
            Sitting.completed_at,
            Sitting.calibration_id,
            FrozenSitting.median,
            FrozenSitting.standard_error,
        )
        .join(FrozenSitting, Sitting.id == FrozenSitting.sitting_id)
        .where(*_is_completed(skill, language, after=after, until=until))
        .order_by(Sitting.completed_at, Sitting.id)
    )
    return tuple(
        ScoredSitting(person_id, completed_at, calibration_id, median, standard_error)
        for person_id, completed_at, calibration_id, median, standard_error in session.execute(query)
        if completed_at is not None and median is not None and standard_error is not None
    )


def latest_between(
    skill: str,
    language: str,
    calibrations: Collection[UUID],
    scores: tuple[float, float],
    *,
    after: datetime,
    until: datetime,
    most: int,
    session: Session,
) -> tuple[UUID, ...]:
    """People whose latest score on a scale, in (after, until], lies in [low, high): the latest `most` of them.

    `calibrations` are all of that scale.
    """
    low, high = scores
    if low >= high:
        return ()  # nobody lies there, and a year of sittings would be read to find it out
    later, later_frozen = aliased(Sitting), aliased(FrozenSitting)
    is_overtaken = (
        select(later.id)
        .join(later_frozen, later_frozen.sitting_id == later.id)
        .where(
            later.person_id == Sitting.person_id,
            later.skill == skill,
            later.language == language,
            later.state == State.COMPLETED,
            later.calibration_id.in_(calibrations),
            later_frozen.median.is_not(None),
            later.completed_at <= until,
            later.completed_at > Sitting.completed_at,
        )
        .exists()
    )
    query = (
        select(Sitting.person_id)
        .join(FrozenSitting, FrozenSitting.sitting_id == Sitting.id)
        .where(
            *_is_completed(skill, language, after=after, until=until),
            Sitting.calibration_id.in_(calibrations),
            FrozenSitting.median >= low,
            FrozenSitting.median < high,
            ~is_overtaken,
        )
        .order_by(Sitting.completed_at.desc(), Sitting.id)
        .limit(most)
    )
    return tuple(session.scalars(query))


def first_sittings_under(norm_id: UUID, *, most: int, session: Session) -> int:
    """How many first sittings with a score there are under a norm, counted up to `most`; of those a norm could take."""
    some = (
        select(Sitting.id)
        .join(FrozenSitting, FrozenSitting.sitting_id == Sitting.id)
        .where(*_is_first_under(norm_id))
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def first_scores_under(norm_id: UUID, *, session: Session) -> tuple[tuple[float, float], ...]:
    """Median and standard error of the composite of every person's first sitting of the skill, taken under a norm.

    Of those alone that a norm could take: what was annulled, looked odd or was found not sound speaks for nobody.
    """
    query = (
        select(FrozenSitting.median, FrozenSitting.standard_error)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .where(*_is_first_under(norm_id))
        .order_by(Sitting.completed_at, Sitting.id)
    )
    return tuple((median, error) for median, error in session.execute(query) if median is not None and error)


def first_readings_under(norm_id: UUID, *, session: Session) -> tuple[Reading, ...]:
    """What the same sittings say of both kinds, by the normal part of their prior."""
    query = (
        select(FrozenSitting.judgement_theta, FrozenSitting.self_report_theta, FrozenSitting.kinds_covariance)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .where(*_is_first_under(norm_id), FrozenSitting.kinds_covariance.is_not(None))
        .order_by(Sitting.completed_at, Sitting.id)
    )
    return tuple(
        Reading((judgement, self_report), covariance) for judgement, self_report, covariance in session.execute(query)
    )


def _is_completed(skill: str, language: str, *, after: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Sitting.skill == skill,
        Sitting.language == language,
        Sitting.state == State.COMPLETED,
        Sitting.completed_at > after,
        Sitting.completed_at <= until,
    )


def _is_first_under(norm_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Sitting.norm_id == norm_id,
        Sitting.first_of_skill.is_(True),
        FrozenSitting.median.is_not(None),
        *usable(),
    )
