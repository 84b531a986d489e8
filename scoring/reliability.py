"""How reliable a set of items is in a population."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from scoring.errors import ScoringError
from scoring.graded_response import item_information, test_information
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

    Raises
    ------
    ScoringError
        For heights that are no distribution, and for one in which everybody is the same: nobody can be told apart.

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
    if not variance > 0:
        raise ScoringError(
            "A latent distribution without variance has no reliability; give it mass at two nodes or more."
        )
    information = test_information(items, points)
    return float(masses @ (information / (information + 1 / variance)))


def measured_range(
    kinds: Sequence[ItemParameters], most_items: int, reliability: float, nodes: ArrayLike
) -> tuple[float, float] | None:
    """The part of the scale around its best measured place where the best items for each place measure well enough.

    Parameters
    ----------
    kinds : sequence of ItemParameters
        Items of one bank, on scales with standard deviation 1; which kind an item is of plays no part.
    most_items : int
        How many a person can be asked: at each place, the most informative there.
    reliability : float
        I / (I + 1) that is good enough, 0 … 1.
    nodes : array-like, shape (Q,)
        Places, rising.

    Returns
    -------
    (float, float) or None
        The lowest and the highest node of the range; None if no place is measured so well.
    """
    places = np.asarray(nodes, dtype=float)
    each = [item_information(items, places) for items in kinds if items.slopes.size]
    if not each:
        return None
    best = np.sort(np.concatenate(each, axis=1), axis=1)[:, -most_items:].sum(axis=1)
    is_well = best / (best + 1) >= reliability
    top = int(np.argmax(best))
    if not is_well[top]:
        return None
    bad = np.nonzero(~is_well)[0]
    below, above = bad[bad < top], bad[bad > top]
    low = int(below[-1]) + 1 if below.size else 0
    high = int(above[0]) - 1 if above.size else places.size - 1
    return float(places[low]), float(places[high])
