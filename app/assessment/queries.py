"""Reading sittings: frozen values for results, norming, awarding and pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session

from app.assessment import rules
from app.assessment.course import own_sitting, pinned_policy
from app.assessment.errors import NoScoreYet, SittingNotFound
from app.assessment.models import FORGOTTEN, Edition, FrozenSitting, Presentation, Sitting, State
from app.assessment.policy import SittingPolicy

BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class SittingView:
    """A sitting as its candidate and the contexts above may see it."""

    id: UUID
    person_id: UUID
    skill: str
    language: str
    state: str
    started_at: datetime
    resumable_until: datetime
    ended_at: datetime | None
    stop_reason: str | None
    norm_id: UUID | None
    fewest_for_result: int  # scored units, by the policy of the start
    demo: bool  # compared with simulated people

    @property
    def is_open(self) -> bool:
        """Whether it takes responses."""
        return self.state == State.OPEN

    @property
    def is_complete(self) -> bool:
        """Whether a result comes of it."""
        return self.state == State.COMPLETED


@dataclass(frozen=True, slots=True)
class FinalScore:
    """Everything a completed sitting says, unrounded, with the pins it says it under.

    `median` and the interval are of the composite with the cut's uncertainty mixed in, so that the median lies at
    or above the cut exactly when `probability_above` is one half or more.
    """

    sitting_id: UUID
    person_id: UUID
    skill: str
    language: str
    started_at: datetime
    completed_at: datetime
    stop_reason: str
    mode: str
    first_of_skill: bool
    release_id: UUID
    calibration_id: UUID | None
    norm_id: UUID | None
    cut: float | None
    cut_standard_error: float | None
    may_certify: bool
    demo: bool
    provisional_key: bool
    responses_sha256: str
    statements: int
    scenarios: int
    facet_counts: Mapping[str, int]
    is_balanced: bool
    judgement_theta: float | None
    judgement_standard_error: float | None
    self_report_theta: float | None
    self_report_standard_error: float | None
    kind_difference: float | None
    judgement_share: float
    median: float
    standard_error: float
    interval_low: float
    interval_high: float
    probability_above: float | None
    has_result: bool

    @property
    def units(self) -> int:
        """Scored units of both kinds."""
        return self.statements + self.scenarios


@dataclass(frozen=True, slots=True)
class NormingRow:
    """One completed sitting as a norm sample reads it: code, kind and category of every unit shown."""

    sitting_id: UUID
    person_id: UUID
    release_id: UUID
    completed_at: datetime
    units: tuple[tuple[str, str, int | None], ...]


def latest_edition(skill: str, language: str, *, session: Session) -> Edition | None:
    """What a sitting that starts now is pinned to."""
    query = select(Edition).where(Edition.skill == skill, Edition.language == language)
    return session.scalar(query.order_by(Edition.id.desc()).limit(1))


def open_skills(language: str, *, session: Session) -> frozenset[str]:
    """Skills that can be taken in a language."""
    return frozenset(session.scalars(select(Edition.skill).where(Edition.language == language).distinct()))


def demo_skills(language: str, *, session: Session) -> frozenset[str]:
    """Skills in which a sitting that starts now is compared with simulated people."""
    return frozenset(
        skill
        for skill in open_skills(language, session=session)
        if (edition := latest_edition(skill, language, session=session)) is not None and edition.demo
    )


def sitting_of(sitting_id: UUID, person_id: UUID | None, *, session: Session) -> SittingView:
    """The person's own sitting; anybody else's is not found."""
    return view_of(own_sitting(sitting_id, person_id, session=session), session=session)


def sittings_of(person_id: UUID, *, session: Session) -> tuple[SittingView, ...]:
    """A person's sittings, newest first."""
    query = select(Sitting).where(Sitting.person_id == person_id).order_by(Sitting.started_at.desc())
    return tuple(view_of(row, session=session) for row in session.scalars(query).all())


def view_of(row: Sitting, *, session: Session) -> SittingView:
    """The sitting as others may see it."""
    return SittingView(
        id=row.id,
        person_id=row.person_id,
        skill=row.skill,
        language=row.language,
        state=row.state,
        started_at=row.started_at,
        resumable_until=row.resumable_until,
        ended_at=row.completed_at,
        stop_reason=row.stop_reason,
        norm_id=row.norm_id,
        fewest_for_result=pinned_policy(row.policy_version, session=session).fewest_units_for_result,
        demo=row.demo,
    )


def item_code_at(sitting_id: UUID, position: int, *, session: Session) -> str:
    """The code of the item shown at a position of a sitting."""
    shown = session.get(Presentation, (sitting_id, position))
    if shown is None:
        raise SittingNotFound(sitting_id)
    return shown.item_code


def final_score(sitting_id: UUID, *, session: Session) -> FinalScore:
    """The frozen numbers of a completed sitting.

    Raises
    ------
    SittingNotFound, NoScoreYet
    """
    sitting, frozen = session.get(Sitting, sitting_id), session.get(FrozenSitting, sitting_id)
    if sitting is None:
        raise SittingNotFound(sitting_id)
    if frozen is None or sitting.completed_at is None or sitting.stop_reason is None:
        raise NoScoreYet(sitting_id)
    return _score(sitting, frozen, sitting.completed_at, sitting.stop_reason)


def _score(sitting: Sitting, frozen: FrozenSitting, completed_at: datetime, stop_reason: str) -> FinalScore:
    return FinalScore(
        sitting_id=sitting.id,
        person_id=sitting.person_id,
        skill=sitting.skill,
        language=sitting.language,
        started_at=sitting.started_at,
        completed_at=completed_at,
        stop_reason=stop_reason,
        mode=sitting.mode,
        first_of_skill=sitting.first_of_skill,
        release_id=sitting.release_id,
        calibration_id=sitting.calibration_id,
        norm_id=sitting.norm_id,
        cut=sitting.cut,
        cut_standard_error=sitting.cut_standard_error,
        may_certify=sitting.may_certify,
        demo=sitting.demo,
        provisional_key=sitting.provisional_key,
        responses_sha256=frozen.sha256,
        statements=frozen.statements,
        scenarios=frozen.scenarios,
        facet_counts=frozen.facet_counts,
        is_balanced=frozen.is_balanced,
        judgement_theta=frozen.judgement_theta,
        judgement_standard_error=frozen.judgement_standard_error,
        self_report_theta=frozen.self_report_theta,
        self_report_standard_error=frozen.self_report_standard_error,
        kind_difference=frozen.kind_difference,
        judgement_share=frozen.judgement_share,
        median=_or_nan(frozen.median),
        standard_error=_or_nan(frozen.standard_error),
        interval_low=_or_nan(frozen.interval_low),
        interval_high=_or_nan(frozen.interval_high),
        probability_above=frozen.probability_above,
        has_result=frozen.median is not None,
    )


def _or_nan(value: float | None) -> float:
    """Without a calibration there is no theta; `has_result` says so, and nobody reads these then."""
    return float("nan") if value is None else value


def retake_of(
    person_id: UUID, edition: Edition, *, session: Session, at: datetime, policy: SittingPolicy
) -> rules.Retake:
    """Whether the person may begin another sitting under this edition at `at`.

    Founding sittings count against founding sittings alone: who helped to build the norm has one outside the limit
    as soon as it exists.
    """
    query = select(Sitting).where(Sitting.person_id == person_id, Sitting.skill == edition.skill)
    taken = [
        rules.Taken(row.started_at, row.completed_at or row.resumable_until)
        for row in session.scalars(query)
        if row.counts_as_taken
        and not row.may_be_resumed(at=at)
        and (row.norm_id is not None or edition.norm_id is None)
    ]
    return rules.retake(taken, at=at, policy=policy)


# a literal, not a parameter: a partial index serves only who can be seen to ask for its rows
_OPEN: ColumnElement[str] = literal_column(f"'{State.OPEN}'")


def open_sittings(*, session: Session) -> int:
    """How many sittings take responses at this moment."""
    return session.scalar(select(func.count()).where(Sitting.state == _OPEN)) or 0


def responses_for_norming(
    skill: str, language: str, *, after: datetime, until: datetime, session: Session
) -> Iterator[NormingRow]:
    """First sittings of a skill completed in (after, until], one row each; whether to use one is the caller's to ask.

    Read in batches, each a statement of its own, so that memory stays flat and no cursor is held open.
    """
    first = (
        select(FrozenSitting.responses, Sitting.id, Sitting.person_id, Sitting.release_id, Sitting.completed_at)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .where(
            Sitting.skill == skill,
            Sitting.language == language,
            Sitting.completed_at > after,
            Sitting.completed_at <= until,
            Sitting.first_of_skill.is_(True),
            FrozenSitting.responses != FORGOTTEN,
        )
        .order_by(Sitting.completed_at, Sitting.id)
        .limit(BATCH_ROWS)
    )
    query = first
    while rows := session.execute(query).all():
        yield from (_norming_row(*row) for row in rows)
        at, last_id = rows[-1].completed_at, rows[-1].id
        is_later = or_(Sitting.completed_at > at, and_(Sitting.completed_at == at, Sitting.id > last_id))
        query = first.where(is_later)


def _norming_row(
    responses: str, sitting_id: UUID, person_id: UUID, release_id: UUID, completed_at: datetime | None
) -> NormingRow:
    if completed_at is None:
        raise NoScoreYet(sitting_id)
    units = tuple((code, kind, category) for code, kind, category, _ in json.loads(responses)["units"])
    return NormingRow(sitting_id, person_id, release_id, completed_at, units)
