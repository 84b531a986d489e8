"""Category probabilities and information of ordered-category items."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses
from scoring.items import ItemParameters
from scoring.responses import MISSING, ResponseMatrix

SMALLEST_PROBABILITY = 1e-300  # keeps a logarithm finite far outside the range any person is found in


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return np.asarray(np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x)))))


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

    References
    ----------
    Samejima (1969) for the graded model; Muraki (1992) for the generalised partial credit model.
    """
    points = np.asarray(theta, dtype=float).reshape(-1)
    if items.model == "gpcm":
        return _partial_credit(items, points)
    above = cumulative_probabilities(items, points)
    shape = (points.size, len(items), 1)
    bounds = np.concatenate([np.ones(shape), np.nan_to_num(above, nan=0.0), np.zeros(shape)], axis=2)
    return np.asarray(bounds[:, :, :-1] - bounds[:, :, 1:])


def cumulative_probabilities(items: ItemParameters, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(X >= k | theta) for k = 1 … K-1 of graded items, shape (Q, J, K - 1), NaN where there is no such category."""
    return _logistic(items.slopes[None, :, None] * (theta[:, None, None] - items.thresholds[None, :, :]))


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

    For ordered categories I = sum_k P'_k² / P_k; for gpcm this equals a² times the variance of the category.
    """
    points = np.asarray(theta, dtype=float).reshape(-1)
    probabilities = category_probabilities(items, points)
    if items.model == "gpcm":
        scores = np.arange(probabilities.shape[2])
        mean = probabilities @ scores
        return np.asarray(items.slopes**2 * (probabilities @ scores**2 - mean**2))
    above = np.nan_to_num(cumulative_probabilities(items, points), nan=0.0)
    slope = items.slopes[None, :, None] * above * (1 - above)
    edge = np.zeros((points.size, len(items), 1))
    change = np.concatenate([edge, slope, edge], axis=2)
    derivative = change[:, :, :-1] - change[:, :, 1:]
    return np.asarray((derivative**2 / np.maximum(probabilities, SMALLEST_PROBABILITY)).sum(axis=2))


def test_information(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """Information of all items together about theta, shape (Q,)."""
    return np.asarray(item_information(items, theta).sum(axis=1))


test_information.__test__ = False  # type: ignore[attr-defined]  # its name is the field's; it is no pytest test


def log_likelihood(responses: ResponseMatrix | ArrayLike, items: ItemParameters, nodes: ArrayLike) -> NDArray[np.float64]:
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
    """
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    if codes.shape[1] != len(items):
        raise InvalidResponses(f"There are responses to {codes.shape[1]} items, but parameters of {len(items)}.")
    beyond = codes >= items.categories[None, :]
    if beyond.any():
        person, item = (int(k) for k in np.argwhere(beyond)[0])
        raise InvalidResponses(
            f"Person {person}, item {item}: category {codes[person, item]}, but the item has "
            f"{items.categories[item]} categories, from 0."
        )
    points = np.asarray(nodes, dtype=float).reshape(-1)
    logs = np.log(np.maximum(category_probabilities(items, points), SMALLEST_PROBABILITY))
    total = np.zeros((codes.shape[0], points.size))
    for item in range(len(items)):
        column = codes[:, item]
        table = np.vstack([logs[:, item, :].T, np.zeros(points.size)])  # the last row, index -1, serves missing
        total += table[np.where(column == MISSING, -1, column)]
    return total
