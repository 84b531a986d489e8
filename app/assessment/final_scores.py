"""What a completed sitting says, with the pins it says it under: for results, awards and reviews."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import corrections, rules
from app.assessment.errors import NoScoreYet, SittingNotFound
from app.assessment.models import FrozenSitting, Sitting
from app.assessment.pinned_norm import kinds_correlation
from app.assessment.policy import SittingPolicy
from app.foundation import policies
from scoring.composite import kinds_apart


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
    kinds_covariance: Sequence[Sequence[float]] | None  # of both thetas, judgement first
    kinds_correlation: float  # in the norm group
    kind_difference: float | None  # judgement less self-report, in standard errors of the difference
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

    @property
    def kind_unusualness(self) -> float | None:
        """The same by how unusual it is in the norm group; None without both kinds."""
        if self.judgement_theta is None or self.self_report_theta is None or self.kinds_covariance is None:
            return None
        if not (self.statements and self.scenarios):
            return None
        return kinds_apart(
            (self.judgement_theta, self.self_report_theta), self.kinds_covariance, self.kinds_correlation
        )


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
    policy = policies.pinned(SittingPolicy, sitting.policy_version, session=session)
    return _score(sitting, frozen, sitting.completed_at, sitting.stop_reason, policy)


def corrected_scores(sitting_id: UUID, *, session: Session) -> tuple[FinalScore, ...]:
    """The numbers of each correction that stands, the first one first; most sittings have none."""
    found = corrections.standing(sitting_id, session=session)
    if not found:
        return ()
    score = frozen_score(sitting_id, session=session)
    return tuple(as_corrected(score, one.figures, one.corrected_at) for one in found)


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


def _score(
    sitting: Sitting, frozen: FrozenSitting, completed_at: datetime, stop_reason: str, policy: SittingPolicy
) -> FinalScore:
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
        kinds_covariance=frozen.kinds_covariance,
        kinds_correlation=kinds_correlation(sitting, policy),
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
