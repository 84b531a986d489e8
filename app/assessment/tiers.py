"""Three tiers, from the shares of honest sittings that look as odd. Pure.

One index alone calls nobody. Answers all alike give two, fit and run, and no person looks; they stay out of norms.
Likeness to another sitting is apart: it calls a person to both and has no tier, for one of the two may be blameless.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from app.assessment.check_policy import CheckPolicy

FIT: Final = "fit"
RUN: Final = "run"
PACE: Final = "pace"
ALIKE: Final = "alike"
NOTHING_ODD, OUT_OF_NORMS, A_PERSON_LOOKS = 1, 2, 3


def tier_of(shares: Mapping[str, float], policy: CheckPolicy) -> tuple[int, list[str]]:
    """The tier and the indices that are flagged; the share allowed is divided among the indices there are."""
    each = policy.flagged_share / max(len(shares), 1)
    flags = sorted(name for name, share in shares.items() if share <= each)
    if len(flags) >= policy.flags_for_a_person:
        return A_PERSON_LOOKS, flags
    return (OUT_OF_NORMS if flags else NOTHING_ODD), flags
