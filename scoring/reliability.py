"""How reliable a set of items is in a population."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from scoring.errors import ScoringError
from scoring.graded_response import test_information
from scoring.items import ItemParameters

NODES = 481  # in steps of .025 on -6 … 6
WIDEST = 6.0  # theta


def marginal_reliability(
    items: ItemParameters, nodes: ArrayLike | None = None, density: ArrayLike | None = None
) -> float:
    """Share of the variance of estimated thetas that is true: the mean of I / (I + 1/variance) over the population.

    Parameters
    ----------
    items : ItemParameters
    nodes, density : array-like, shape (Q,), optional
        The latent distribution; by default N(0, 1), where the formula is the mean of I / (I + 1).

    Returns
    -------
    float
        0 … 1.

    References
    ----------
    Green, Bock, Humphreys, Linn & Reckase (1984), in the form that mirt's `marginal_rxx` uses.
    """
    points = np.linspace(-WIDEST, WIDEST, NODES) if nodes is None else np.asarray(nodes, dtype=float)
    masses = np.exp(-0.5 * points**2) if density is None else np.asarray(density, dtype=float)
    if points.shape != masses.shape or not (masses >= 0).all() or masses.sum() <= 0:
        raise ScoringError("A latent distribution needs as many heights as nodes, none below zero, not all zero.")
    masses = masses / masses.sum()
    variance = float(masses @ (points - masses @ points) ** 2) if density is not None else 1.0
    information = test_information(items, points)
    return float(masses @ (information / (information + 1 / variance)))
