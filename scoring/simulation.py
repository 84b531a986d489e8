"""Simulated people: what they would answer if the model were true."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters

PERSONS_AT_ONCE = 20_000  # bounds memory; the answers do not depend on it


def simulate_responses(items: ItemParameters, theta: ArrayLike, rng: np.random.Generator) -> NDArray[np.int8]:
    """Draw one response of each person to each item.

    Parameters
    ----------
    items : ItemParameters of J items.
    theta : array-like, shape (N,)
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (N, J)
        Categories from 0.
    """
    points = _finite(theta)
    responses = np.empty((points.size, len(items)), dtype=np.int8)
    for first in range(0, points.size, PERSONS_AT_ONCE):
        block = points[first : first + PERSONS_AT_ONCE]
        above = np.cumsum(category_probabilities(items, block), axis=2)[:, :, :-1]
        drawn = (rng.random((block.size, len(items)))[:, :, None] >= above).sum(axis=2)
        responses[first : first + PERSONS_AT_ONCE] = np.minimum(drawn, items.categories - 1)
    return responses


def simulate_kinds(persons: int, correlation: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw standard normal thetas of the two kinds of evidence, judgement and self-report, shape (N, 2)."""
    if not -1 <= correlation <= 1:
        raise ScoringError(f"A correlation lies between -1 and 1, not {correlation}.")
    draws = rng.standard_normal((persons, 2))
    draws[:, 1] = correlation * draws[:, 0] + np.sqrt(1 - correlation**2) * draws[:, 1]
    return draws


def _finite(theta: ArrayLike) -> NDArray[np.float64]:
    points = np.asarray(theta, dtype=float).reshape(-1)
    if not np.isfinite(points).all():
        raise ScoringError("Every theta to simulate from must be a finite number.")
    return points
