"""Pure decisions: does a result earn the achievement, and may it be a real one? On unrounded numbers only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.awarding.models import Outcome
from app.awarding.policy import AwardPolicy

KINDS_APART = "kinds-apart"  # why an award is held, and the whole reason where a person then refused it


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything an award decision may look at."""

    decision_confidence: float | None
    statements: int
    scenarios: int
    judgement_share: float
    kind_difference: float | None  # in standard errors
    kind_unusualness: float | None
    is_balanced: bool
    norm_may_certify: bool
    norm_reasons: tuple[str, ...]
    norm_of_trial: bool  # it passed its gates under bounds that only a trial issuer may set
    demo: bool
    provisional_key: bool

    @property
    def units(self) -> int:
        """Scored units of both kinds."""
        return self.statements + self.scenarios


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome with its reasons: of a refusal, of a hold, or of being a specimen."""

    outcome: Outcome
    reasons: tuple[str, ...] = ()
    specimen_reasons: tuple[str, ...] = ()

    @property
    def is_specimen(self) -> bool:
        """Whether what is awarded may only be shown as a specimen."""
        return bool(self.specimen_reasons)

    def as_recorded(self) -> dict[str, Any]:
        """What the audit record keeps: by its marks an award is held against it later."""
        marks = {"marks": list(self.specimen_reasons)} if self.outcome is Outcome.AWARDED else {}
        return {"outcome": self.outcome.value, "reasons": list(self.reasons), **marks}


def decide(evidence: Evidence, policy: AwardPolicy) -> Decision:
    """Refuse with every reason, hold where a person must look, or award."""
    refusals = refusal_reasons(evidence, policy)
    if refusals:
        return Decision(Outcome.NOT_AWARDED, refusals)
    if are_kinds_apart(evidence, policy):
        return Decision(Outcome.HELD, (KINDS_APART,))
    return Decision(Outcome.AWARDED, (), specimen_reasons(evidence, policy))


def is_refused_by_person(outcome: Outcome, reasons: Sequence[str]) -> bool:
    """Whether a person refused an award that was held. No rule refuses for this reason."""
    return outcome is Outcome.NOT_AWARDED and list(reasons) == [KINDS_APART]


def are_kinds_apart(evidence: Evidence, policy: AwardPolicy) -> bool:
    """Whether judgement and self-report differ by no accident, and by more than honest people's do."""
    if evidence.kind_difference is None or evidence.kind_unusualness is None:
        return False
    is_no_accident = abs(evidence.kind_difference) > policy.largest_kind_difference
    return is_no_accident and abs(evidence.kind_unusualness) > policy.usual_kind_difference


def refusal_reasons(evidence: Evidence, policy: AwardPolicy) -> tuple[str, ...]:
    """Every rule that stands against an award, in the order a person would ask about them."""
    confidence = evidence.decision_confidence
    checks = (
        ("below-the-cut", confidence is not None and confidence < policy.award_confidence),
        ("fewer-than-minimum-units", evidence.units < policy.fewest_units),
        ("fewer-than-minimum-statements", evidence.statements < policy.fewest_statements),
        ("self-report-only", evidence.scenarios == 0 and policy.judgement_share > 0),
        ("fewer-than-minimum-scenarios", evidence.scenarios < policy.fewest_scenarios),
        ("judgement-share", evidence.judgement_share < policy.judgement_share),
        ("content-unbalanced", policy.must_be_balanced and not evidence.is_balanced),
        ("no-norm", confidence is None),
    )
    own = tuple(reason for reason, stands in checks if stands)
    norm = () if evidence.norm_may_certify else tuple(f"norm-{reason}" for reason in evidence.norm_reasons)
    return own + norm


def specimen_reasons(evidence: Evidence, policy: AwardPolicy) -> tuple[str, ...]:
    """Why this can be no real credential: the marks that travel with the data."""
    marks = (
        ("demo-norm", evidence.demo),
        ("provisional-key", evidence.provisional_key),
        ("trial-issuer", policy.trial_issuer),
        ("trial-norm", evidence.norm_of_trial),
    )
    return tuple(reason for reason, stands in marks if stands)
