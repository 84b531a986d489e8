"""One certified score from two kinds of evidence: judgement (scenarios) and self-report (statements).

A format is a method factor, so the kinds do not share one theta: with one theta for all, self-report decides nearly
alone. Each kind has its own; both are standardised in the norm group and correlated there. Their joint posterior lives
on a grid of 61 x 61 nodes, and the composite is c = (w_j theta_j + w_s theta_s) / s, where s gives c the standard
deviation 1 under the normal prior.

The norm group is not normal as a rule, and where it is not, a normal prior states a confidence that half forms do not
bear out (decision 87). So the prior has two parts: a bivariate normal whose composite has the norm group's mean and
spread, and beside it the norm group's shape, the ratio of its density along c to the normal one. The composite is read
with both. What is said of each kind, what a retake starts from, and what answers alone say rest on the normal part,
where means and covariances are all there is to know.

From the grid to one continuous distribution of c
-------------------------------------------------
The grid gives c a few hundred values with a mass each, a staircase. Each cell is spread over its width by a normal
kernel (standard deviation: half the cell's extent along c) after the values were drawn towards the mean so that mean
and variance stay exact (`scoring.continuous`). The cut's own error is one more independent normal term.
Probability, median and interval all come from this one distribution function, which rises strictly: so
P(c >= cut) >= .5 exactly when the median lies at or above the cut, and a page can never print the one without the
other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.continuous import KERNEL_STEPS, ContinuousDistribution, drawn_together, refuse_cut
from scoring.errors import ScoringError
from scoring.information_share import effective_information, share_of_judgement
from scoring.normal import NODES, normal_distribution, normal_prior

JUDGEMENT, SELF_REPORT = 0, 1
HIGHEST_CORRELATION = 0.99  # beyond it the conditional sd is under one step of the grid
STEP = float(NODES[1] - NODES[0])
MARGINAL_TOLERANCE = 1e-14
SMALLEST_WEIGHT_SHARE = 0.1  # of the larger weight; bounds the number of places on the composite's axis
LEAST_EXPLAINED = 0.05  # of the norm group's variance of the difference; with less evidence no difference is told apart
MOST_BESIDE = 30.0  # of the shape's log above its middle: what the outermost nodes of a narrow group are given at most
SMALLEST_MASS = 1e-15  # probability; what lies beyond, at either end, is under the rounding of a sum

JointNormal = tuple[ArrayLike, ArrayLike]


@dataclass(frozen=True, slots=True, eq=False)
class JointPrior:
    """The normal part of a prior, laid on the grid, (61, 61), and what it knows beyond the norm group's, (2,)."""

    weights: NDArray[np.float64]
    information: NDArray[np.float64]


class Composite:
    """The certified score's definition: weights of the kinds and their correlation in the norm group.

    Parameters
    ----------
    weights : (judgement, self_report)
        Not negative, not both zero; only their ratio matters.
    correlation : float
        Of judgement theta and self-report theta in the norm group, -.99 … .99.
    masses : array-like, shape (61,), optional
        Of the composite in the norm group over `nodes`, from `NormTable.masses`; N(0, 1) without.

    Raises
    ------
    ScoringError
        For weights, a correlation or masses outside their range.
    """

    nodes: ClassVar[NDArray[np.float64]] = NODES

    def __init__(self, weights: Sequence[float], correlation: float, masses: ArrayLike | None = None) -> None:
        pair = tuple(float(weight) for weight in weights)
        if len(pair) != 2 or not all(math.isfinite(weight) and weight >= 0 for weight in pair) or sum(pair) == 0:
            raise ScoringError(f"A composite needs two weights, not negative and not both zero; got {pair}.")
        if not abs(correlation) <= HIGHEST_CORRELATION:
            raise ScoringError(f"The correlation of the kinds lies within ±{HIGHEST_CORRELATION}; got {correlation}.")
        self.correlation = float(correlation)
        self.covariance = np.array([[1.0, correlation], [correlation, 1.0]])
        raw = np.array(pair)
        self.weights: NDArray[np.float64] = raw / math.sqrt(raw @ self.covariance @ raw)
        self.kernel_sd = KERNEL_STEPS * STEP * float(np.hypot(*self.weights))
        self._lay_axis()
        self._lay_prior(None if masses is None else checked_masses(masses))

    def _lay_prior(self, masses: NDArray[np.float64] | None) -> None:
        """The normal part with its mean (2,) and covariance (2, 2), the shape beside it, and the prior of both."""
        self.normal_mean, self.normal_covariance = np.zeros(2), self.covariance
        self.normal_part = _with_normal_margins(_joint_normal(np.zeros(2), self.covariance))
        self.shape: NDArray[np.float64] | None = None
        self.prior = self.normal_part
        if masses is None:
            return
        values, mean = self._values(), float(masses @ NODES)
        variance = float(masses @ (NODES - mean) ** 2)
        along = self.covariance @ self.weights
        self.normal_mean = along * mean
        self.normal_covariance = self.covariance + (variance - 1.0) * np.outer(along, along)
        self.normal_part = _tilted(self.normal_part, 0.5 * values**2 - 0.5 * (values - mean) ** 2 / variance)
        beside = np.log(masses) + 0.5 * (NODES - mean) ** 2 / variance
        beside = np.minimum(beside - beside[np.abs(NODES - mean).argmin()], MOST_BESIDE)
        self.shape = np.interp(values, NODES, beside)
        self.prior = _tilted(self.normal_part, self.shape)

    def _values(self) -> NDArray[np.float64]:
        """The composite of each cell of the grid, shape (61, 61)."""
        return np.asarray(self.weights[0] * NODES[:, None] + self.weights[1] * NODES[None, :])

    def _lay_axis(self) -> None:
        """Places along c, and how each cell of the grid divides between its two neighbours there."""
        values = self._values().reshape(-1)
        larger = float(self.weights.max())
        smaller = float(self.weights[self.weights > 0].min())
        spacing = STEP * max(smaller, SMALLEST_WEIGHT_SHARE * larger)
        lowest = float(values.min())
        position = np.round((values - lowest) / spacing, 9)
        self._below = np.floor(position).astype(np.int64)
        self._upper_part = position - self._below
        self.places = np.asarray(lowest + spacing * np.arange(int(self._below.max()) + 2), dtype=np.float64)

    @property
    def division(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Of each cell of the grid, the place below it along c and the part that goes to the next, (61, 61) each."""
        shape = (NODES.size, NODES.size)
        return self._below.reshape(shape), self._upper_part.reshape(shape)

    def along(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mass at each of `places` of a grid's weights, shape (61, 61); means are kept exactly."""
        flat = weights.reshape(-1)
        upper = flat * self._upper_part
        size = self.places.size
        return np.asarray(
            np.bincount(self._below, flat - upper, minlength=size) + np.bincount(self._below + 1, upper, minlength=size)
        )

    def posterior(
        self,
        judgement: ArrayLike | None,
        self_report: ArrayLike | None,
        prior: JointNormal | JointPrior | None = None,
    ) -> CompositePosterior:
        """Find the joint posterior of both thetas, read along the composite.

        Parameters
        ----------
        judgement, self_report : array-like, shape (61,), or None
            Log-likelihood of the responses of each kind over `nodes`; None when there are none.
        prior : (mean (2,), covariance (2, 2)), or the same from `laid`, or None
            Of (judgement, self-report); None for the norm group. A retake hands in `decayed_prior`.

        Raises
        ------
        ScoringError
            For a log-likelihood of another shape or not finite, or a covariance that is none.
        """
        logs = [_checked_log_likelihood(given) for given in (judgement, self_report)]
        if prior is None:
            return CompositePosterior(self, logs[0], logs[1], JointPrior(self.normal_part, np.zeros(2)))
        return CompositePosterior(self, logs[0], logs[1], prior if isinstance(prior, JointPrior) else self.laid(*prior))

    def laid(self, mean: ArrayLike, covariance: ArrayLike) -> JointPrior:
        """Lay a prior's mean (2,) and covariance (2, 2) on the grid: once, where many posteriors start from it."""
        centre, spread = np.asarray(mean, dtype=float), np.asarray(covariance, dtype=float)
        _check_joint_normal(centre, spread)
        beyond = np.diag(np.linalg.inv(spread) - np.linalg.inv(self.normal_covariance))
        return JointPrior(_joint_normal(centre, spread), np.maximum(beyond, 0.0))


class CompositePosterior:
    """What the responses say about one person's composite, in standard deviations of the norm group's composite."""

    def __init__(
        self,
        composite: Composite,
        judgement: NDArray[np.float64] | None,
        self_report: NDArray[np.float64] | None,
        prior: JointPrior,
    ) -> None:
        self.composite = composite
        self._evidence = (judgement, self_report)
        self._former_information = prior.information
        grid = prior.weights
        if judgement is not None:
            grid = grid * np.exp(judgement - judgement.max())[:, None]
        if self_report is not None:
            grid = grid * np.exp(self_report - self_report.max())[None, :]
        self._normal_part = grid
        if composite.shape is not None:
            grid = grid * np.exp(composite.shape)
        self.weights = _normalised(grid)
        self._locate()

    def _locate(self) -> None:
        means, covariance = _moments(self.weights)
        w = self.composite.weights
        kernel = self.composite.kernel_sd
        #: Posterior means of (judgement, self-report), shape (2,).
        self.theta = means
        #: Posterior covariance of (judgement, self-report), shape (2, 2).
        self.covariance = covariance
        self.mean = float(w @ means)
        self.standard_error = math.sqrt(max(float(w @ covariance @ w), kernel**2))
        masses = self.composite.along(self.weights)
        held = np.nonzero(masses > SMALLEST_MASS)[0]
        inner = slice(int(held[0]), int(held[-1]) + 1)
        places, masses = self.composite.places[inner], np.asarray(masses[inner] / masses[inner].sum())
        on_axis = float(masses @ (places - self.mean) ** 2)  # dividing cells between places added a little
        drawn = drawn_together(places, self.mean, on_axis, kernel_sd=kernel, wanted=self.standard_error**2)
        self._axis = ContinuousDistribution(drawn, masses, kernel)

    @cached_property
    def _of_kinds(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Means (2,) and covariance (2, 2) under the normal part of the prior alone."""
        if self.composite.shape is None:
            return self.theta, self.covariance
        return _moments(_normalised(self._normal_part))

    @property
    def kind_means(self) -> tuple[float, float]:
        """Posterior means of (judgement, self-report), by the normal part of the prior."""
        means = self._of_kinds[0]
        return float(means[0]), float(means[1])

    @property
    def kind_covariance(self) -> NDArray[np.float64]:
        """Posterior covariance of (judgement, self-report), shape (2, 2), by the normal part of the prior."""
        return self._of_kinds[1]

    @property
    def kind_standard_errors(self) -> tuple[float, float]:
        """Posterior standard deviations of (judgement, self-report), by the normal part of the prior."""
        covariance = self.kind_covariance
        return math.sqrt(covariance[0, 0]), math.sqrt(covariance[1, 1])

    @property
    def kind_difference_z(self) -> float | None:
        """Judgement less self-report, in posterior standard deviations of the difference; None without both kinds."""
        if self._evidence[0] is None or self._evidence[1] is None:
            return None
        difference, (means, covariance) = np.array([1.0, -1.0]), self._of_kinds
        variance = float(difference @ covariance @ difference)
        return float(difference @ means) / math.sqrt(max(variance, STEP**2 / 12))

    def probability_above(self, cut: float, cut_se: float = 0.0) -> float:
        """P(c >= cut), averaged over a cut that is itself N(cut, cut_se²).

        Raises
        ------
        ScoringError
            For a cut that is not finite, or a standard error of it that is none.
        """
        refuse_cut(cut, cut_se)
        spread = _spread(self.composite.kernel_sd, cut_se)
        return min(1.0, float(normal_distribution((self._axis.places - cut) / spread) @ self._axis.masses))

    def median(self, cut_se: float = 0.0) -> float:
        """Find the value with P(c >= value) = .5, by the very distribution `probability_above` uses."""
        _spread(self.composite.kernel_sd, cut_se)
        return float(self._axis.quantiles(np.array([0.5]), cut_se)[0])

    def interval(self, level: float = 0.90, cut_se: float = 0.0) -> tuple[float, float]:
        """Find the central interval that holds the composite with probability `level`."""
        if not 0.0 < level < 1.0:
            raise ScoringError(f"An interval's level lies between 0 and 1; got {level}.")
        _spread(self.composite.kernel_sd, cut_se)
        tail = 0.5 * (1.0 - level)
        low, high = self._axis.quantiles(np.array([tail, 1.0 - tail]), cut_se)
        return float(low), float(high)

    @cached_property
    def kind_information(self) -> NDArray[np.float64]:
        """Effective information of each kind's evidence about its own theta, shape (2,).

        The evidence of a kind alone turns the variance 1 of its theta into v; a normal observation that does the same
        has information 1/v - 1. A retake's prior counts with what it knows beyond the norm group's.
        """
        found = np.array([effective_information(evidence) for evidence in self._evidence])
        return np.asarray(found + self._former_information)

    @property
    def judgement_share(self) -> float:
        """Share of the composite's information that comes from judgement, 0 … 1; see `share_of_judgement`."""
        return share_of_judgement(self.kind_information, self.composite.weights, self.composite.correlation)


def kinds_apart(means: ArrayLike, covariance: ArrayLike, correlation: float) -> float:
    """Judgement less self-report, by how unusual it is: in standard deviations of what honest people's sittings show.

    People truly stand elsewhere in the two, by sqrt(2 (1 - r)) where both have variance 1 in the norm group, so a
    difference that is many standard errors from 0 may be an ordinary one, and the longer a sitting the more so. By
    the law of total variance its posterior mean varies, among people as the norm describes them, by the norm group's
    variance less the posterior's; what it is in these is nearly standard normal however much was asked.

    Parameters
    ----------
    means : (2,)
        Posterior means of (judgement, self-report).
    covariance : (2, 2)
        Posterior covariance of the two.
    correlation : float
        Of the two in the norm group, below 1.

    Raises
    ------
    ScoringError
        For a correlation of 1, under which the two cannot lie apart, or one that is none.
    """
    if not -1.0 <= correlation < 1.0:
        raise ScoringError(f"Two kinds that can lie apart correlate by -1 to below 1; got {correlation}.")
    difference = np.array([1.0, -1.0])
    of_people = 2.0 * (1.0 - correlation)
    explained = of_people - float(difference @ np.asarray(covariance, dtype=float) @ difference)
    return float(difference @ np.asarray(means, dtype=float)) / math.sqrt(max(explained, LEAST_EXPLAINED * of_people))


def decayed_prior(
    mean: ArrayLike,
    variance: ArrayLike,
    months: float,
    retention_per_month: float,
    *,
    norm_mean: ArrayLike = 0.0,
    norm_variance: ArrayLike = 1.0,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Make a former sitting's posterior the prior of a retake, the weaker the longer ago.

    mean <- norm mean + rho^t (mean - norm mean); variance <- rho^2t variance + (1 - rho^2t) norm variance: a
    long-forgotten sitting weighs nothing, and nobody gains by taking the best of several.

    Parameters
    ----------
    mean, variance : float or array-like
        Of the former posterior: of one theta, or the mean (2,) and covariance (2, 2) of both kinds.
    months : float
        Since the former sitting, at least 0.
    retention_per_month : float
        rho, 0 … 1, policy data.
    norm_mean, norm_variance : float or array-like, shaped as the former's
        Of the norm group: 0 and 1, or `Composite.normal_mean` and `Composite.normal_covariance`.

    Raises
    ------
    ScoringError
        For months, a retention or a variance that cannot be.
    """
    if not months >= 0 or not 0.0 <= retention_per_month <= 1.0:
        raise ScoringError(
            f"Months since the former sitting must be at least 0 and the retention within 0 … 1; "
            f"got {months} and {retention_per_month}."
        )
    kept, middle = retention_per_month**months, np.asarray(norm_mean, dtype=float)
    former = np.asarray(variance, dtype=float)
    if ((np.diagonal(former) if former.ndim == 2 else former) < 0).any():
        raise ScoringError("A former posterior's variance is at least 0.")
    faded = kept**2 * former + (1 - kept**2) * np.asarray(norm_variance, dtype=float)
    return np.asarray(kept * (np.asarray(mean, dtype=float) - middle) + middle), np.asarray(faded)


def _spread(kernel_sd: float, cut_se: float) -> float:
    if not (math.isfinite(cut_se) and cut_se >= 0):
        raise ScoringError(f"The cut's standard error must be a finite number of at least 0; got {cut_se}.")
    return math.hypot(kernel_sd, cut_se)


NORM_MARGIN = normal_prior(NODES)


def _checked_log_likelihood(given: ArrayLike | None) -> NDArray[np.float64] | None:
    if given is None:
        return None
    logs = np.asarray(given, dtype=float).reshape(-1)
    if logs.size != NODES.size or not np.isfinite(logs).all():
        raise ScoringError(f"A log-likelihood needs {NODES.size} finite values, one per node; got {logs.size}.")
    return logs


def _check_joint_normal(mean: NDArray[np.float64], covariance: NDArray[np.float64]) -> None:
    if mean.shape != (2,) or covariance.shape != (2, 2) or not np.isfinite(mean).all():
        raise ScoringError("A prior is a mean of shape (2,) and a covariance of shape (2, 2), both finite.")
    is_definite = covariance[0, 0] > 0 and float(np.linalg.det(covariance)) > 0
    if not np.isfinite(covariance).all() or not np.allclose(covariance, covariance.T) or not is_definite:
        raise ScoringError("A prior's covariance must be finite, symmetric and positive definite.")


def _joint_normal(mean: NDArray[np.float64], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normalised weights of a bivariate normal on the grid, shape (61, 61)."""
    precision = np.linalg.inv(covariance)
    a, b = (NODES - mean[0])[:, None], (NODES - mean[1])[None, :]
    exponent = -0.5 * (precision[0, 0] * a * a + 2 * precision[0, 1] * a * b + precision[1, 1] * b * b)
    weights = np.exp(exponent - exponent.max())
    return np.asarray(weights / weights.sum())


def checked_masses(given: ArrayLike) -> NDArray[np.float64]:
    """A norm group's masses over `NODES`, (61,), summing to one; a ScoringError for what can be none."""
    masses = np.asarray(given, dtype=float).reshape(-1)
    if masses.size != NODES.size or not np.isfinite(masses).all() or not (masses > 0).all():
        raise ScoringError(f"A norm group needs {NODES.size} masses above 0, one per node; got {masses.size}.")
    return np.asarray(masses / masses.sum())


def _tilted(weights: NDArray[np.float64], logs: NDArray[np.float64]) -> NDArray[np.float64]:
    return _normalised(weights * np.exp(logs))


def _normalised(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(grid.sum())
    if not total > 0:
        raise ScoringError("Prior and responses leave no common place on the grid; check the prior's mean.")
    return np.asarray(grid / total)


def _moments(weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Means (2,) and covariance (2, 2) of a grid's weights, which sum to one."""
    margins = (weights.sum(axis=1), weights.sum(axis=0))
    means = np.array([margin @ NODES for margin in margins])
    judgement_off, self_report_off = NODES - means[0], NODES - means[1]
    covariance = np.empty((2, 2))
    covariance[0, 0] = margins[0] @ judgement_off**2
    covariance[1, 1] = margins[1] @ self_report_off**2
    covariance[0, 1] = covariance[1, 0] = judgement_off @ weights @ self_report_off
    return means, covariance


def _with_normal_margins(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep the dependence, with both margins exactly those of one dimension (Deming & Stephan 1940).

    So a composite of one kind alone is the one-dimensional EAP to the last digit.
    """
    for _ in range(200):
        weights = weights * (NORM_MARGIN / weights.sum(axis=1))[:, None]
        weights = weights * (NORM_MARGIN / weights.sum(axis=0))[None, :]
        if np.abs(weights.sum(axis=1) - NORM_MARGIN).max() < MARGINAL_TOLERANCE:
            break
    return weights
