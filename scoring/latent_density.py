"""The distribution of a trait in a population, estimated from people whose standing is known only up to error.

A percentile of estimated abilities is not a percentile of abilities: estimates are shrunk or spread by their own
error. So the density itself is estimated from the likelihood of each person's responses, by maximum likelihood on a
grid of nodes (Mislevy 1984), with a penalty that keeps the estimate from spiking.

The penalty is on the third derivative of the log density (Silverman 1982). Its merit here is what it leaves alone:
a log density with no third derivative is a quadratic, so the harder one smooths, the nearer the estimate comes to a
normal distribution with the sample's own mean and variance, never to a flat or a shrunken one. Kernels, in contrast,
widen the distribution and so move the 90th percentile outwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import EmptyNormSample, ScoringError
from scoring.likelihood_rows import HeldRows, LikelihoodRows, over_blocks

# Strength of the penalty, per unit of (third derivative)² integrated over theta. Over normal, skewed, two-humped and
# heavy-tailed traits measured with error .33 by 1,000 persons, the bias of the 90th percentile stays under .025 and the
# stated 95 % intervals hold it in 93–100 %; at ten times this strength the two humps are bridged (bias .035), at a
# quarter of it the far tails begin to lift.
SMOOTHING = 0.02
MOST_ITERATIONS = 200
SMALLEST_STEP = 2.0**-20  # a line search that has to go below this has arrived
APART = 1.0  # theta, between the two places at which answers are compared
TOLERANCE = 1e-9  # greatest gradient of the penalised mean log-likelihood, per person


@dataclass(frozen=True, slots=True, eq=False)
class LatentDensity:
    """A density as probability masses at nodes, with the covariance of its log-masses."""

    nodes: NDArray[np.float64]
    masses: NDArray[np.float64]
    covariance: NDArray[np.float64]
    n: int  # persons whose responses say something
    effective_n: float
    converged: bool


def estimate_latent_density(
    log_likelihoods: ArrayLike | LikelihoodRows,
    nodes: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    smoothing: float = SMOOTHING,
    start: LatentDensity | None = None,
) -> LatentDensity:
    """Penalised maximum likelihood estimate of the latent distribution.

    Parameters
    ----------
    log_likelihoods : array-like, shape (N, Q), or LikelihoodRows
        Log-likelihood of each person's responses at each node; a constant per person does not matter. Rows that are
        not in memory are read block by block; the estimate has the same bits.
    nodes : array-like, shape (Q,)
        Equally spaced, theta.
    weights : array-like, shape (N,), optional
        Norm weights; only their ratios matter.
    smoothing : float
        Strength of the penalty.
    start : LatentDensity, optional
        Of nearly the same persons: the climb begins there and is short. It ends at the same place, to the tolerance.

    Returns
    -------
    LatentDensity
        Its covariance is of the sandwich kind, so unequal weights and measurement error are both in it.

    Raises
    ------
    EmptyNormSample
        Without persons.
    ScoringError
        For likelihoods that are not finite anywhere, or nodes that are not equally spaced.

    References
    ----------
    Mislevy (1984); Silverman (1982); Efron (2016).
    """
    likelihood, points, shares = _checked(log_likelihoods, nodes, weights)
    persons = likelihood.shape[0]
    penalty = _penalty(points) * (smoothing / persons)
    eta = _start(likelihood, shares, points) if start is None else _log_masses(start.masses)
    value, gradient, curvature = _objective(eta, likelihood, shares, penalty)
    converged = False
    for _ in range(MOST_ITERATIONS):
        if np.abs(gradient).max() < TOLERANCE:
            converged = True
            break
        step = np.linalg.solve(_made_positive(curvature), gradient)
        length = 1.0
        while length > SMALLEST_STEP:
            trial = eta + length * step
            reached = _value(trial, likelihood, shares, penalty)
            if reached >= value:
                break
            length /= 2
        else:
            converged = bool(np.abs(gradient).max() < np.sqrt(TOLERANCE))
            break
        eta = trial - trial.max()
        value, gradient, curvature = _objective(eta, likelihood, shares, penalty)
    covariance = _sandwich(eta, likelihood, shares, penalty)
    return LatentDensity(points, _softmax(eta), covariance, persons, float(1 / (shares**2).sum()), converged)


def masses_without(
    latent: LatentDensity,
    log_likelihoods: ArrayLike | LikelihoodRows,
    blocks: ArrayLike,
    *,
    smoothing: float = SMOOTHING,
) -> NDArray[np.float64]:
    """What the estimate would be, nearly, if one block of persons had not taken part, for each block in turn.

    One step of scoring from the whole estimate, with the information of which its standard errors are made: two passes
    over the persons for all blocks together. The shift of the 90th percentile comes out right to about a third of
    itself, so blocks can be ranked by it; estimate anew without the one that matters.

    Parameters
    ----------
    latent : LatentDensity
        Of all persons, equally weighted.
    log_likelihoods : array-like, shape (N, Q), or LikelihoodRows
        As `latent` was estimated from.
    blocks : array-like of int, shape (N,)
        Number of each person's block, from 0; -1 for a person who is in none.
    smoothing : float
        As `latent` was estimated with.

    Returns
    -------
    ndarray, shape (B, Q)
        Masses at the nodes. A row of NaN where nobody would remain.

    References
    ----------
    Pregibon (1981), one-step diagnostics.
    """
    logs, numbers = _as_rows(log_likelihoods), np.asarray(blocks, dtype=np.int64).reshape(-1)
    if logs.shape != (numbers.size, latent.nodes.size):
        raise ScoringError(f"{numbers.size} block numbers do not belong to log-likelihoods {logs.shape}.")
    counts = np.bincount(numbers + 1, minlength=int(numbers.max(initial=-1)) + 2)
    scores = np.zeros((counts.size, latent.nodes.size))
    information = _penalty(latent.nodes) * smoothing

    def part(rows: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        posterior = logs.block(rows) * latent.masses
        posterior /= posterior.sum(axis=1, keepdims=True)
        score = posterior - latent.masses
        sums = np.zeros(scores.shape)
        np.add.at(sums, numbers[rows] + 1, score)
        return sums, score.T @ score

    for sums, product in over_blocks(numbers.size, part):
        scores += sums
        information += product
    eta = _log_masses(latent.masses)
    left = numbers.size - counts[1:]
    inverse = np.linalg.inv(_made_positive(information / numbers.size))
    found = [
        _softmax(eta - inverse @ score / rest) if rest else np.full(eta.size, np.nan)
        for score, rest in zip(scores[1:], left, strict=True)
    ]
    return np.array(found).reshape(-1, eta.size)


def measurement_error(latent: LatentDensity, log_likelihoods: ArrayLike | LikelihoodRows, at: float) -> float:
    """How far two people near a place must stand apart before answers like these tell one from the other.

    The standard error of measurement there, from the answers themselves: the mean log-likelihood ratio between two
    nodes a unit apart with the place in their middle, among people such as stand at the one and at the other. For
    normal likelihoods it is their error. Where everybody near the place answers alike (all the highest at the end of
    the scale, or all the same in its midst) nothing tells them apart, and it is infinite; so it is beyond the nodes.

    Parameters
    ----------
    latent : LatentDensity
        As estimated from these responses.
    log_likelihoods : array-like, shape (N, Q), or LikelihoodRows
        Of each person's responses at each node.
    at : float
        Theta.

    References
    ----------
    Jeffreys's divergence, over small distances the information times their square (Kullback 1959, ch. 2.6).
    """
    nodes, rows = latent.nodes, _as_rows(log_likelihoods)
    if not nodes[0] <= at <= nodes[-1]:
        return float("inf")
    middle = np.clip(at, nodes[0] + APART / 2, nodes[-1] - APART / 2)
    pair = [int(np.abs(nodes - middle - side * APART / 2).argmin()) for side in (-1, 1)]

    def part(block: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        likelihood = rows.block(block)
        marginal = np.maximum(likelihood @ latent.masses, np.finfo(float).tiny)[:, None]
        here = likelihood[:, pair]
        ratio = np.diff(np.log(np.maximum(here, np.finfo(float).tiny)), axis=1)
        return (here / marginal).sum(axis=0), (here / marginal * ratio).sum(axis=0)

    weights, ratios = (sum(parts) for parts in zip(*over_blocks(rows.shape[0], part), strict=True))
    lower, upper = ratios / np.maximum(weights, np.finfo(float).tiny)
    distance = float(nodes[pair[1]] - nodes[pair[0]])
    return distance / float(np.sqrt(upper - lower)) if upper > lower else float("inf")


def _as_rows(log_likelihoods: ArrayLike | LikelihoodRows) -> LikelihoodRows:
    if isinstance(log_likelihoods, LikelihoodRows):
        return log_likelihoods
    logs = np.asarray(log_likelihoods, dtype=float)
    if logs.ndim != 2:
        raise ScoringError(f"Log-likelihoods have one row a person; got shape {logs.shape}.")
    return HeldRows.of(logs)


def _log_masses(masses: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(masses, np.finfo(float).tiny)))


def _checked(
    log_likelihoods: ArrayLike | LikelihoodRows, nodes: ArrayLike, weights: ArrayLike | None
) -> tuple[LikelihoodRows, NDArray[np.float64], NDArray[np.float64]]:
    logs = _as_rows(log_likelihoods)
    points = np.asarray(nodes, dtype=float).reshape(-1)
    if logs.shape[1] != points.size or points.size < 5:
        raise ScoringError(f"Log-likelihoods {logs.shape} do not belong to {points.size} nodes (at least 5).")
    if logs.shape[0] == 0:
        raise EmptyNormSample
    steps = np.diff(points)
    if not (steps > 0).all() or not np.allclose(steps, steps.mean(), rtol=1e-6):
        raise ScoringError("Nodes must rise in equal steps.")
    shares = normalised_weights(weights, logs.shape[0])
    telling = logs.telling & (shares > 0)
    if not telling.any():
        raise ScoringError("No person's responses say anything about theta; there is no distribution to estimate.")
    if telling.all():
        return logs, points, shares / shares.sum()
    return logs.take(telling), points, shares[telling] / shares[telling].sum()


def normalised_weights(weights: ArrayLike | None, persons: int) -> NDArray[np.float64]:
    """Weights that sum to one, shape (N,); equal ones when none are given."""
    if persons == 0:
        raise EmptyNormSample
    if weights is None:
        return np.full(persons, 1 / persons)
    given = np.asarray(weights, dtype=float).reshape(-1)
    if given.size != persons:
        raise ScoringError(f"There are {given.size} weights for {persons} persons.")
    if not np.isfinite(given).all() or (given < 0).any() or given.sum() <= 0:
        raise ScoringError("Weights must be finite, none below zero, and not all zero.")
    return np.asarray(given / given.sum())


def _penalty(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrix of the integrated squared third derivative; theta is measured in twelfths of the grid's span."""
    step = 12.0 / (points.size - 1)
    third = np.diff(np.eye(points.size), n=3, axis=0) / step**3
    return np.asarray(third.T @ third * step)


def _start(likelihood: LikelihoodRows, shares: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Begin from a normal log density with the mean and spread of the likelihoods' own centres."""
    centres = np.concatenate(list(over_blocks(shares.size, lambda rows: _centres(likelihood.block(rows), points))))
    mean = shares @ centres
    spread = max(float(np.sqrt(shares @ (centres - mean) ** 2)), 2 * float(points[1] - points[0]))
    return np.asarray(-0.5 * ((points - mean) / spread) ** 2)


def _centres(likelihood: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((likelihood @ points) / likelihood.sum(axis=1))


def _softmax(eta: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(eta - eta.max())
    return np.asarray(weights / weights.sum())


def _value(
    eta: NDArray[np.float64],
    likelihood: LikelihoodRows,
    shares: NDArray[np.float64],
    penalty: NDArray[np.float64],
) -> float:
    masses = _softmax(eta)
    marginal = np.concatenate(list(over_blocks(shares.size, lambda rows: likelihood.block(rows) @ masses)))
    return _height(marginal, eta, shares, penalty)


def _height(
    marginal: NDArray[np.float64], eta: NDArray[np.float64], shares: NDArray[np.float64], penalty: NDArray[np.float64]
) -> float:
    marginal = np.maximum(marginal, np.finfo(float).tiny)
    return float(shares @ np.log(marginal) - 0.5 * eta @ penalty @ eta)


def _objective(
    eta: NDArray[np.float64],
    likelihood: LikelihoodRows,
    shares: NDArray[np.float64],
    penalty: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Penalised mean log-likelihood, its gradient, and minus its Hessian."""
    masses = _softmax(eta)
    expected = np.zeros_like(eta)
    outer = np.zeros((eta.size, eta.size))
    marginal = []

    def part(rows: slice) -> tuple[NDArray[np.float64], ...]:
        block = likelihood.block(rows)
        posterior = block * masses
        posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        return block @ masses, shares[rows] @ posterior, (posterior * shares[rows, None]).T @ posterior

    for here, sums, product in over_blocks(shares.size, part):
        marginal.append(here)
        expected += sums
        outer += product
    curvature = outer - np.diag(expected) + np.diag(masses) - np.outer(masses, masses) + penalty
    gradient = expected - masses - penalty @ eta
    return _height(np.concatenate(marginal), eta, shares, penalty), gradient, curvature


def _sandwich(
    eta: NDArray[np.float64],
    likelihood: LikelihoodRows,
    shares: NDArray[np.float64],
    penalty: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Covariance of the log-masses: the spread of the persons' scores through the inverse of the information.

    The information is the mean outer product of scores, plus the penalty. Second derivatives have the same mean, but
    can come out negative by chance in the directions that the responses hardly see.
    """
    masses = _softmax(eta)
    information = penalty.copy()
    spread = np.zeros_like(penalty)

    def part(rows: slice) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        posterior = likelihood.block(rows) * masses
        posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), np.finfo(float).tiny)
        score = posterior - masses
        weighted = score * shares[rows, None]
        return weighted.T @ score, weighted.T @ weighted

    for product, square in over_blocks(shares.size, part):
        information += product
        spread += square
    inverse = np.linalg.inv(_made_positive(information))
    return np.asarray(inverse @ spread @ inverse)


def _made_positive(curvature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fill the direction that changes nothing (adding a constant), and turn negative directions."""
    filled = curvature + np.full_like(curvature, 1 / curvature.shape[0])
    values, vectors = np.linalg.eigh(filled)
    floor = values.max() * 1e-12
    return np.asarray((vectors * np.maximum(np.abs(values), floor)) @ vectors.T)
