"""How strongly judgement and self-report go together in the norm group, estimated from the responses themselves.

A composite needs this correlation, and the correlation of two estimated thetas is not it: measurement error weakens
that one, by different amounts in sittings of different length. So it is estimated from the likelihoods of both kinds by
marginal maximum likelihood, each kind's theta being N(0, 1) as its own calibration fixed it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.composite import HIGHEST_CORRELATION, Composite
from scoring.errors import EmptyNormSample, ScoringError
from scoring.latent_density import normalised_weights
from scoring.normal import NODES

LEVEL_REACH = 1.959963984540054  # standard errors to either side of a 95 % interval
START = np.tanh(np.linspace(-2.4, 2.4, 13))  # a coarse look, so that the search starts beside the highest mode
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
TOLERANCE = 1e-5  # of Fisher's z
DIFFERENCE = 1e-3  # of Fisher's z, to either side, for scores and curvature at the maximum
HIGHEST_Z = math.atanh(HIGHEST_CORRELATION)
FLAT = 1e-9  # range of a log-likelihood over the nodes below which it says nothing
ROWS_AT_ONCE = 20_000  # bounds the memory of one pass, in persons


@dataclass(frozen=True, slots=True)
class KindsCorrelation:
    """The correlation of judgement theta and self-report theta in a group.

    Attributes
    ----------
    correlation : float
    standard_error : float
        Sandwich, so unequal weights are in it; infinite at the edge of the range, where there is no curvature.
    interval : (float, float)
        95 %, by Fisher's z, so it stays within -1 … 1.
    log_likelihood : float
        Mean over the weighted persons, at the maximum, above that of unrelated kinds.
    n : int
        Persons whose responses of both kinds say something.
    converged : bool
        False when the maximum lies at the edge of the range, where two kinds cannot be told from one.
    """

    correlation: float
    standard_error: float
    interval: tuple[float, float]
    log_likelihood: float
    n: int
    converged: bool


def estimate_kinds_correlation(
    judgement: ArrayLike, self_report: ArrayLike, weights: ArrayLike | None = None
) -> KindsCorrelation:
    """Estimate the correlation by marginal maximum likelihood on the composite's own grid.

    Parameters
    ----------
    judgement, self_report : array-like, shape (N, 61)
        Log-likelihood of each person's responses of the kind over `scoring.normal.NODES`, from `log_likelihood`.
    weights : array-like, shape (N,), optional
        Norm weights; only their ratios matter.

    Raises
    ------
    EmptyNormSample
        Without persons.
    ScoringError
        For log-likelihoods of another shape or not finite, or when nobody has said anything in both kinds.

    References
    ----------
    Mislevy (1984) for structural parameters from likelihoods; Fisher (1921) for z; White (1982) for the sandwich.
    """
    first, second, shares = _checked(judgement, self_report, weights)
    z = _highest(first, second, shares)
    score_low, score_high = (_logs(first, second, z + off) for off in (-DIFFERENCE, DIFFERENCE))
    middle = _logs(first, second, z)
    curvature = -float(shares @ (score_high - 2.0 * middle + score_low)) / DIFFERENCE**2
    scores = (score_high - score_low) / (2.0 * DIFFERENCE)
    inside = abs(z) < HIGHEST_Z - 2 * DIFFERENCE and curvature > 0
    spread = math.sqrt(float(shares**2 @ scores**2)) / curvature if inside else math.inf
    correlation = math.tanh(z)
    return KindsCorrelation(
        correlation=correlation,
        standard_error=spread * (1.0 - correlation**2),
        interval=(math.tanh(z - LEVEL_REACH * spread), math.tanh(z + LEVEL_REACH * spread)),
        log_likelihood=float(shares @ (middle - _logs(first, second, 0.0))),
        n=int(shares.size),
        converged=inside,
    )


def _checked(
    judgement: ArrayLike, self_report: ArrayLike, weights: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    pair = [np.asarray(given, dtype=float) for given in (judgement, self_report)]
    if pair[0].shape != pair[1].shape or pair[0].ndim != 2 or pair[0].shape[1] != NODES.size:
        raise ScoringError(
            f"Log-likelihoods of both kinds are needed, {NODES.size} a person; got {pair[0].shape} and {pair[1].shape}."
        )
    if pair[0].shape[0] == 0:
        raise EmptyNormSample
    if not all(np.isfinite(logs).all() for logs in pair):
        raise ScoringError("Every log-likelihood must be finite.")
    shares = normalised_weights(weights, pair[0].shape[0])
    telling = (shares > 0) & (np.ptp(pair[0], axis=1) > FLAT) & (np.ptp(pair[1], axis=1) > FLAT)
    if not telling.any():
        raise ScoringError("Nobody has responses of both kinds, so nothing is known of how they go together.")
    likelihoods = [np.exp(logs[telling] - logs[telling].max(axis=1, keepdims=True)) for logs in pair]
    return likelihoods[0], likelihoods[1], shares[telling] / shares[telling].sum()


def _logs(first: NDArray[np.float64], second: NDArray[np.float64], z: float) -> NDArray[np.float64]:
    """Marginal log-likelihood of each person at Fisher's z, shape (N,)."""
    correlation = max(-HIGHEST_CORRELATION, min(HIGHEST_CORRELATION, math.tanh(z)))
    prior = Composite((1.0, 1.0), correlation).prior
    parts = [
        np.einsum("nq,nq->n", first[start : start + ROWS_AT_ONCE] @ prior, second[start : start + ROWS_AT_ONCE])
        for start in range(0, first.shape[0], ROWS_AT_ONCE)
    ]
    return np.asarray(np.log(np.maximum(np.concatenate(parts), np.finfo(float).tiny)))


def _highest(first: NDArray[np.float64], second: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """Fisher's z of the maximum, by golden section within the best bracket of a coarse look."""

    def height(z: float) -> float:
        return float(shares @ _logs(first, second, z))

    places = [math.atanh(float(r)) for r in START]
    heights = [height(z) for z in places]
    best = int(np.argmax(heights))
    low = places[best - 1] if best > 0 else -HIGHEST_Z
    high = places[best + 1] if best + 1 < len(places) else HIGHEST_Z
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_inner, at_outer = height(inner), height(outer)
    while high - low > TOLERANCE:
        if at_inner > at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - GOLDEN * (high - low)
            at_inner = height(inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + GOLDEN * (high - low)
            at_outer = height(outer)
    return 0.5 * (low + high)
