"""The characteristic curve methods of linking: the constants that bring two calibrations' curves closest.

Stocking and Lord compare test characteristic curves, Haebara every category's curve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import least_squares

from scoring.common_items import displacements
from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.normal import normal_density

Floats = NDArray[np.float64]

NODES = 161  # in steps of .05
WIDEST = 4.0  # theta; the nodes of the two curve methods
STEEPEST = 20.0  # a scale this many times another's unit is no scale; the search does not leave it
AT_THE_END = 1e-6  # logarithm of the unit; how near to the end of its range the search was held by it
LEAST_PULL = 1e-6  # change of the gap for each logit, relative to the gap: with less the search had nothing to follow
CLOSE_ENOUGH = 1e-14  # relative change of the criterion and of the constants at which the search ends


def by_curves(
    new: ItemParameters,
    base: ItemParameters,
    method: str,
    nodes: ArrayLike | None,
    density: ArrayLike | None,
    *,
    symmetric: bool,
) -> tuple[float, float, float]:
    """Slope and intercept by "stocking_lord" or "haebara", and the criterion there; the rest as for `linking.link`."""
    points, masses = _population(nodes, density)
    curves = _test_curve if method == "stocking_lord" else category_probabilities
    root = np.sqrt(masses).reshape(-1, *([1] * (1 if method == "stocking_lord" else 2)))
    here = curves(base, points)
    there = curves(new, points)

    def apart(constants: Floats) -> Floats:
        """Differences between the curves, whose squares are summed; the unit is searched for by its logarithm."""
        slope, intercept = float(np.exp(constants[0])), float(constants[1])
        gaps = [(root * (here - curves(new, (points - intercept) / slope))).ravel()]
        if symmetric:
            gaps.append((root * (there - curves(base, slope * points + intercept))).ravel())
        return np.concatenate(gaps)

    found = min((_least(apart, start) for start in _starts(new, base)), key=lambda end: float(end.cost))
    _refuse_failure(found)
    return float(np.exp(found.x[0])), float(found.x[1]), float(2 * found.cost)


def _population(nodes: ArrayLike | None, density: ArrayLike | None) -> tuple[Floats, Floats]:
    points = np.linspace(-WIDEST, WIDEST, NODES) if nodes is None else np.asarray(nodes, dtype=float).reshape(-1)
    masses = normal_density(points) if density is None else np.asarray(density, dtype=float).reshape(-1)
    usable = points.shape == masses.shape and np.isfinite(points).all() and np.isfinite(masses).all()
    if not usable or (masses < 0).any() or masses.sum() <= 0:
        raise ScoringError("A density needs as many finite heights as nodes, none below zero, not all zero.")
    return points, masses / masses.sum()


def _starts(new: ItemParameters, base: ItemParameters) -> list[tuple[float, float]]:
    """Equal scales, and the robust relation of the items' own units and places, near and as far off as it lies.

    The best end is kept.
    """
    unit, place = displacements(new, base)
    slope = float(np.exp(np.clip(np.median(unit), -2.0, 2.0)))
    shift = float(np.median(place(slope)))
    return [(1.0, 0.0), (slope, float(np.clip(shift, -WIDEST, WIDEST))), (slope, shift)]


def _least(apart: Callable[[Floats], Floats], start: tuple[float, float]) -> Any:
    reach = np.log(STEEPEST)
    return least_squares(
        apart,
        [float(np.clip(np.log(start[0]), -0.99 * reach, 0.99 * reach)), start[1]],
        jac="3-point",
        bounds=([-reach, -np.inf], [reach, np.inf]),
        xtol=CLOSE_ENOUGH,
        ftol=CLOSE_ENOUGH,
        gtol=CLOSE_ENOUGH,
    )


def _refuse_failure(end: Any) -> None:
    if np.log(STEEPEST) - abs(end.x[0]) < AT_THE_END:
        raise ScoringError(f"One scale's unit would be {STEEPEST:g} times the other's or more; these are not linked.")
    if np.linalg.norm(end.jac) < LEAST_PULL * np.linalg.norm(end.fun):
        raise ScoringError("The common items' curves are too far apart for a search to bring them together.")


def _test_curve(items: ItemParameters, theta: Floats) -> Floats:
    """Expected total score, (Q, 1)."""
    probabilities = category_probabilities(items, theta)
    return np.asarray((probabilities @ np.arange(probabilities.shape[2])).sum(axis=1, keepdims=True))
