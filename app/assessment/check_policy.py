"""When a sitting's answers are called odd, and what follows: policy data, with the shipped values of the founders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from app.foundation.policies import SHARE, Bounds


@dataclass(frozen=True, slots=True)
class CheckPolicy:
    """Shares are of honest sittings that look at least as odd, divided among the indices that could be computed."""

    policy_name: ClassVar[str] = "checks"
    tighter: ClassVar[Mapping[str, str]] = {}
    bounds: ClassVar[Mapping[str, Bounds]] = {"flagged_share": SHARE, "alike_share": SHARE, "draws": (1, 100_000)}
    flagged_share: float = 0.01  # of honest sittings: an index below its part of it is flagged
    alike_share: float = (
        0.001  # of honest sittings, all comparisons together: a person looks at both sittings of a pair
    )
    flags_for_a_person: int = 3  # one index never does it: answers all alike give two
    draws: int = 1999  # simulated honest sittings behind each small share; a common one rests on the first 199
    compared_sittings: int = 500  # of the same bank, the latest; more would make chance look like copying
    fewest_paced: int = 200  # sittings whose times are known, before anybody's pace is judged
