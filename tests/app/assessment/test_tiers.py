"""Three tiers from the shares of honest sittings that look as odd; bounds are inclusive and one index calls nobody."""

from __future__ import annotations

import pytest

from app.assessment.check_policy import CheckPolicy
from app.assessment.tiers import A_PERSON_LOOKS, FIT, NOTHING_ODD, OUT_OF_NORMS, PACE, RUN, tier_of

POLICY = CheckPolicy()


@pytest.mark.parametrize(
    ("shares", "tier"),
    [
        ({FIT: 0.5, RUN: 0.5}, NOTHING_ODD),
        ({FIT: 0.005, RUN: 0.5}, OUT_OF_NORMS),
        ({FIT: 0.0051, RUN: 0.5}, NOTHING_ODD),
        ({FIT: 0.0001, RUN: 0.0001}, OUT_OF_NORMS),
        ({FIT: 0.003, RUN: 0.003, PACE: 0.003}, A_PERSON_LOOKS),
    ],
)
def test_the_tiers_follow_the_shares_inclusively(shares: dict[str, float], tier: int) -> None:
    assert tier_of(shares, POLICY)[0] == tier
