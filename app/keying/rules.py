"""Do the judges agree? Pure figures of one scenario, and every reason for which it goes back to its author.

A scenario is agreed when all of this holds:

- spread: every option's standard deviation over the judges is at most 1.0 on the 6-point scale;
- order: over random halves of the panel the option means rank alike (mean Spearman correlation at least .80);
- ends: two thirds of the judges put the panel's best option highest, and two thirds its worst lowest; a judge who
  rates two options alike at the top agrees with neither alone, and so counts for none;
- not flat: the rounded key tells at least one option from another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.keying.policy import KeyingPolicy

KEY_ROLES = ("norm_editor", "norm_approver")  # who decides about a key, and so makes none
LOWEST, HIGHEST = 1, 6
HALVES = 200  # random splits of the panel: the mean correlation then varies by less than .02
SEED = 20261128  # of the splits: the same ratings always give the same figures
FEWEST_FOR_HALVES = 4  # judges: two on each side
SPREAD, ORDER, BEST, WORST, FLAT = "spread", "order", "best", "worst", "flat"


@dataclass(frozen=True, slots=True)
class OptionFigures:
    """How the judges rate one option."""

    mean: float
    median: float
    spread: float | None  # standard deviation, n - 1; None for a single judge
    key: int  # the mean, rounded half up
    is_disputed: bool


@dataclass(frozen=True, slots=True)
class ScenarioFigures:
    """What the judges make of one scenario; `reasons` is empty where they agree."""

    judges: int
    options: tuple[OptionFigures, ...]
    order_stability: float | None  # None under four judges
    share_on_best: float
    share_on_worst: float
    reasons: tuple[str, ...]

    @property
    def is_agreed(self) -> bool:
        """Whether the panel's key of this scenario may be used."""
        return not self.reasons

    @property
    def key(self) -> tuple[int, ...]:
        """The panel's key, option by option."""
        return tuple(option.key for option in self.options)

    def as_json(self) -> dict[str, Any]:
        """The figures as they are kept with the evidence."""
        return asdict(self)


def figures(ratings: ArrayLike, policy: KeyingPolicy) -> ScenarioFigures:
    """Agreement of the judges on one scenario; `ratings` has shape (judges, options), 1 to 6, one judge or more."""
    given = np.asarray(ratings, dtype=float)
    means = given.mean(axis=0)
    spreads = given.std(axis=0, ddof=1) if len(given) > 1 else None
    options = tuple(_option(given[:, place], spreads, place, policy) for place in range(given.shape[1]))
    stability = order_stability(given)
    best, worst = _share_alone_at(given, int(means.argmax())), _share_alone_at(-given, int(means.argmin()))
    checks = (
        (SPREAD, any(option.is_disputed for option in options)),
        (ORDER, stability is not None and stability < policy.least_order_stability),
        (BEST, best < policy.least_share_on_ends),
        (WORST, worst < policy.least_share_on_ends),
        (FLAT, len({option.key for option in options}) == 1),
    )
    reasons = tuple(reason for reason, stands in checks if stands)
    return ScenarioFigures(len(given), options, stability, best, worst, reasons)


def _option(
    ratings: NDArray[np.float64], spreads: NDArray[np.float64] | None, place: int, policy: KeyingPolicy
) -> OptionFigures:
    mean = float(ratings.mean())
    spread = None if spreads is None else float(spreads[place])
    disputed = spread is not None and spread > policy.largest_spread
    return OptionFigures(mean, float(np.median(ratings)), spread, int(np.floor(mean + 0.5)), disputed)


def _share_alone_at(ratings: NDArray[np.float64], place: int) -> float:
    """Share of judges for whom this option alone is the highest."""
    others = np.delete(ratings, place, axis=1).max(axis=1)
    return float((ratings[:, place] > others).mean())


def order_stability(ratings: NDArray[np.float64]) -> float | None:
    """Mean Spearman correlation of the option means of two random halves; None with too few judges to halve."""
    judges = len(ratings)
    if judges < FEWEST_FOR_HALVES:
        return None
    rng = np.random.default_rng(SEED)
    shuffled = rng.permuted(np.tile(np.arange(judges), (HALVES, 1)), axis=1)
    one, other = shuffled[:, : judges // 2], shuffled[:, judges // 2 :]
    ranks = [_ranks(ratings[half].mean(axis=1)) for half in (one, other)]
    centred = [rank - rank.mean(axis=1, keepdims=True) for rank in ranks]
    scale = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    together = (centred[0] * centred[1]).sum(axis=1)
    return float(np.divide(together, scale, out=np.zeros(HALVES), where=scale > 0).mean())


def _ranks(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mid-ranks along the options, shape (splits, options)."""
    below = (means[:, None, :] < means[:, :, None]).sum(axis=2)
    alike = (means[:, None, :] == means[:, :, None]).sum(axis=2)
    return np.asarray(below + (alike - 1) / 2, dtype=float)


def obstacles(scenarios: Mapping[str, ScenarioFigures], *, signed: int, policy: KeyingPolicy) -> tuple[str, ...]:
    """What still stands between the panel and its key; empty when it may be released."""
    agreed = sum(found.is_agreed for found in scenarios.values())
    checks = (
        ("too-few-judges", signed < policy.fewest_judges),
        ("too-few-scenarios", agreed < policy.fewest_scenarios),
    )
    return tuple(reason for reason, stands in checks if stands)
