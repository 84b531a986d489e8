"""Category probabilities and information of ordered-category items."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses, ScoringError
from scoring.items import ItemParameters
from scoring.nominal_response import nominal_information, nominal_probabilities
from scoring.responses import MISSING, ResponseMatrix

SMALLEST_PROBABILITY = 1e-300  # keeps a logarithm finite far outside the range any person is found in


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, small) / (1.0 + small))


def finite_thetas(theta: ArrayLike) -> NDArray[np.float64]:
    """Thetas as an array (Q,).

    Raises
    ------
    ScoringError
        For one that is not finite.
    """
    points = np.asarray(theta, dtype=float).reshape(-1)
    if not np.isfinite(points).all():
        row = int(np.argmin(np.isfinite(points)))
        raise ScoringError(f"Leave out thetas that are not finite; theta {row} is {points[row]}.")
    return points


def category_probabilities(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """P(X = k | theta) for every item and category.

    Parameters
    ----------
    items : ItemParameters of J items with at most K categories.
    theta : array-like, shape (Q,)

    Returns
    -------
    ndarray, shape (Q, J, K)
        Rows sum to one over an item's own categories; categories an item does not have hold 0.

    Raises
    ------
    ScoringError
        For a theta that is not finite: it would count as one that answers in a single category for certain.

    References
    ----------
    Samejima (1969) for the graded model; Muraki (1992) for the generalised partial credit model; Bock (1972) for the
    nominal one.
    """
    points = finite_thetas(theta)
    if items.model == "nominal":
        return nominal_probabilities(items, points)
    if items.model == "gpcm":
        return _partial_credit(items, points)
    above, below = cumulative_probabilities(items, points)
    edge = np.ones((points.size, len(items), 1))
    # P_k = P(X >= k) P(X < k + 1) (1 - e^-distance); a difference of two logistics loses all its digits in a tail.
    return np.asarray(
        np.concatenate([edge, above], axis=2) * np.concatenate([below, edge], axis=2) * _gap_factors(items)[None, :, :]
    )


def _gap_factors(items: ItemParameters) -> NDArray[np.float64]:
    """1 - exp(a (b_k - b_{k+1})) between neighbouring thresholds, 1 at either end; 0 for categories there are not."""
    gap = -np.expm1(items.slopes[:, None] * (items.thresholds[:, :-1] - items.thresholds[:, 1:]))
    factors = np.ones((len(items), items.thresholds.shape[1] + 1))
    factors[:, 1:-1] = np.where(np.isnan(gap), 1.0, gap)
    factors[np.arange(factors.shape[1])[None, :] >= items.categories[:, None]] = 0.0
    return factors


def cumulative_probabilities(
    items: ItemParameters, theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """P(X >= k | theta) and P(X < k | theta) for k = 1 … K-1 of graded items, shape (Q, J, K - 1) each.

    Both are exact in both tails. Where an item has no such category they are 0 and 1.
    """
    x = items.slopes[None, :, None] * (theta[:, None, None] - items.thresholds[None, :, :])
    lacking = np.isnan(x)
    return np.where(lacking, 0.0, _logistic(x)), np.where(lacking, 1.0, _logistic(-x))


def _partial_credit(items: ItemParameters, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    steps = items.slopes[None, :, None] * (theta[:, None, None] - items.thresholds[None, :, :])
    lacking = np.isnan(items.thresholds)[None, :, :]
    exponents = np.cumsum(np.where(lacking, 0.0, steps), axis=2)
    exponents = np.where(lacking, -np.inf, exponents)
    exponents = np.concatenate([np.zeros((theta.size, len(items), 1)), exponents], axis=2)
    weights = np.exp(exponents - exponents.max(axis=2, keepdims=True))
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))


def item_information(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """Fisher information of each item about theta, shape (Q, J).

    For ordered categories I = sum_k P'_k² / P_k; for gpcm this equals a² times the variance of the category, for
    nominal items the variance of the category slope.

    Raises
    ------
    ScoringError
        For a theta that is not finite.
    """
    points = finite_thetas(theta)
    if items.model == "nominal":
        return nominal_information(items, points)
    probabilities = category_probabilities(items, points)
    if items.model == "gpcm":
        scores = np.arange(probabilities.shape[2])
        mean = probabilities @ scores
        away = (scores - mean[:, :, None]) ** 2  # a difference of squares loses its digits in the tails
        return np.asarray(items.slopes**2 * (probabilities * away).sum(axis=2))
    above, below = cumulative_probabilities(items, points)
    slope = items.slopes[None, :, None] * above * below
    edge = np.zeros((points.size, len(items), 1))
    change = np.concatenate([edge, slope, edge], axis=2)
    derivative = change[:, :, :-1] - change[:, :, 1:]
    return np.asarray((derivative**2 / np.maximum(probabilities, SMALLEST_PROBABILITY)).sum(axis=2))


def test_information(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """Information of all items together about theta, shape (Q,); refuses what `item_information` does."""
    return np.asarray(item_information(items, theta).sum(axis=1))


test_information.__test__ = False  # type: ignore[attr-defined]  # its name is the field's; it is no pytest test


def refuse_misfits(codes: NDArray[np.int8], items: ItemParameters) -> None:
    """Refuse codes (N, J) that are none of these items' categories.

    Raises
    ------
    InvalidResponses
    """
    if codes.shape[1] != len(items):
        raise InvalidResponses(f"There are responses to {codes.shape[1]} items, but parameters of {len(items)}.")
    beyond = codes >= items.categories[None, :]
    if beyond.any():
        person, item = (int(k) for k in np.argwhere(beyond)[0])
        raise InvalidResponses(
            f"Person {person}, item {item}: category {codes[person, item]}, but the item has "
            f"{items.categories[item]} categories, from 0."
        )


def category_logs(items: ItemParameters, nodes: ArrayLike) -> NDArray[np.float64]:
    """Logarithm of P(X = k | node) of every item and category, shape (J, K, Q); far out it is held at a finite floor.

    Whoever scores one response after another sums these rows, in the order of the items, and has what
    `log_likelihood` gives to the last bit.
    """
    points = np.asarray(nodes, dtype=float).reshape(-1)
    logs = np.log(np.maximum(category_probabilities(items, points), SMALLEST_PROBABILITY))
    return np.ascontiguousarray(logs.transpose(1, 2, 0))


def log_likelihood(
    responses: ResponseMatrix | ArrayLike, items: ItemParameters, nodes: ArrayLike
) -> NDArray[np.float64]:
    """Log-likelihood of each person's responses at each node.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
    items : ItemParameters of the same J items.
    nodes : array-like, shape (Q,)

    Returns
    -------
    ndarray, shape (N, Q)
        Zero for a person without any response.

    Raises
    ------
    InvalidResponses
        For responses that do not fit the items.
    ScoringError
        For a node that is not finite.
    """
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    refuse_misfits(codes, items)
    logs = category_logs(items, nodes)
    tables = np.zeros((len(items), logs.shape[1] + 1, logs.shape[2]))  # the last row of each serves missing
    tables[:, :-1] = logs
    rows = np.where(codes == MISSING, logs.shape[1], codes).T.astype(np.intp, order="C")
    total, one = np.zeros((2, codes.shape[0], logs.shape[2]))
    for table, row in zip(tables, rows, strict=True):
        np.take(table, row, axis=0, out=one, mode="clip")  # several times as fast as an index, and without the lock
        total += one
    return total
