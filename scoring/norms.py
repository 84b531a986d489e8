"""Norm tables: where a theta stands in a described population, and where that population's top decile begins.

A table is a distribution function at fixed points, straight in between, so that a percentile rank and the cut it
belongs to are exact inverses of each other, and so that a stored table answers for ever as it answered on the day it
was made. Beside each point stands the standard error of the distribution function there; the error of a cut is that
error divided by the density, which is the influence function of a quantile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.empirical_distribution import FLOOR, SAME, mid_rank_distribution
from scoring.errors import EmptyNormSample, ScoringError
from scoring.latent_density import LatentDensity, estimate_latent_density, normalised_weights
from scoring.latent_distribution import distribution_of, error_of_distribution, nodes_for
from scoring.likelihood_rows import LikelihoodRows

FEWEST_NODES = 3  # a curve needs them
# The spread of the persons' scores vanishes with them: of one person, the error of a cut came out at .03, and 95 %
# intervals held the true cut in 78 % with three, 87 % with five.
FEWEST_PEOPLE = 10
LEVEL = 0.95  # of every interval given here
NOBODY = 1e-8  # a share this near to 0 or 1 has lost the digits that an error could be compared with
ONE_SCORE = 3  # points of the table of people who all score the same: the score and its two ends


@dataclass(frozen=True, slots=True)
class Cut:
    """A theta that a stated share of the norm group lies below.

    `standard_error` covers sampling, unequal weights and, where it was given, measurement error; `interval` is the
    95 % interval.
    """

    theta: float
    standard_error: float
    interval: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class NormTable:
    """The distribution of theta in a norm group.

    Attributes
    ----------
    grid : ndarray, shape (G,)
        Rising thetas.
    distribution : ndarray, shape (G,)
        Share of the norm group below each, 0 … 1; straight in between.
    density : ndarray, shape (G,)
        Per unit of theta.
    distribution_error : ndarray, shape (G,)
        Standard error of the distribution function at each point of the grid.
    n : int
        Persons in the norm sample.
    effective_n : float
        n divided by the design effect of the weights (Kish 1965).
    """

    grid: NDArray[np.float64]
    distribution: NDArray[np.float64]
    density: NDArray[np.float64]
    distribution_error: NDArray[np.float64]
    n: int
    effective_n: float

    def __post_init__(self) -> None:
        arrays = (self.grid, self.distribution, self.density, self.distribution_error)
        if any(a.ndim != 1 or a.size != self.grid.size or not np.isfinite(a).all() for a in arrays):
            raise ScoringError("A norm table needs finite columns of one length.")
        if (self.density < 0).any() or (self.distribution_error < 0).any():
            raise ScoringError("A norm table's density and its standard errors are nowhere below zero.")
        if self.grid.size < 2 or (np.diff(self.grid) <= 0).any() or (np.diff(self.distribution) < 0).any():
            raise ScoringError("A norm table's thetas must rise, and its distribution must not fall.")
        if self.distribution[0] != 0.0 or self.distribution[-1] != 1.0:
            raise ScoringError("A norm table's distribution must run from 0 to 1.")
        for array in arrays:
            array.setflags(write=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NormTable) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # compares arrays

    @classmethod
    def from_sample(
        cls, theta: ArrayLike, standard_error: ArrayLike | None = None, weights: ArrayLike | None = None
    ) -> Self:
        """Make the norm of a sample of scores.

        Parameters
        ----------
        theta : array-like, shape (N,)
            Scores. With `standard_error` they must not be shrunk (ML or WLE, not EAP).
        standard_error : array-like, shape (N,), or float, optional
            Measurement error of each score. Without it the table is the weighted empirical distribution with
            mid-ranks, (r - .5)/n; with it, the latent distribution behind the errors.
        weights : array-like, shape (N,), optional

        Raises
        ------
        EmptyNormSample, ScoringError
            The latter also where `standard_error` is given and a score lies so far out that nodes which reach it are
            too far apart for all others.

        References
        ----------
        Crocker & Algina (1986), ch. 19; Mislevy (1984).
        """
        scores = np.asarray(theta, dtype=float).reshape(-1)
        if scores.size == 0:
            raise EmptyNormSample
        if not np.isfinite(scores).all():
            raise ScoringError("Every score of a norm sample must be a finite number; leave out persons without one.")
        if standard_error is None:
            return cls(*mid_rank_distribution(scores, normalised_weights(weights, scores.size)))
        errors = np.broadcast_to(np.asarray(standard_error, dtype=float), scores.shape)
        if not np.isfinite(errors).all() or (errors <= 0).any():
            raise ScoringError("Standard errors must be finite and above 0; leave them out for error-free scores.")
        nodes = nodes_for(scores, errors)
        errors = np.maximum(errors, (nodes[1] - nodes[0]) / 2)  # finer than the nodes can show
        return cls.from_log_likelihoods(-0.5 * ((scores[:, None] - nodes) / errors[:, None]) ** 2, nodes, weights)

    @classmethod
    def from_log_likelihoods(
        cls, log_likelihoods: ArrayLike | LikelihoodRows, nodes: ArrayLike, weights: ArrayLike | None = None
    ) -> Self:
        """Make the norm of a sample of response vectors: the right way when sittings differ in length or items.

        Parameters
        ----------
        log_likelihoods : array-like, shape (N, Q), or LikelihoodRows
            Of each person's responses at each node.
        nodes : array-like, shape (Q,)
            Equally spaced.
        weights : array-like, shape (N,), optional

        Raises
        ------
        EmptyNormSample, ScoringError
            The latter also when the latent density cannot be estimated, or from fewer than ten people.
        """
        return cls.from_density(estimate_latent_density(log_likelihoods, nodes, weights))

    @classmethod
    def from_density(cls, latent: LatentDensity) -> Self:
        """Make the norm of a latent density with its covariance.

        Raises
        ------
        ScoringError
            If the density could not be estimated, or rests on so few people that its error would be understated.
        """
        if latent.effective_n < FEWEST_PEOPLE * (1 - SAME):
            raise ScoringError(
                f"A latent distribution needs {FEWEST_PEOPLE} people or more; these weigh as {latent.effective_n:.1f}."
            )
        if not latent.converged:
            raise ScoringError("The latent distribution could not be estimated from these likelihoods.")
        grid, distribution, density = distribution_of(latent.nodes, latent.masses)
        error = error_of_distribution(latent, grid, distribution)
        return cls(grid, distribution, density, error, latent.n, latent.effective_n)

    @classmethod
    def from_latent(
        cls, nodes: ArrayLike, density: ArrayLike, n: int, *, standard_error: ArrayLike | None = None
    ) -> Self:
        """Make the norm of a latent density estimated elsewhere.

        Parameters
        ----------
        nodes : array-like, shape (Q,)
            Rising.
        density : array-like, shape (Q,)
            Density, or masses at equally spaced nodes; normalised here.
        n : int
            Persons behind the estimate.
        standard_error : array-like, shape (Q,), optional
            Standard error of the distribution function at each node. Without it: sampling error alone,
            √(F (1 - F) / n).

        Raises
        ------
        EmptyNormSample, ScoringError
        """
        points = np.asarray(nodes, dtype=float).reshape(-1)
        heights = np.asarray(density, dtype=float).reshape(-1)
        if n < 1:
            raise EmptyNormSample
        if points.size < FEWEST_NODES or points.size != heights.size or not (np.diff(points) > 0).all():
            raise ScoringError(f"A latent density needs {FEWEST_NODES} rising nodes or more, and as many heights.")
        if not np.isfinite(heights).all() or (heights < 0).any() or heights.sum() <= 0:
            raise ScoringError("A latent density must be finite, nowhere below zero, and somewhere above it.")
        grid, distribution, curve = distribution_of(points, heights)
        if standard_error is None:
            error = np.sqrt(distribution * (1 - distribution) / n)
        else:
            stated = np.asarray(standard_error, dtype=float).reshape(-1)
            if stated.size != points.size:
                raise ScoringError(f"{points.size} nodes need as many standard errors; got {stated.size}.")
            error = np.interp(grid, points, stated)
        return cls(grid, distribution, curve, error, int(n), float(n))

    @property
    def mean(self) -> float:
        """Mean of theta in the norm group."""
        return float(np.diff(self.distribution) @ ((self.grid[1:] + self.grid[:-1]) / 2))

    @property
    def sd(self) -> float:
        """Standard deviation of theta in the norm group."""
        left, right = self.grid[:-1] - self.mean, self.grid[1:] - self.mean
        return float(np.sqrt(np.diff(self.distribution) @ ((left**2 + left * right + right**2) / 3)))

    def percentile_rank(self, theta: ArrayLike) -> NDArray[np.float64]:
        """Percentage of the norm group below each theta, 0 … 100; continuous and never falling.

        Parameters
        ----------
        theta : array-like, any shape

        Returns
        -------
        ndarray of that shape

        Raises
        ------
        ScoringError
            For a theta that is NaN.
        """
        return np.asarray(100 * np.interp(_known(theta), self.grid, self.distribution))

    def percentile_interval(
        self, theta: ArrayLike, level: float = LEVEL
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Interval of each percentile rank from the error of the norm, theta taken as given.

        Wilson's limits for the equally weighted sample that has this error, and never more persons than the norm: in
        the tails, where hardly anybody of the norm was, the stored error says nothing of those who were not drawn.

        References
        ----------
        Wilson (1927); Korn & Graubard (1998) for weights.
        """
        at = _known(theta)
        low, high = self._limits(at, level)
        lows, highs = self._limits(self.grid, level)
        left = np.maximum(np.searchsorted(self.grid, at, side="right") - 1, 0)
        right = np.minimum(np.searchsorted(self.grid, at), self.grid.size - 1)
        # Where an error falls fast a limit would turn back: it waits until ranks have caught up.
        low = np.minimum(low, np.minimum.accumulate(lows[::-1])[::-1][right])
        return low, np.maximum(high, np.maximum.accumulate(highs)[left])

    def _limits(self, theta: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        share = np.interp(theta, self.grid, self.distribution)
        error = np.interp(theta, self.grid, self.distribution_error)
        spread = share * (1 - share)
        variance = np.maximum(error**2, spread / self.effective_n)
        inside = spread > NOBODY
        size = np.where(inside, spread, self.effective_n) / np.where(inside, variance, 1.0)
        pull = _two_sided(level) ** 2 / (2 * size)
        reach = np.sqrt(pull**2 + 2 * pull * spread)
        low, high = ((share + pull + side * reach) / (1 + 2 * pull) for side in (-1, 1))
        return 100 * np.maximum(low, 0.0), 100 * np.minimum(high, 1.0)

    def cut(self, quantile: float) -> Cut:
        """Find the theta that the share `quantile` of the norm group lies below.

        Parameters
        ----------
        quantile : float
            Between 0 and 1, for example .90 for the top decile.

        Returns
        -------
        Cut
            Of fewer than ten people, by their weights, its standard error is infinite: it cannot be told from so few.
            So it is where all scores are the same: the density beside them is made up, and nobody is told apart.

        References
        ----------
        Influence function of a quantile: Serfling (1980), 2.3.3.
        """
        theta = self._theta(quantile)
        density = float(np.interp(theta, self.grid, self.density))
        error = float(np.interp(theta, self.grid, self.distribution_error))
        is_known = density > 0 and self.effective_n >= FEWEST_PEOPLE * (1 - SAME) and self.grid.size > ONE_SCORE
        standard_error = error / density if is_known else float("inf")
        reach = _two_sided(LEVEL) * standard_error
        return Cut(theta, standard_error, (theta - reach, theta + reach))

    def realised_share(self, quantile: float, level: float = LEVEL) -> tuple[float, float]:
        """Interval of the share of the population that lies above this table's cut.

        The share above an order statistic of a sample is Beta distributed, exactly, whatever the population. With
        weights or measurement error, n is the size of the error-free, equally weighted sample that would have given
        the same standard error; without error the share is known.
        """
        from scipy.special import betaincinv  # noqa: PLC0415  web pages import this module and never ask for this

        theta = self._theta(quantile)
        error = float(np.interp(theta, self.grid, self.distribution_error))
        if error == 0:
            return 1 - quantile, 1 - quantile
        size = quantile * (1 - quantile) / error**2
        above, below = size * (1 - quantile) + 1, size * quantile
        low, high = (1 - level) / 2, (1 + level) / 2
        return float(betaincinv(above, below, low)), float(betaincinv(above, below, high))

    def _theta(self, quantile: float) -> float:
        if not 0 < quantile < 1:
            raise ScoringError(f"A cut needs a quantile between 0 and 1, not {quantile}.")
        right = int(np.searchsorted(self.distribution, quantile, side="left"))
        x0, x1 = self.grid[right - 1], self.grid[right]
        f0, f1 = self.distribution[right - 1], self.distribution[right]
        return float(x0 + (x1 - x0) * (quantile - f0) / (f1 - f0))

    def masses(self, nodes: ArrayLike) -> NDArray[np.float64]:
        """Masses of theta at equally spaced nodes, summing to one: the norm group as a prior, shape (Q,).

        Where nodes reach beyond the table, as they do beyond a sample's, each has the share of the group in its cell:
        the density of a sample is smoothed, and says nothing of where people end.

        Raises
        ------
        ScoringError
            When nodes do not rise, or the table has nobody near any of them: they are then on another scale.
        """
        points = np.asarray(nodes, dtype=float)
        if points.ndim != 1 or points.size < 2 or not (np.diff(points) > 0).all():
            raise ScoringError("Masses are at two rising nodes or more.")
        if points[0] >= self.grid[0] and points[-1] <= self.grid[-1]:
            at = np.interp(points, self.grid, self.density)
        else:
            half = (points[1] - points[0]) / 2
            edges = np.append(points - half, points[-1] + half)
            at = np.diff(np.interp(edges, self.grid, self.distribution))
        if not at.max() > 0:
            raise ScoringError("The norm group stands at none of these nodes; give nodes on the table's own scale.")
        heights = np.maximum(at, FLOOR * at.max())
        return np.asarray(heights / heights.sum())

    @property
    def sha256(self) -> str:
        """Hex digest of the table's canonical JSON."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Give a form that survives JSON exactly."""
        return {
            "grid": self.grid.tolist(),
            "distribution": self.distribution.tolist(),
            "density": self.density.tolist(),
            "distribution_error": self.distribution_error.tolist(),
            "n": self.n,
            "effective_n": self.effective_n,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """Invert `to_dict`."""
        names = ("grid", "distribution", "density", "distribution_error")
        grid, distribution, density, error = (np.array(stored[name], dtype=float) for name in names)
        return cls(grid, distribution, density, error, int(stored["n"]), float(stored["effective_n"]))


def _known(theta: ArrayLike) -> NDArray[np.float64]:
    at = np.asarray(theta, dtype=float)
    if np.isnan(at).any():
        raise ScoringError("A percentile rank is of a theta that is a number; leave out people without one.")
    return at


def _two_sided(level: float) -> float:
    if not 0 < level < 1:
        raise ScoringError(f"An interval's level lies between 0 and 1, not {level}.")
    return NormalDist().inv_cdf((1 + level) / 2)
