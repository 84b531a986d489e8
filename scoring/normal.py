"""The normal distribution on NumPy and the standard library alone: the web process never pays for SciPy.

It also holds the grid on which every posterior of ours lives, so that a calibration, an ability and a composite
speak of the same nodes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError

QUADRATURE = 61  # nodes; scoring methods, section 2: the calibration's grid
BOUNDS = (-6.0, 6.0)  # logits; six standard deviations of the norm group to either side

NODES: NDArray[np.float64] = np.linspace(*BOUNDS, QUADRATURE)
NODES.setflags(write=False)


def even_nodes(quadrature: int, bounds: tuple[float, float]) -> NDArray[np.float64]:
    """Equally spaced nodes from the lower of `bounds` to the upper, shape (quadrature,).

    Raises
    ------
    ScoringError
        For fewer than two nodes, or bounds that do not rise or are not finite.
    """
    if quadrature < 2 or not bounds[0] < bounds[1] or not np.isfinite(bounds).all():
        raise ScoringError(f"A grid needs at least two nodes between rising bounds; got {quadrature} on {bounds}.")
    return np.linspace(bounds[0], bounds[1], quadrature)


def normal_density(x: ArrayLike) -> NDArray[np.float64]:
    """Density of N(0, 1) at x, any shape."""
    z = np.asarray(x, dtype=float)
    return np.asarray(np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi))


def normal_distribution(x: ArrayLike) -> NDArray[np.float64]:
    """P(Z <= x) for Z ~ N(0, 1), any shape; exact to the C library's erfc (relative error under 1e-15, tails too)."""
    z = np.asarray(x, dtype=float)
    scaled = (z.reshape(-1) * -math.sqrt(0.5)).tolist()
    return np.fromiter(map(math.erfc, scaled), dtype=float, count=z.size).reshape(z.shape) * 0.5


def normal_prior(nodes: ArrayLike, mean: float = 0.0, sd: float = 1.0) -> NDArray[np.float64]:
    """Lay normal weights on nodes.

    Parameters
    ----------
    nodes : array-like, shape (Q,)
    mean, sd : float
        Of the normal distribution, in logits; sd is positive.

    Returns
    -------
    ndarray, shape (Q,)
        They sum to one (Bock & Aitkin 1981).

    Raises
    ------
    ScoringError
        When sd is not a positive finite number.
    """
    if not (math.isfinite(mean) and math.isfinite(sd) and sd > 0):
        raise ScoringError(f"A normal prior needs a finite mean and a positive sd; got mean {mean}, sd {sd}.")
    points = np.asarray(nodes, dtype=float)
    exponent = -0.5 * ((points - mean) / sd) ** 2
    weights = np.exp(exponent - exponent.max())
    return np.asarray(weights / weights.sum())
