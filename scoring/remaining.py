"""How many more units a sitting will take, said so that it tells nothing about the side of the cut.

Under the posterior, the standardised distance z of the composite's mean from the cut is a random walk once the
shrinking of the variance is divided out: the mean moves by exactly what the variance loses. So the stopping rule can
be played on a fixed sample of such walks, without an item or a response.

Two things keep the answer silent about the side. Walks begin at z and at -z alike and are pooled, so a posterior and
its mirror image around the cut give the same answer. And a distance beyond the nearer of the two bounds counts as one
at that bound: further out only sittings on one side of the cut are still going on.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError

WALKS = 64  # of each sign: the quantiles then stand within two units of those of many thousands
SURE = 1.0 - 1e-9  # a bound at 1 is reached by no walk, as it is by no sitting
LONGEST_WALK = 120  # units; no policy asks for more than half of it
_HALF = np.random.default_rng(20261128).standard_normal((WALKS, LONGEST_WALK))
_STEPS = np.concatenate([_HALF, -_HALF])  # mirrored, so that the sample itself favours no side


def composite_variances(
    information: ArrayLike, weights: ArrayLike, correlation: float, units: int
) -> NDArray[np.float64]:
    """Variance of the composite expected after 0, 1, … units asked in equal shares of both kinds.

    Parameters
    ----------
    information : array-like, shape (2,)
        Of one scenario and of one statement about its own theta, near the cut.
    weights : array-like, shape (2,)
        Of the composite, on standardised thetas.
    correlation : float
        Of the two thetas in the norm group.
    units : int
        At least 0.

    Returns
    -------
    ndarray, shape (units + 1,)
        Falling, from the norm group's own variance.
    """
    per_unit, w = np.asarray(information, dtype=float), np.asarray(weights, dtype=float)
    prior = np.linalg.inv(np.array([[1.0, correlation], [correlation, 1.0]]))
    halves = np.arange(units + 1) / 2.0
    precision = prior + halves[:, None, None] * np.diag(per_unit)
    return np.asarray(np.einsum("i,nij,j->n", w, np.linalg.inv(precision), w))


def units_to_come(
    probability: float,
    variances: ArrayLike,
    *,
    fewest: int,
    most: int,
    most_undecided: int,
    certain_above: float,
    certain_below: float,
    undecided_from: float,
    undecided_to: float,
    coverage: float = 0.80,
) -> tuple[int, int]:
    """A range that holds the number of units still to come with the stated probability.

    Parameters
    ----------
    probability : float
        P(composite >= cut) now.
    variances : array-like, shape (most_undecided + 1,)
        Of the composite, with the cut's own, now and after each unit to come; only their ratios matter.
    fewest, most, most_undecided : int
        Units still to come before certainty may end the sitting, before it ends unless undecided, before it ends
        anyhow: 0 <= fewest <= most <= most_undecided, and at least one unit in the last.
    certain_above, certain_below, undecided_from, undecided_to : float
        As `stopping.decide` has them.
    coverage : float
        Probability of the range; half of the rest lies on either side of it.

    Returns
    -------
    (low, high) : int
        1 <= low <= high <= most_undecided.

    Raises
    ------
    ScoringError
        For limits out of order, or variances that do not fall.
    """
    held = np.asarray(variances, dtype=float)[: most_undecided + 1]
    if not 0 <= fewest <= most <= most_undecided <= LONGEST_WALK or most_undecided < 1:
        raise ScoringError(f"Lengths must be in order; got {fewest}, {most}, {most_undecided}.")
    if held.size != most_undecided + 1 or held[-1] <= 0 or (np.diff(held) > 0).any():
        raise ScoringError("One positive variance, never rising, is needed for now and for each unit to come.")
    limits = (certain_above, certain_below, undecided_from, undecided_to)
    bounds = [NormalDist().inv_cdf(min(max(limit, 1.0 - SURE), SURE)) for limit in limits]
    farthest = min(bounds[0], -bounds[1])
    inside = min(max(probability, NormalDist().cdf(-farthest)), NormalDist().cdf(farthest))
    start = abs(NormalDist().inv_cdf(inside))
    left = np.sqrt(held[1:] / held[0])
    moved = np.cumsum(_STEPS[:, :most_undecided] * np.sqrt(-np.diff(held) / held[0]), axis=1)
    position = np.concatenate([moved + start, moved - start]) / left
    ends = (position >= bounds[0]) | (position <= bounds[1])
    ends[:, : max(fewest - 1, 0)] = False
    if most:
        ends[:, most - 1 :] |= (position[:, most - 1 :] <= bounds[2]) | (position[:, most - 1 :] >= bounds[3])
    ends[:, -1] = True
    lengths = np.sort(ends.argmax(axis=1)) + 1
    tail = 0.5 * (1.0 - coverage)
    places = math.floor(tail * lengths.size), math.ceil((1.0 - tail) * lengths.size) - 1
    return int(lengths[places[0]]), int(lengths[places[1]])
