"""Reading awards and decisions: what the credential prints, and what the candidate is told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.assessment.final_scores import FinalScore, corrected_scores, final_score, frozen_score
from app.awarding import rules
from app.awarding.errors import AwardNotFound
from app.awarding.models import SETTLED, Award, AwardDecision, Outcome
from app.awarding.policy import AwardPolicy
from app.foundation import policies
from app.foundation.audit import AuditEntry
from app.item_bank import queries as banks
from app.norming import queries as norms
from app.results import queries as results

OUTCOMES = tuple(Outcome)
BAND_PERCENT = 90  # one meaning of "band", everywhere


@dataclass(frozen=True, slots=True)
class AwardView:
    """Everything a credential states about an award, unrounded."""

    id: UUID
    sitting_id: UUID
    result_id: UUID
    person_id: UUID
    decided_at: datetime
    is_specimen: bool
    specimen_reasons: tuple[str, ...]
    is_withdrawn: bool
    skill_slug: str
    skill_names: Mapping[str, str]
    skill_definitions: Mapping[str, str]
    facets: Mapping[str, tuple[str, ...]]
    esco_uri: str | None
    esco_name: str | None
    percentile_rank: float
    band_low: float
    band_high: float
    band_percent: int
    decision_confidence: float
    statements: int
    scenarios: int
    mode: str
    norm_id: UUID
    norm_label: str
    norm_population: Mapping[str, str]
    norm_n: int
    norm_window_start_on: date | None
    norm_window_end_on: date | None
    cut: float
    cut_standard_error: float
    cut_percentile: float


@dataclass(frozen=True, slots=True)
class DecisionView:
    """What was decided about a result and why."""

    result_id: UUID
    outcome: Outcome
    reasons: tuple[str, ...]
    specimen_reasons: tuple[str, ...]
    decided_at: datetime
    policy: AwardPolicy  # under which it was decided

    @property
    def is_awarded(self) -> bool:
        """Whether the result earned its certificate."""
        return self.outcome is Outcome.AWARDED

    @property
    def is_refused(self) -> bool:
        """Whether it earned none."""
        return self.outcome is Outcome.NOT_AWARDED

    @property
    def is_refused_by_person(self) -> bool:
        """Whether a person refused what the rule had held."""
        return rules.is_refused_by_person(self.outcome, self.reasons)

    @property
    def is_specimen(self) -> bool:
        """Whether an award was made that can only be a specimen."""
        return bool(self.specimen_reasons)


def decision_on(result_id: UUID, *, session: Session) -> DecisionView | None:
    """The decision on a result, or None while it is on its way."""
    row = session.scalar(select(AwardDecision).where(AwardDecision.result_id == result_id))
    if row is None:
        return None
    marks = session.scalar(select(Award.specimen_reasons).where(Award.result_id == result_id).limit(1))
    policy = policies.pinned(AwardPolicy, row.policy_version, session=session)
    return DecisionView(result_id, row.outcome, tuple(row.reasons), tuple(marks or ()), row.decided_at, policy)


def standing_award(result_id: UUID, *, session: Session) -> UUID | None:
    """The id of the one award of a result that is not withdrawn."""
    return session.scalar(select(Award.id).where(Award.result_id == result_id, Award.withdrawn_at.is_(None)))


def standing_awards(among: Select[UUID], *, most: int, session: Session) -> tuple[int, tuple[tuple[UUID, UUID], ...]]:
    """How many awards of these results are not withdrawn, and the latest of them, each as result and award."""
    stands = (Award.result_id.in_(among), Award.withdrawn_at.is_(None))
    count = session.scalar(select(func.count()).select_from(Award).where(*stands)) or 0
    query = select(Award.result_id, Award.id).where(*stands).order_by(Award.decided_at.desc(), Award.id).limit(most)
    return count, tuple((result_id, award_id) for result_id, award_id in session.execute(query))


def is_held(result_id: UUID, *, session: Session) -> bool:
    """Whether the decision waits for a person."""
    decision = decision_on(result_id, session=session)
    return decision is not None and decision.outcome is Outcome.HELD


def settlements(result_ids: Collection[UUID], *, session: Session) -> dict[UUID, datetime]:
    """When a person last settled what had been held of these results. No later correction of a result hides it."""
    query = select(AuditEntry.subject, func.max(AuditEntry.at)).where(
        AuditEntry.kind == SETTLED, AuditEntry.subject.in_([str(one) for one in result_ids])
    )
    return {UUID(subject): at for subject, at in session.execute(query.group_by(AuditEntry.subject))}


def held_results(*, session: Session) -> tuple[UUID, ...]:
    """Ids of the results whose decision waits for a person, the oldest first."""
    query = select(AwardDecision.result_id).where(AwardDecision.outcome == Outcome.HELD)
    return tuple(session.scalars(query.order_by(AwardDecision.decided_at)))


def award_policy(*, session: Session, at: datetime) -> AwardPolicy:
    """The rule in force at `at`."""
    return policies.current(AwardPolicy, session=session, at=at)


def award(award_id: UUID, *, session: Session) -> AwardView:
    """The award with all that its credential prints.

    Raises
    ------
    AwardNotFound
    """
    row = _row(award_id, session=session)
    result = results.result(row.result_id, session=session)
    return _view(row, result, final_score(result.sitting_id, session=session), session=session)


def award_as_earned(award_id: UUID, *, session: Session) -> AwardView:
    """The award with the figures it rests on: the last reading above the line when it was first made.

    What was corrected since changes nothing of what was earned, nor does a move to another account.

    Raises
    ------
    AwardNotFound
    """
    row = _row(award_id, session=session)
    first = select(func.min(Award.decided_at)).where(Award.result_id == row.result_id)
    made_at = session.scalars(first).one()
    readings = _readings(row, session=session)
    line = award_policy(session=session, at=readings[0][1].started_at).award_confidence
    earned = [one for one in readings if _is_above(one[0], line) and (one[0].corrected_at or made_at) <= made_at]
    return _view(row, *(earned or readings)[-1], session=session)


def stands(award: AwardView, *, session: Session) -> bool:
    """Whether it is still there for its person, not withdrawn; who would change that waits for this transaction."""
    query = select(Award.id).where(
        Award.id == award.id, Award.person_id == award.person_id, Award.withdrawn_at.is_(None)
    )
    return session.scalar(query.with_for_update(read=True)) is not None


def award_over_time(award_id: UUID, *, session: Session) -> tuple[AwardView, ...]:
    """The award with the figures that were reported, then with those of each correction that stands.

    Raises
    ------
    AwardNotFound
    """
    row = _row(award_id, session=session)
    return tuple(_view(row, *reading, session=session) for reading in _readings(row, session=session))


def _readings(row: Award, *, session: Session) -> tuple[tuple[results.ResultView, FinalScore], ...]:
    found = results.over_time(row.result_id, session=session)
    if not found:
        raise AwardNotFound(row.id)
    sitting_id = found[0].sitting_id
    scores = frozen_score(sitting_id, session=session), *corrected_scores(sitting_id, session=session)
    return tuple(zip(found, scores, strict=True))


def _is_above(result: results.ResultView, line: float) -> bool:
    return result.decision_confidence is not None and result.decision_confidence >= line


def _row(award_id: UUID, *, session: Session) -> Award:
    row = session.get(Award, award_id)
    if row is None:
        raise AwardNotFound(award_id)
    return row


def _view(row: Award, result: results.ResultView, score: FinalScore, *, session: Session) -> AwardView:
    if result.norm_id is None or result.percentile_rank is None:
        raise AwardNotFound(row.id)  # an award without a norm was never made by decide_award
    norm = norms.norm(result.norm_id, session=session)
    skill = banks.skill(row.skill, session=session)
    return AwardView(
        id=row.id,
        sitting_id=result.sitting_id,
        result_id=result.id,
        person_id=row.person_id,
        decided_at=row.decided_at,
        is_specimen=row.is_specimen,
        specimen_reasons=tuple(row.specimen_reasons),
        is_withdrawn=row.withdrawn_at is not None,
        skill_slug=skill.slug,
        skill_names=skill.names,
        skill_definitions=skill.definitions,
        facets=skill.facet_names,
        esco_uri=skill.esco_uri,
        esco_name=skill.esco_name,
        percentile_rank=result.percentile_rank,
        band_low=result.band_low or 0.0,
        band_high=result.band_high or 100.0,
        band_percent=BAND_PERCENT,
        decision_confidence=result.decision_confidence or 0.0,
        statements=score.statements,
        scenarios=score.scenarios,
        mode=score.mode,
        norm_id=norm.id,
        norm_label=norm.label,
        norm_population=norm.population,
        norm_n=norm.n,
        norm_window_start_on=norm.window_start_on,
        norm_window_end_on=norm.window_end_on,
        cut=norm.cut,
        cut_standard_error=norm.cut_standard_error,
        cut_percentile=norm.cut_percentile,
    )
