"""Everything the result page says about one sitting, gathered from the contexts below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import corrections, pages
from app.assessment import queries as sittings
from app.assessment.facet_bands import FacetBand, facet_bands
from app.assessment.final_scores import FinalScore, final_score, was_close
from app.assessment.founding_progress import promise_to
from app.assessment.measured_range import is_below_range
from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.credentials.standing import Standing, standing
from app.foundation import drawings
from app.item_bank import queries as banks
from app.item_bank.development import Level, level_of
from app.norming import founders_compared
from app.norming import queries as norms
from app.results import facets
from app.results import queries as results
from app.reviews import queries as reviews

FACET_REACH = 3  # logits to either side: the range in which nearly everybody lies


@dataclass(frozen=True, slots=True)
class FormerResult:
    """An earlier sitting of the same skill, as it was reported then."""

    result: results.ResultView
    norm_label: str | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a sitting earned, and how it stands now."""

    credential: credentials.CredentialView
    standing: Standing


@dataclass(frozen=True, slots=True)
class Report:
    """One sitting's result; `result` is None while it is awaited, or where there is none."""

    sitting: sittings.SittingView
    skill: banks.SkillView
    score: FinalScore | None
    result: results.ResultView | None
    norm: norms.NormView | None
    decision: awards.DecisionView | None
    certificate: Certificate | None
    level: Level | None
    has_development: bool
    was_close: bool
    is_below_range: bool  # of what the bank measures well
    facet_plot: drawings.Bars | None
    profile: facets.Profile
    former: tuple[FormerResult, ...]
    retake_from_at: datetime | None
    case: reviews.CaseView | None
    may_ask_until_at: datetime | None
    answer_within_working_days: int  # of a person, where one has to look at it
    norm_came: bool  # for which the person was a founder
    undoable_until_at: datetime | None  # where the result is read without a faulty question, and that can be undone
    waits: bool  # the decision, until the people behind the norm are compared with those who sat under it

    @property
    def is_awaited(self) -> bool:
        """Whether a result is on its way."""
        return self.score is not None and self.score.has_result and self.result is None

    @property
    def is_being_decided(self) -> bool:
        """Whether a decision is on its way. On a sitting that counts for nothing none is made."""
        is_wanted = self.result is not None and self.decision is None and self.sitting.is_complete
        return is_wanted and not self.waits and self.undoable_until_at is None

    @property
    def former_ranks(self) -> tuple[float, ...]:
        """Percentile ranks of earlier sittings, for the ruler."""
        ranks = (earlier.result.percentile_rank for earlier in self.former)
        return tuple(rank for rank in ranks if rank is not None)


def report_of(sitting_id: UUID, person_id: UUID, language: str, *, session: Session, at: datetime) -> Report:
    """The report of the person's own sitting; anybody else's is not found."""
    sitting = sittings.sitting_of(sitting_id, person_id, session=session)
    result = results.result_of_sitting(sitting_id, session=session)
    score = final_score(sitting_id, session=session) if sitting.is_complete or result else None
    skill = banks.skill(sitting.skill, session=session)
    bands = facet_bands(sitting_id, session=session) if result else ()
    return Report(
        sitting=sitting,
        skill=skill,
        score=score,
        result=result,
        norm=norms.norm(result.norm_id, session=session) if result and result.norm_id else None,
        decision=awards.decision_on(result.id, session=session) if result else None,
        certificate=_certificate(sitting_id, person_id, language, session=session, at=at),
        level=level_of(result.theta) if result else None,
        has_development=bool(banks.development(sitting.skill, session=session)),
        was_close=was_close(sitting_id, session=session),
        is_below_range=result is not None and is_below_range(sitting_id, result.theta, session=session),
        facet_plot=_facet_plot(bands, skill, language),
        profile=facets.profile(bands),
        former=_former(result, session=session) if result else (),
        retake_from_at=pages.done_page(sitting_id, person_id, session=session, at=at).from_at,
        case=reviews.case_of_sitting(sitting_id, session=session, at=at),
        may_ask_until_at=reviews.may_ask_until(result.id, session=session, at=at) if result else None,
        answer_within_working_days=reviews.policy(session=session, at=at).answer_within_working_days,
        norm_came=_norm_came(person_id, sitting.skill, session=session),
        undoable_until_at=corrections.undoable_until(sitting_id, session=session, at=at),
        waits=_waits(result, sitting, session=session),
    )


def _certificate(
    sitting_id: UUID, person_id: UUID, language: str, *, session: Session, at: datetime
) -> Certificate | None:
    held = credentials.credentials_of(person_id, session=session)
    earned = next((one for one in held if one.sitting_id == sitting_id), None)
    return Certificate(earned, standing(earned, language, session=session, at=at)) if earned else None


def _norm_came(person_id: UUID, skill: str, *, session: Session) -> bool:
    """Whether the founder was told so; the page says nothing before the letter does."""
    promise = promise_to(person_id, skill, session=session)
    return promise is not None and promise.told_at is not None


def _waits(result: results.ResultView | None, sitting: sittings.SittingView, *, session: Session) -> bool:
    norm_id = result.norm_id if result else None
    return norm_id is not None and founders_compared.awards_wait(norm_id, session=session, at=sitting.started_at)


def _facet_plot(bands: Sequence[FacetBand], skill: banks.SkillView, language: str) -> drawings.Bars | None:
    rows = [(skill.facets[band.facet][language], band.low, band.theta, band.high) for band in bands]
    farthest = max((ceil(abs(end)) for band in bands for end in (band.low, band.high)), default=0)
    reach = float(max(FACET_REACH, farthest))
    return drawings.bars(rows, middle=0.0, scale=(-reach, reach)) if rows else None


def _former(result: results.ResultView, *, session: Session) -> tuple[FormerResult, ...]:
    taken = results.results_of(result.person_id, result.skill, session=session)
    earlier = [one for one in taken if one.reported_at < result.reported_at]
    return tuple(
        FormerResult(one, norms.norm(one.norm_id, session=session).label if one.norm_id else None) for one in earlier
    )
