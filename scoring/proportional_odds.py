"""Ordinal regression on a table of counts: P(Y >= k | x) = logistic(a_k + b x) (McCullagh 1980); two categories, logit.

Small by design: differential functioning fits it thousands of times on tables of a few hundred rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MOST_STEPS = 60
MOST_HALVINGS = 30
CLOSE = 1e-10  # gain in log-likelihood at which the climb ends, relative
RIDGE = 1e-6  # keeps coefficients finite where groups are separated; changes others in the seventh digit
LONGEST_STEP = 2.0
SMALLEST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class OrdinalFit:
    """Intercepts (K - 1,), falling; coefficients (P,); the log-likelihood, ridge left out."""

    intercepts: Floats
    coefficients: Floats
    log_likelihood: float


def proportional_odds(counts: ArrayLike, predictors: ArrayLike) -> OrdinalFit:
    """Fit by Newton's method with the expected information.

    Parameters
    ----------
    counts : array-like, shape (C, K)
        How often each category was observed in each cell; every category somewhere.
    predictors : array-like, shape (C, P)
        Of each cell; P may be 0.

    References
    ----------
    McCullagh (1980).
    """
    table, x = np.asarray(counts, dtype=float), np.asarray(predictors, dtype=float)
    steps = table.shape[1] - 1
    above = np.cumsum(table.sum(axis=0)[::-1])[::-1][1:] / table.sum()
    beta = np.concatenate([np.log(above / (1 - above)), np.zeros(x.shape[1])])
    penalty = np.concatenate([np.zeros(steps), np.full(x.shape[1], RIDGE)])
    height = _height(table, x, beta, steps) - 0.5 * float(penalty @ beta**2)
    for _ in range(MOST_STEPS):
        gradient, information = _derivatives(table, x, beta, steps)
        step = np.linalg.solve(information + np.diag(penalty + 1e-12), gradient - penalty * beta)
        step *= min(1.0, LONGEST_STEP / max(float(np.abs(step).max(initial=0.0)), LONGEST_STEP))
        gained = -np.inf
        for _ in range(MOST_HALVINGS):
            trial = beta + step
            if (np.diff(trial[:steps]) < 0).all():
                gained = _height(table, x, trial, steps) - 0.5 * float(penalty @ trial**2) - height
            if gained >= 0:
                break
            step = step / 2
        if gained < 0:
            break
        beta, height = beta + step, height + gained
        if gained <= CLOSE * max(abs(height), 1.0):
            break
    return OrdinalFit(beta[:steps], beta[steps:], _height(table, x, beta, steps))


def _cumulative(x: Floats, beta: Floats, steps: int) -> tuple[Floats, Floats]:
    """P(Y >= k) for k = 0 … K, and densities P (1 - P) for k = 1 … K - 1, by cell."""
    eta = np.clip(beta[:steps] + (x @ beta[steps:])[:, None], -700.0, 700.0)
    inner = 1 / (1 + np.exp(-eta))
    edge = np.ones((x.shape[0], 1))
    return np.concatenate([edge, inner, 0 * edge], axis=1), inner * (1 - inner)


def _height(table: Floats, x: Floats, beta: Floats, steps: int) -> float:
    above, _ = _cumulative(x, beta, steps)
    return float((table * np.log(np.maximum(above[:, :-1] - above[:, 1:], SMALLEST))).sum())


def _derivatives(table: Floats, x: Floats, beta: Floats, steps: int) -> tuple[Floats, Floats]:
    above, density = _cumulative(x, beta, steps)
    probabilities = np.maximum(above[:, :-1] - above[:, 1:], 1e-12)
    ratio = table / probabilities
    by_eta = density * (ratio[:, 1:] - ratio[:, :-1])  # (C, K - 1)
    total = table.sum(axis=1, keepdims=True)
    own = total * density**2 * (1 / probabilities[:, 1:] + 1 / probabilities[:, :-1])
    between = -total * density[:, :-1] * density[:, 1:] / probabilities[:, 1:-1]
    information = np.zeros((beta.size, beta.size))
    reach = np.arange(steps)
    information[reach, reach] = own.sum(axis=0)
    information[reach[:-1], reach[1:]] = information[reach[1:], reach[:-1]] = between.sum(axis=0)
    row = own.copy()
    row[:, :-1] += between
    row[:, 1:] += between
    cross = row.T @ x
    information[:steps, steps:], information[steps:, :steps] = cross, cross.T
    information[steps:, steps:] = (x * row.sum(axis=1)[:, None]).T @ x
    return np.concatenate([by_eta.sum(axis=0), x.T @ by_eta.sum(axis=1)]), information
