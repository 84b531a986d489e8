"""From a posterior on a grid to one continuous distribution.

A grid gives a staircase, and a probability, a median and an interval read off a staircase disagree by a step. Each
mass is spread by a normal kernel instead, and all three are read off the one function that results.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ScoringError
from scoring.normal import normal_density, normal_distribution

KERNEL_STEPS = 0.5  # standard deviation of the kernel that makes a gridded posterior continuous, in steps of the grid
QUANTILE_TOLERANCE = 1e-12  # probability
MOST_QUANTILE_STEPS = 200  # bisection alone needs about 60


def refuse_cut(cut: float, cut_se: float = 0.0) -> None:
    """Refuse a cut that is none.

    Raises
    ------
    ScoringError
        When it is not finite, or its standard error not finite or below 0.
    """
    if not (math.isfinite(cut) and math.isfinite(cut_se) and cut_se >= 0):
        raise ScoringError(f"A cut is finite and its standard error at least 0; got {cut} and {cut_se}.")


def drawn_together(
    points: NDArray[np.float64],
    mean: NDArray[np.float64] | float,
    variance: NDArray[np.float64] | float,
    *,
    kernel_sd: float,
    wanted: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Where the points of a gridded posterior go before a normal kernel is laid on each.

    A kernel alone would widen the posterior by its own variance. Points drawn towards the mean by
    sqrt((wanted - kernel²) / variance) end with the mean they had and the variance wanted (West 1993, Journal of the
    Royal Statistical Society B 55, 409-422). A posterior narrower than the kernel becomes the kernel: the grid
    cannot tell more.

    Parameters
    ----------
    points : shape (Q,)
    mean, variance : float or shape (N, 1)
        Of the masses at the points.
    kernel_sd : float
    wanted : float or shape (N, 1)
        Variance of the points with the kernel on them.

    Returns
    -------
    ndarray, shape (Q,) or (N, Q)
    """
    remaining = np.maximum(np.asarray(wanted) - kernel_sd**2, 0.0)
    scale = np.sqrt(remaining / np.maximum(variance, kernel_sd**2 * 1e-12))
    return np.asarray(mean + scale * (points - mean))


def cubic(at: NDArray[np.float64], nodes: NDArray[np.float64], heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic Hermite interpolation with slopes from neighbours; exact for quadratics, hence for normal densities.

    Of log densities whose greatest is 0: beyond .5 it overshoots, and is held there.
    """
    slopes = np.gradient(heights, nodes, edge_order=2)
    left = np.clip(np.searchsorted(nodes, at, side="right") - 1, 0, nodes.size - 2)
    width = nodes[left + 1] - nodes[left]
    t = (at - nodes[left]) / width
    from_left = (1 + 2 * t) * (1 - t) ** 2 * heights[left] + t * (1 - t) ** 2 * width * slopes[left]
    from_right = t**2 * (3 - 2 * t) * heights[left + 1] + t**2 * (t - 1) * width * slopes[left + 1]
    return np.asarray(np.minimum(from_left + from_right, 0.5))


@dataclass(frozen=True, slots=True, eq=False)
class ContinuousDistribution:
    """Masses at places, with a normal kernel on each: one distribution function for probability, median and interval.

    Attributes
    ----------
    places, masses : ndarray, shape (B,)
        The places are already drawn together.
    kernel_sd : float
    """

    places: NDArray[np.float64]
    masses: NDArray[np.float64]
    kernel_sd: float

    def distribution(self, at: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
        """P(c <= at), shape (P,)."""
        return normal_distribution((at[:, None] - self.places) / spread) @ self.masses

    def density(self, at: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
        """Density of c, shape (P,)."""
        return np.asarray(normal_density((at[:, None] - self.places) / spread) @ self.masses / spread)

    def quantiles(self, levels: NDArray[np.float64], cut_se: float) -> NDArray[np.float64]:
        """Where the distribution reaches each level: Newton's steps, kept inside a bracket."""
        spread = math.hypot(self.kernel_sd, cut_se)
        reach = float(np.ptp(self.places)) + 40.0 * spread
        low = np.full(levels.size, float(self.places[0]) - reach)
        high = np.full(levels.size, float(self.places[-1]) + reach)
        at = np.interp(levels, np.cumsum(self.masses) - 0.5 * self.masses, self.places)
        for _ in range(MOST_QUANTILE_STEPS):
            excess = self.distribution(at, spread) - levels
            low = np.where(excess < 0, at, low)
            high = np.where(excess < 0, high, at)
            if (np.abs(excess) < QUANTILE_TOLERANCE).all():
                break
            step = excess / np.maximum(self.density(at, spread), 1e-300)
            newton = at - step
            at = np.where((newton > low) & (newton < high), newton, 0.5 * (low + high))
        return at
