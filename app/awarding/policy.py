"""What a result must show to be awarded: policy data, with the shipped values of the founders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.foundation.policies import SHARE, Bounds


@dataclass(frozen=True, slots=True)
class AwardPolicy:
    """Gates of an award. A trial issuer may loosen them; then every credential is a specimen."""

    policy_name: ClassVar[str] = "award"
    tighter: ClassVar[Mapping[str, str]] = {
        "award_confidence": "higher",
        "fewest_units": "higher",
        "fewest_statements": "higher",
        "fewest_scenarios": "higher",
        "judgement_share": "higher",
        "largest_kind_difference": "lower",
        "usual_kind_difference": "lower",
        "must_be_balanced": "higher",
    }
    bounds: ClassVar[Mapping[str, Bounds]] = {"award_confidence": SHARE, "judgement_share": SHARE}
    award_confidence: float = 0.50  # P(composite >= cut), inclusive: keeps the share awarded near 10 %
    fewest_units: int = 12
    fewest_statements: int = 5
    fewest_scenarios: int = 5
    judgement_share: float = 0.50  # of the effective information: no award from self-report alone
    largest_kind_difference: float = 2.5  # standard errors of the difference: a smaller one may be an accident
    usual_kind_difference: float = 1.645  # by how unusual: one honest person in ten lies beyond, so 1 % above the line
    must_be_balanced: bool = True
    trial_issuer: bool = False
