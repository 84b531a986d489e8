"""When judges agree well enough to make a key: policy data, with the shipped values of the founders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.foundation.policies import SHARE, Bounds


@dataclass(frozen=True, slots=True)
class KeyingPolicy:
    """What a panel must show before its key takes the place of the author's."""

    policy_name: ClassVar[str] = "keying"
    tighter: ClassVar[Mapping[str, str]] = {
        "fewest_judges": "higher",
        "largest_spread": "lower",
        "least_order_stability": "higher",
        "least_share_on_ends": "higher",
        "fewest_scenarios": "higher",
        "link_days": "lower",
    }
    bounds: ClassVar[Mapping[str, Bounds]] = {
        "fewest_judges": (2, 1_000),  # one alone agrees with nobody
        "least_order_stability": SHARE,
        "least_share_on_ends": SHARE,
    }
    fewest_judges: int = 10  # signed keys, each by another person, none of them the author's
    largest_spread: float = 1.0  # standard deviation of the judges on the 6-point scale
    least_order_stability: float = 0.8  # mean rank correlation of option means between random halves of the panel
    least_share_on_ends: float = 2 / 3  # of the judges, who must agree on the best option and on the worst
    fewest_scenarios: int = 20  # agreed: as many as one sitting may show
    link_days: int = 30  # an invitation opens the keys for so long
