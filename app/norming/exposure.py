"""How often each item may be eligible, so that none is shown in more sittings than the policy's cap.

Found at calibration by simulated sittings under the very rules of real ones, from a fixed seed, and handed on with the
norm: a sitting draws what it rests at its start, and nobody's sitting depends on what others were shown meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np

from app.assessment.policy import SittingPolicy
from scoring.composite import Composite
from scoring.items import ItemParameters
from scoring.simulation import simulate_kinds
from scoring.sitting_simulation import STAY_ELIGIBLE, SittingRules, settled_eligibility, simulate_sittings

SEED = 20_261_128
CUT_SHARE = 0.9  # of the composite's distribution below the cut: near enough where it will be
Kinds = tuple[tuple[str, ...], ItemParameters]


def can_hold(scenarios: int, statements: int, policy: SittingPolicy) -> bool:
    """Whether a bank of this size leaves sittings their fewest units when no item is shown more often than aimed at."""
    aim = policy.exposure_aim
    return (
        scenarios * aim >= policy.fewest_scenarios
        and statements * aim >= policy.fewest_statements
        and (scenarios + statements) * aim >= policy.fewest_units
    )


def exposure_of(
    judgement: Kinds,
    self_report: Kinds,
    facets: Mapping[str, str],
    *,
    stray_shares: tuple[float, float],
    policy: SittingPolicy,
    sittings: int,
) -> dict[str, Any] | None:
    """Chances by item code, with the greatest exposure they were seen to give and what it is without any control.

    None for a bank too small to hold the cap: its sittings would lack items, so nothing is rested.
    """
    codes = (*judgement[0], *self_report[0])
    if not can_hold(len(judgement[0]), len(self_report[0]), policy):
        return None
    names = sorted({facets[code] for code in codes})
    numbers = np.array([names.index(facets[code]) for code in codes])
    composite = Composite(policy.composite_weights, policy.kinds_correlation)
    rng = np.random.default_rng(SEED)
    rules = _rules(policy, stray_shares, early=policy.early_choose_among)
    shared: dict[str, Any] = {"facets": numbers, "composite": composite, "rng": rng}
    people = simulate_kinds(sittings, policy.kinds_correlation, rng)
    chances = settled_eligibility(
        people, judgement[1], self_report[1], rules=rules, goal=policy.exposure_aim, **shared
    )  # fmt: skip
    others = simulate_kinds(sittings, policy.kinds_correlation, rng)
    held = simulate_sittings(others, judgement[1], self_report[1], rules=rules, eligibility=chances, **shared)
    free = _rules(policy, stray_shares, early=None)
    worn = simulate_sittings(others, judgement[1], self_report[1], rules=free, **shared)
    return {
        "cap": policy.exposure_cap,
        "aim": policy.exposure_aim,
        "early_among": policy.early_choose_among,
        "stay_eligible": STAY_ELIGIBLE,
        "seed": SEED,
        "sittings": sittings,
        "greatest": float(held.exposure(len(codes)).max()),
        "greatest_without": float(worn.exposure(len(codes)).max()),
        "probabilities": {code: float(chance) for code, chance in zip(codes, chances, strict=True)},
    }


def _rules(policy: SittingPolicy, stray_shares: tuple[float, float], *, early: int | None) -> SittingRules:
    return SittingRules(
        cut=NormalDist().inv_cdf(CUT_SHARE),
        **policy.stopping_limits(),
        facet_share=policy.fewest_facet_share,
        most_scenarios=policy.most_scenarios,
        best=policy.choose_among,
        early_best=early,
        stray_shares=stray_shares,
    )
