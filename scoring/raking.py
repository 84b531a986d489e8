"""Weights that make a sample agree with published margins, without forgetting the weights it came with.

Each person's weight is the design weight times one factor for each stratum; people alike in every stratum keep the
proportions that the design gave them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import EmptyNormSample, ScoringError

MOST_ROUNDS = 1_000
TOLERANCE = 1e-12  # greatest difference of a weighted share from its target
FARTHEST = 30.0  # of a factor's logarithm: margins that contradict each other drive factors to 0 and infinity
ALMOST_ONE = 1e-6  # published shares are rounded: a sum this near to one is one

Stratum = str | int


@dataclass(frozen=True, slots=True, eq=False)
class Raking:
    """Raked weights of N persons.

    Attributes
    ----------
    weights : ndarray, shape (N,)
        Design weight × one factor for each margin; their sum is that of the design weights.
    factors : mapping of margin to mapping of stratum to factor
        weights = design weights × the product of a person's factors, exactly. People of unknown stratum have the
        factor of None.
    converged : bool
        Whether every weighted share is within 1e-12 of its target.
    rounds : int
    design_effect : float
        n Σw² / (Σw)² (Kish): how many times larger a sample must be for the same standard error; multiply the
        standard error of a cut by its square root.
    unknown : mapping of margin to number of people without a stratum.
    notes : why it did not converge, or nothing.
    """

    weights: NDArray[np.float64]
    factors: dict[str, dict[Stratum | None, float]]
    converged: bool
    rounds: int
    design_effect: float
    unknown: dict[str, int]
    notes: tuple[str, ...]


def rake(
    strata: Mapping[str, Sequence[Stratum | None]],
    targets: Mapping[str, Mapping[Stratum, float]],
    design_weights: ArrayLike | None = None,
) -> Raking:
    """Rake design weights to published margins.

    Parameters
    ----------
    strata : mapping of margin to N strata
        For example {"sex": [1, 2, …], "region": […]}; None is unknown.
    targets : mapping of margin to mapping of stratum to share
        Shares of each margin above 0, summing to 1: of the people whose stratum is known. People of unknown stratum
        are raked as a stratum of their own, to the share of the whole that the design weights give them; if other
        margins forbid that (all of them live where few may count), raking does not converge.
    design_weights : array-like, shape (N,), optional
        Above 0, with any sum; 1 by default.

    Returns
    -------
    Raking

    Raises
    ------
    EmptyNormSample
        Nobody.
    ScoringError
        Margins without targets or the reverse, shares that do not sum to 1, a stratum with nobody in it (merge it with
        a neighbour), people of a stratum without a target, weights not above 0.

    References
    ----------
    Deming & Stephan (1940); Deville & Särndal (1992), with the multiplicative distance; Kish (1965).
    """
    weights = _design_weights(design_weights, {len(values) for values in strata.values()})
    margins = _margins(strata, targets, weights)
    factors = [np.ones(len(margin.levels)) for margin in margins]
    rounds, converged = 0, False
    while rounds < MOST_ROUNDS and not converged:
        rounds += 1
        former = list(factors)
        for k, margin in enumerate(margins):
            factors[k] = factors[k] * margin.shares / margin.weighted_shares(_weighted(weights, margins, factors))
        if max(abs(np.log(factor)).max() for factor in factors) > FARTHEST:
            factors = former
            break
        raked = _weighted(weights, margins, factors)
        converged = all(np.abs(m.weighted_shares(raked) - m.shares).max() <= TOLERANCE for m in margins)
    raked = _weighted(weights, margins, factors)
    return Raking(
        weights=raked,
        factors={
            m.name: dict(zip(m.levels, factor.tolist(), strict=True))
            for m, factor in zip(margins, factors, strict=True)
        },
        converged=converged,
        rounds=rounds,
        design_effect=float(raked.size * (raked @ raked) / raked.sum() ** 2),
        unknown={name: sum(value is None for value in strata[name]) for name in targets},
        notes=() if converged else (f"The margins contradict each other in this sample after {rounds} rounds.",),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Margin:
    name: str
    levels: tuple[Stratum | None, ...]
    shares: NDArray[np.float64]
    place: NDArray[np.int64]  # of each person among the levels

    def weighted_shares(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        mass = np.bincount(self.place, weights, minlength=len(self.levels))
        return np.asarray(mass / mass.sum())


def _weighted(
    weights: NDArray[np.float64], margins: list[_Margin], factors: list[NDArray[np.float64]]
) -> NDArray[np.float64]:
    product = weights.copy()
    for margin, factor in zip(margins, factors, strict=True):
        product *= factor[margin.place]
    return product


def _design_weights(given: ArrayLike | None, sizes: set[int]) -> NDArray[np.float64]:
    if len(sizes) != 1:
        raise ScoringError("Every margin needs one stratum for each person, and there must be a margin.")
    size = sizes.pop()
    if size == 0:
        raise EmptyNormSample
    weights = np.ones(size) if given is None else np.array(given, dtype=float).reshape(-1)
    if weights.size != size or not (np.isfinite(weights) & (weights > 0)).all():
        raise ScoringError(f"Design weights must be {size} finite numbers above 0.")
    return weights


def _margins(
    strata: Mapping[str, Sequence[Stratum | None]],
    targets: Mapping[str, Mapping[Stratum, float]],
    weights: NDArray[np.float64],
) -> list[_Margin]:
    if set(strata) != set(targets):
        raise ScoringError(f"Strata name {sorted(strata)}, targets name {sorted(targets)}; they must name the same.")
    margins = []
    for name, target in targets.items():
        levels = tuple(target)
        shares = np.array([target[level] for level in levels], dtype=float)
        if not (shares > 0).all() or abs(shares.sum() - 1) > ALMOST_ONE:
            raise ScoringError(f"The shares of {name} must lie above 0 and sum to 1, not to {shares.sum():g}.")
        index = {level: k for k, level in enumerate(levels)} | {None: -1}
        strange = {value for value in strata[name] if value not in index}
        if strange:
            raise ScoringError(f"{name}: no target for {sorted(map(str, strange))}; give one, or make them unknown.")
        place = np.array([index[value] for value in strata[name]], dtype=np.int64)
        empty = [level for k, level in enumerate(levels) if not (place == k).any()]
        if empty:
            raise ScoringError(f"{name}: nobody in {', '.join(map(str, empty))}; merge it with a neighbouring stratum.")
        margins.append(_with_unknown(_Margin(name, levels, shares / shares.sum(), place), weights))
    return margins


def _with_unknown(margin: _Margin, weights: NDArray[np.float64]) -> _Margin:
    """Make those placed at -1, if any, a last stratum, whose target is the share they have."""
    unknown = margin.place < 0
    if not unknown.any():
        return margin
    share = weights[unknown].sum() / weights.sum()
    shares = np.append(margin.shares * (1 - share), share)
    place = np.where(unknown, margin.shares.size, margin.place)
    return _Margin(margin.name, (*margin.levels, None), shares, place)
