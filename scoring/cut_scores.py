"""How often decisions at a cut are right, and how often a second sitting would decide alike.

Three ways, by what is known: estimates with their standard errors (Rudner), items whose raw score is cut (Lee), or
nothing but raw scores and their reliability (Livingston & Lewis). All answer in the same shares.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.continuous import refuse_cut
from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_distribution, normal_prior

TRUE_SCORE_NODES = 401  # midpoints over the range of true scores
FEWEST_SCORES = 10  # four moments of fewer say nothing
FEWEST_NODES = 11  # fewer evenly spaced thetas with weights are persons
EVEN = 1e-6  # of a step; nodes spaced as evenly as this have cells
CLOSE = 1e-9  # a score this near below a whole number is that number


@dataclass(frozen=True, slots=True)
class Classification:
    """Shares of a group decided at a cut.

    Attributes
    ----------
    awarded : share decided to be at or above the cut.
    accuracy : share decided rightly.
    consistency : share that two independent sittings decide alike.
    kappa : consistency beyond what equal award shares alone would give (Cohen 1960).
    predictive_value : share truly at or above the cut among those awarded.
    sensitivity : share awarded among those truly at or above the cut.
    """

    awarded: float
    accuracy: float
    consistency: float
    kappa: float
    predictive_value: float
    sensitivity: float


def classification_accuracy(
    theta: ArrayLike,
    standard_error: ArrayLike,
    cut: float,
    weights: ArrayLike | None = None,
    *,
    true_cut: float | None = None,
) -> Classification:
    """Classification accuracy and consistency when estimates fall normally around true thetas.

    Parameters
    ----------
    theta : array-like, shape (N,)
        True thetas: nodes of a latent distribution, with its masses as weights; or estimates taken for true ones.
        Eleven or more that rise evenly and have weights are nodes: each stands for its cell, of which the part above
        the cut counts as above. Any others are persons, above or not.
    standard_error : array-like, shape (N,), or float
        Of the estimate at each theta, above 0; for example 1 / √(test information).
    cut : float
        Estimates at or above it are awarded.
    weights : array-like, shape (N,), optional
    true_cut : float, optional
        True thetas at or above it are above; by default `cut`. Another one where estimates are awarded by a rule of
        their own: an EAP at or above c is an unshrunk estimate at or above c (1 + 1 / information).

    Returns
    -------
    Classification
        A share among nobody (nobody awarded, nobody above) is 0.

    Raises
    ------
    ScoringError
        For thetas, a cut or weights that are not finite, or standard errors that are none.

    References
    ----------
    Rudner (2001, 2005); consistency after Lee (2010).
    """
    points = np.asarray(theta, dtype=float).reshape(-1)
    errors = np.broadcast_to(np.asarray(standard_error, dtype=float), points.shape)
    if points.size == 0 or not np.isfinite(points).all() or not (np.isfinite(errors) & (errors > 0)).all():
        raise ScoringError("Thetas must be finite, at least one, and their standard errors finite and above 0.")
    line = cut if true_cut is None else true_cut
    refuse_cut(cut)
    refuse_cut(line)
    shares = _shares(weights, points.size)
    half = 0.0 if weights is None else _half_step(points)
    return _classification(
        shares, normal_distribution((points - cut) / errors), _part_above(points - half, points + half, line)
    )


def raw_score_classification(
    items: ItemParameters, cut: int, nodes: ArrayLike | None = None, density: ArrayLike | None = None
) -> Classification:
    """Classification accuracy and consistency when the raw score of a fixed form is cut.

    Parameters
    ----------
    items : ItemParameters
        Their categories count from 0; the raw score is their sum.
    cut : int
        Raw scores at or above it are awarded. A person is truly above when the expected raw score is.
    nodes, density : array-like, shape (Q,), optional
        The latent distribution as masses; by default N(0, 1). Evenly spaced nodes, eleven or more, stand for their
        cells.

    Raises
    ------
    ScoringError
        For a cut that is not finite, or masses that are none.

    References
    ----------
    Lee (2010), Journal of Educational Measurement 47, 1-17; Lord & Wingersky (1984), Hanson (1994) for the recursion.
    """
    refuse_cut(cut)
    points = NODES if nodes is None else np.asarray(nodes, dtype=float).reshape(-1)
    shares = _shares(normal_prior(points) if density is None else density, points.size)
    distribution = raw_score_distribution(items, points)
    scores = np.arange(distribution.shape[1])
    award = distribution[:, scores >= cut].sum(axis=1)
    half = _half_step(points)
    edges = [distribution @ scores] if half == 0 else [_expected_scores(items, points + side) for side in (-half, half)]
    return _classification(shares, np.minimum(award, 1.0), _part_above(edges[0], edges[-1], cut - CLOSE))


def _expected_scores(items: ItemParameters, points: NDArray[np.float64]) -> NDArray[np.float64]:
    probabilities = category_probabilities(items, points)
    return np.asarray((probabilities @ np.arange(probabilities.shape[2])).sum(axis=1))


def _half_step(points: NDArray[np.float64]) -> float:
    """Half the distance of evenly spaced nodes that rise; 0 where these are none."""
    steps = np.diff(points)
    if points.size < FEWEST_NODES or steps[0] <= 0 or np.abs(steps - steps[0]).max() > EVEN * steps[0]:
        return 0.0
    return float(steps[0]) / 2


def _part_above(left: NDArray[np.float64], right: NDArray[np.float64], line: float) -> NDArray[np.float64]:
    """Part of each cell that lies at or above a line, from what is compared with it at the cell's two edges, (Q,)."""
    width = np.abs(right - left)
    part = (np.maximum(left, right) - line) / np.where(width > 0, width, 1.0)
    return np.where(width > 0, np.clip(part, 0.0, 1.0), left >= line)


def raw_score_distribution(items: ItemParameters, theta: ArrayLike) -> NDArray[np.float64]:
    """P(raw score | theta), shape (Q, S + 1) for a highest score S, by Lord and Wingersky's recursion."""
    points = np.asarray(theta, dtype=float).reshape(-1)
    probabilities = category_probabilities(items, points)
    distribution = np.ones((points.size, 1))
    for item, categories in enumerate(items.categories):
        longer = np.zeros((points.size, distribution.shape[1] + int(categories) - 1))
        for category in range(int(categories)):
            longer[:, category : category + distribution.shape[1]] += (
                distribution * probabilities[:, item, category, None]
            )
        distribution = longer
    return distribution


def livingston_lewis(
    scores: ArrayLike, reliability: float, cut: float, *, lowest: float, highest: float
) -> Classification:
    """Classification accuracy and consistency from raw scores and their reliability alone.

    The test is replaced by one of as many equal, independent two-way items as would have its reliability; true scores
    follow a beta distribution of four parameters with the moments that follow from the observed ones, or of two where
    four cannot be had.

    Parameters
    ----------
    scores : array-like, shape (N,)
        Raw scores of a group, at least ten, not all equal.
    reliability : float
        Of these scores, above 0 and below 1.
    cut : float
        Scores at or above it are awarded.
    lowest, highest : float
        That the test allows.

    Raises
    ------
    ScoringError
        For scores, a reliability or a cut that are none, or of which no beta distribution can be made.

    References
    ----------
    Livingston & Lewis (1995), Journal of Educational Measurement 32, 179-197; Hanson (1991) for the moments.
    """
    refuse_cut(cut)
    raw = np.asarray(scores, dtype=float).reshape(-1)
    if raw.size < FEWEST_SCORES or not np.isfinite(raw).all() or not lowest < highest or np.ptp(raw) == 0:
        raise ScoringError(f"At least {FEWEST_SCORES} finite scores are needed, not all equal, on a range that rises.")
    if raw.min() < lowest or raw.max() > highest or not 0.0 < reliability < 1.0:
        raise ScoringError("Scores must lie within the test's range, and the reliability between 0 and 1.")
    mean, variance = float(raw.mean()), float(raw.var(ddof=1))
    length = ((mean - lowest) * (highest - mean) - reliability * variance) / (variance * (1 - reliability))
    items = max(2, round(length))
    share = (raw - lowest) / (highest - lowest)
    points, masses = _true_scores(share, items)
    passing = (cut - lowest) / (highest - lowest)
    half = _half_step(points)
    return _classification(
        masses, _binomial_tail(points, items, items * passing), _part_above(points - half, points + half, passing)
    )


def _true_scores(share: NDArray[np.float64], items: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True proportions and their masses: a beta distribution with the moments that binomial errors leave."""
    moments = _true_moments(share, items)
    shape = _four_parameters(moments) or _two_parameters(moments)
    low, high, alpha, beta = shape
    part = (np.arange(TRUE_SCORE_NODES) + 0.5) / TRUE_SCORE_NODES
    logs = (alpha - 1) * np.log(part) + (beta - 1) * np.log1p(-part)
    masses = np.exp(logs - logs.max())
    return low + (high - low) * part, masses / masses.sum()


def _true_moments(share: NDArray[np.float64], items: int) -> tuple[float, float, float, float]:
    """Mean, variance, skewness and kurtosis of the true proportion, by factorial moments."""
    observed = items * share
    falling, raw = np.ones_like(observed), []
    for order in range(min(4, items)):
        falling = falling * (observed - order)
        raw.append(float(falling.mean()) / math.prod(items - k for k in range(order + 1)))
    raw += [math.nan] * (4 - len(raw))
    first, second, third, fourth = raw
    variance = second - first**2
    if not variance > 0:
        raise ScoringError("The scores vary less than their reliability and binomial errors allow.")
    cubed = third - 3 * first * second + 2 * first**3
    to_the_fourth = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    return first, variance, cubed / variance**1.5, to_the_fourth / variance**2


def _four_parameters(moments: tuple[float, float, float, float]) -> tuple[float, float, float, float] | None:
    """Bounds and shapes of the beta distribution with these moments, or None when there is none within 0 … 1."""
    mean, variance, skewness, kurtosis = moments
    below = 6 + 3 * skewness**2 - 2 * kurtosis
    total = 6 * (kurtosis - skewness**2 - 1) / below if below else math.nan
    inner = (total + 2) * (total + 3) * kurtosis - 3 * (total - 6) * (total + 1)
    root = 1 - 24 * (total + 1) / inner if inner else math.nan
    if not (total > 0 and 0 <= root < 1):
        return None
    larger, smaller = total / 2 * (1 + math.sqrt(root)), total / 2 * (1 - math.sqrt(root))
    alpha, beta = (larger, smaller) if skewness < 0 else (smaller, larger)
    if not (alpha > 0 and beta > 0):
        return None
    width = math.sqrt(variance * total**2 * (total + 1) / (alpha * beta))
    low = mean - width * alpha / total
    return (low, low + width, alpha, beta) if low >= 0 and low + width <= 1 else None


def _two_parameters(moments: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    mean, variance = moments[:2]
    total = mean * (1 - mean) / variance - 1
    if not total > 0:
        raise ScoringError("No beta distribution has the mean and variance of these true scores.")
    return 0.0, 1.0, mean * total, (1 - mean) * total


def _binomial_tail(points: NDArray[np.float64], items: int, least: float) -> NDArray[np.float64]:
    """P(X >= least) of a binomial with `items` trials at each proportion, shape (Q,)."""
    counts = np.arange(items + 1)
    logs = np.array([math.lgamma(items + 1) - math.lgamma(k + 1) - math.lgamma(items - k + 1) for k in counts])
    chances = np.exp(logs + counts * np.log(points)[:, None] + (items - counts) * np.log1p(-points)[:, None])
    return np.asarray(np.minimum(chances[:, counts >= least - CLOSE].sum(axis=1), 1.0))


def _classification(
    shares: NDArray[np.float64], award: NDArray[np.float64], above: NDArray[np.float64]
) -> Classification:
    """Sum up a group: shares of persons, their chance of an award in one sitting, and the part truly above."""
    awarded = float(shares @ award)
    rightly = float(shares @ (award * above))
    consistency = float(shares @ (award**2 + (1 - award) ** 2))
    chance = awarded**2 + (1 - awarded) ** 2
    return Classification(
        awarded=awarded,
        accuracy=float(shares @ (above * award + (1 - above) * (1 - award))),
        consistency=consistency,
        kappa=_ratio(consistency - chance, 1 - chance),
        predictive_value=_ratio(rightly, awarded),
        sensitivity=_ratio(rightly, float(shares @ above)),
    )


def _shares(weights: ArrayLike | None, size: int) -> NDArray[np.float64]:
    given = np.ones(size) if weights is None else np.asarray(weights, dtype=float).reshape(-1)
    if given.size != size or not np.isfinite(given).all() or (given < 0).any() or given.sum() <= 0:
        raise ScoringError(f"Weights must be {size} finite numbers, none below zero, not all zero.")
    return np.asarray(given / given.sum())


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0
