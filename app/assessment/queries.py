"""Reading sittings: frozen values for results, norming, awarding and pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from app.assessment import corrections, rules
from app.assessment.checks import kept_out_of_norms
from app.assessment.course import own_sitting
from app.assessment.errors import NoScoreYet, SittingNotFound
from app.assessment.former_sittings import allowance, taken_before
from app.assessment.models import (
    FORGOTTEN,
    Edition,
    FoundingForm,
    FoundingPromise,
    FrozenSitting,
    Presentation,
    Sitting,
    State,
    Stop,
)
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.item_bank import queries as item_bank

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
    adjustments: tuple[str, ...]  # asked for by the candidate

    @property
    def is_open(self) -> bool:
        """Whether it takes responses."""
        return self.state == State.OPEN

    @property
    def is_complete(self) -> bool:
        """Whether a result comes of it."""
        return self.state == State.COMPLETED

    @property
    def is_annulled(self) -> bool:
        """Whether a person decided that it counts for nothing; a technical fault is told by its reason."""
        return self.state == State.VOID and self.stop_reason != Stop.TECHNICAL


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
    corrected_at: datetime | None = None  # where two people left out a faulty item afterwards

    @property
    def units(self) -> int:
        """Scored units of both kinds."""
        return self.statements + self.scenarios


@dataclass(frozen=True, slots=True)
class NormingRow:
    """One completed sitting as a norm sample reads it: code, kind and category of every unit shown, pilot ones too."""

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
        fewest_for_result=policies.pinned(SittingPolicy, row.policy_version, session=session).fewest_units_for_result,
        demo=row.demo,
        adjustments=tuple(row.adjustments or ()),
    )


def item_code_at(sitting_id: UUID, position: int, *, session: Session) -> str:
    """The code of the item shown at a position of a sitting."""
    shown = session.get(Presentation, (sitting_id, position))
    if shown is None:
        raise SittingNotFound(sitting_id)
    return shown.item_code


def shown_items(sitting_id: UUID, *, session: Session) -> tuple[str, ...]:
    """Codes of the items a sitting showed, in order."""
    query = select(Presentation.item_code).where(Presentation.sitting_id == sitting_id)
    return tuple(session.scalars(query.order_by(Presentation.position)))


def final_score(sitting_id: UUID, *, session: Session) -> FinalScore:
    """The numbers of a completed sitting: those frozen at its end, or those of the correction that stands.

    Raises
    ------
    SittingNotFound, NoScoreYet
    """
    score = frozen_score(sitting_id, session=session)
    correction = corrections.in_force(sitting_id, session=session)
    return score if correction is None else as_corrected(score, correction.figures, correction.corrected_at)


def frozen_score(sitting_id: UUID, *, session: Session) -> FinalScore:
    """The numbers frozen at the end of a completed sitting, whatever was corrected since.

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


def as_corrected(score: FinalScore, figures: Mapping[str, Any], at: datetime | None = None) -> FinalScore:
    """The same sitting with figures that were computed without some of its items."""
    known = {name: value for name, value in figures.items() if name in FinalScore.__dataclass_fields__}
    for name in ("median", "standard_error", "interval_low", "interval_high"):
        known[name] = _or_nan(known[name])
    return replace(score, **known, has_result=figures["median"] is not None, corrected_at=at)


def was_close(sitting_id: UUID, *, session: Session) -> bool:
    """Whether the sitting ended undecided by the policy of its start, on whichever side of the cut."""
    sitting, frozen = session.get(Sitting, sitting_id), session.get(FrozenSitting, sitting_id)
    if sitting is None or frozen is None:
        return False
    return rules.is_close(
        frozen.probability_above, policies.pinned(SittingPolicy, sitting.policy_version, session=session)
    )


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


def sitting_policy(*, session: Session, at: datetime) -> SittingPolicy:
    """The policy that a sitting begun at `at` is held to."""
    return policies.current(SittingPolicy, session=session, at=at)


def retake_of(
    person_id: UUID, edition: Edition, *, session: Session, at: datetime, policy: SittingPolicy
) -> rules.Retake:
    """Whether the person may begin another sitting under this edition at `at`."""
    if allowance(person_id, edition.skill, session=session) is not None:
        return rules.Retake()
    return rules.retake(taken_before(person_id, edition, session=session, at=at), at=at, policy=policy)


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A founder who waits for the norm of a skill in the language of their sitting."""

    person_id: UUID
    skill: str
    language: str
    told_at: datetime | None


def promise_to(person_id: UUID, skill: str, *, session: Session) -> PromiseView | None:
    """What this person was promised as a founder of the skill."""
    row = session.get(FoundingPromise, (person_id, skill))
    return PromiseView(row.person_id, row.skill, row.language, row.told_at) if row else None


def waiting_founders(*, session: Session) -> tuple[PromiseView, ...]:
    """Founders who were not told yet, the longest waiting first."""
    query = select(FoundingPromise).where(FoundingPromise.told_at.is_(None)).order_by(FoundingPromise.made_at)
    return tuple(PromiseView(row.person_id, row.skill, row.language, None) for row in session.scalars(query))


@dataclass(frozen=True, slots=True)
class FoundingProgress:
    """How far the founding sittings of a release are, in one language."""

    sittings: int  # completed
    founders: int  # people, each counted once
    responses: Mapping[str, int]  # usable, by code of every item of the release

    def items_with(self, least: int) -> int:
        """Items that have at least so many usable responses."""
        return sum(count >= least for count in self.responses.values())


def founding_progress(release_id: UUID, language: str, *, session: Session) -> FoundingProgress:
    """Usable responses (scored, so not those that did not arise) of completed founding sittings, by item."""
    counts = {item.code: 0 for item in item_bank.release_items(release_id, language, session=session)}
    query = (
        select(FrozenSitting.responses, Sitting.person_id)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .join(FoundingForm, FoundingForm.sitting_id == Sitting.id)
        .where(FoundingForm.release_id == release_id, FoundingForm.language == language, *_usable())
    )
    people, sittings = set(), 0
    for responses, person_id in session.execute(query):
        people.add(person_id)
        sittings += 1
        for code, _kind, category, _value, *role in json.loads(responses)["units"]:
            counts[code] += category is not None and not role
    return FoundingProgress(sittings, len(people), counts)


# a literal, not a parameter: a partial index serves only who can be seen to ask for its rows
_OPEN: ColumnElement[str] = literal_column(f"'{State.OPEN}'")


def open_sittings(*, session: Session) -> int:
    """How many sittings take responses at this moment."""
    return session.scalar(select(func.count()).where(Sitting.state == _OPEN)) or 0


def responses_for_norming(
    skill: str, language: str, *, after: datetime, until: datetime, session: Session
) -> Iterator[NormingRow]:
    """First sittings of a skill completed in (after, until], one row each; whether to use one is the caller's to ask.

    Those that looked odd are left out by rule, unless a person found them sound.

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
            *_usable(),
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


@dataclass(frozen=True, slots=True)
class ScoredSitting:
    """The certified score of a completed sitting, and the scale it is on."""

    person_id: UUID
    completed_at: datetime
    calibration_id: UUID | None
    median: float
    standard_error: float


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
        .where(
            Sitting.skill == skill,
            Sitting.language == language,
            Sitting.completed_at > after,
            Sitting.completed_at <= until,
        )
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
    calibration_id: UUID,
    scores: tuple[float, float],
    *,
    after: datetime,
    until: datetime,
    most: int,
    session: Session,
) -> tuple[UUID, ...]:
    """People whose latest score on a calibration, in (after, until], lies in [low, high): the latest `most` of them."""
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
            later.calibration_id == calibration_id,
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
            Sitting.skill == skill,
            Sitting.language == language,
            Sitting.completed_at > after,
            Sitting.completed_at <= until,
            Sitting.calibration_id == calibration_id,
            FrozenSitting.median >= low,
            FrozenSitting.median < high,
            ~is_overtaken,
        )
        .order_by(Sitting.completed_at.desc(), Sitting.id)
        .limit(most)
    )
    return tuple(session.scalars(query))


def first_sittings_under(norm_id: UUID, *, most: int, session: Session) -> int:
    """How many first sittings with a score there are under a norm, counted up to `most`."""
    some = (
        select(Sitting.id)
        .join(FrozenSitting, FrozenSitting.sitting_id == Sitting.id)
        .where(Sitting.norm_id == norm_id, Sitting.first_of_skill.is_(True), FrozenSitting.median.is_not(None))
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def first_scores_under(norm_id: UUID, *, session: Session) -> tuple[tuple[float, float], ...]:
    """Median and standard error of the composite of every person's first sitting of the skill, taken under a norm."""
    query = (
        select(FrozenSitting.median, FrozenSitting.standard_error)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .where(Sitting.norm_id == norm_id, Sitting.first_of_skill.is_(True), FrozenSitting.median.is_not(None))
        .order_by(Sitting.completed_at, Sitting.id)
    )
    return tuple((median, error) for median, error in session.execute(query) if median is not None and error)


def founding_responses(release_id: UUID, language: str, *, session: Session) -> tuple[NormingRow, ...]:
    """First founding sittings of a release, completed, one row each; whether to use one is the caller's to ask."""
    query = (
        select(FrozenSitting.responses, Sitting.id, Sitting.person_id, Sitting.release_id, Sitting.completed_at)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .join(FoundingForm, FoundingForm.sitting_id == Sitting.id)
        .where(
            FoundingForm.release_id == release_id,
            FoundingForm.language == language,
            Sitting.first_of_skill.is_(True),
            *_usable(),
        )
        .order_by(FoundingForm.number)
    )
    return tuple(_norming_row(*row) for row in session.execute(query))


def _usable() -> tuple[ColumnElement[bool], ...]:
    """What lets a frozen sitting count: completed and not annulled, its responses still held, its checks passed."""
    return (
        Sitting.state == State.COMPLETED,
        FrozenSitting.responses != FORGOTTEN,
        Sitting.id.not_in(kept_out_of_norms()),
    )


def _norming_row(
    responses: str, sitting_id: UUID, person_id: UUID, release_id: UUID, completed_at: datetime | None
) -> NormingRow:
    if completed_at is None:
        raise NoScoreYet(sitting_id)
    held = json.loads(responses)["units"]  # a fifth place marks a unit that does not count
    units = tuple((code, kind, category) for code, kind, category, _value, *role in held if not role)
    return NormingRow(sitting_id, person_id, release_id, completed_at, units)
