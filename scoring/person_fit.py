"""Whether one person's pattern of responses fits the model that scores it.

A misfit never says why: haste, a misread scale, help from outside and a person unlike the norm group look alike. It
keeps a sitting out of a norm sample and calls a person; it voids nothing by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.ability import estimate_ability
from scoring.errors import InvalidResponses
from scoring.graded_response import (
    SMALLEST_PROBABILITY,
    category_probabilities,
    cumulative_probabilities,
    log_likelihood,
)
from scoring.items import ItemParameters
from scoring.responses import MISSING, ResponseMatrix

PERSONS_AT_ONCE = 5_000  # bounds memory; the answers do not depend on it
SMALLEST_VARIANCE = 1e-9  # of a log-likelihood, in squared nats: below it a pattern could not have been any other


@dataclass(frozen=True, slots=True, eq=False)
class PersonFit:
    """Fit of N persons; every value is finite.

    Attributes
    ----------
    lz : ndarray, shape (N,)
        Standardised log-likelihood of the pattern (Drasgow, Levine & Williams 1985); low means unlikely. Its variance
        is below 1, because theta was estimated from the same responses.
    lz_star : ndarray, shape (N,)
        The same, corrected for the estimated theta: near N(0, 1) for persons who follow the model.
    infit, outfit : ndarray, shape (N,)
        Mean squares: 1 is expected, above is noise, below is too regular. Infit weights each response by its
        information; outfit by nothing, so a single surprise shows.
    theta : ndarray, shape (N,)
        Where the fit was looked at, in logits.
    answered : ndarray, shape (N,)
        Number of responses. Nobody is judged by responses that leave no freedom (none at all; a single one of two
        categories): lz and lz_star are then 0, infit and outfit 1.
    """

    lz: NDArray[np.float64]
    lz_star: NDArray[np.float64]
    infit: NDArray[np.float64]
    outfit: NDArray[np.float64]
    theta: NDArray[np.float64]
    answered: NDArray[np.int64]


def person_fit(
    responses: ResponseMatrix | ArrayLike, items: ItemParameters, theta: ArrayLike | None = None
) -> PersonFit:
    """Measure how well each person's responses follow the model.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Keyed as the items are. Missing responses are left out person by person.
    items : ItemParameters of the same J items.
    theta : array-like, shape (N,), optional
        Estimates in logits, one per person; by default MAP under N(0, 1).

    Returns
    -------
    PersonFit

    Raises
    ------
    InvalidResponses
        For responses that do not fit the items, or thetas that are not one finite number per person.

    Notes
    -----
    With W the centred log-likelihood, S the score function and c = cov(W, S) / I, lz* = (W - c S) / sd. At the ML, MAP
    or WLE estimate this is Snijders' statistic, because there S equals the term that the estimator adds; the projection
    holds for any consistent estimate (Neyman's C(alpha)), EAP included.

    References
    ----------
    Drasgow, Levine & Williams (1985); Snijders (2001); Sinharay (2016) for ordered categories; Neyman (1959); Wright &
    Masters (1982) for the mean squares.
    """
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    log_likelihood(codes, items, [0.0])  # refuses what does not fit the items
    points = estimate_ability(codes, items, "map").theta if theta is None else np.asarray(theta, dtype=float)
    if points.shape != (codes.shape[0],) or not np.isfinite(points).all():
        raise InvalidResponses(f"Person fit needs one finite theta for each of {codes.shape[0]} persons.")
    blocks = [
        _fit(codes[first : first + PERSONS_AT_ONCE], items, points[first : first + PERSONS_AT_ONCE])
        for first in range(0, max(codes.shape[0], 1), PERSONS_AT_ONCE)
    ]
    lz, lz_star, infit, outfit = (np.concatenate(part) for part in zip(*blocks, strict=True))
    return PersonFit(lz, lz_star, infit, outfit, points.copy(), (codes != MISSING).sum(axis=1))


def standardised_log_likelihood(
    codes: NDArray[np.int8], items: ItemParameters, theta: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`PersonFit.lz` alone, for whoever needs it of thousands of simulated patterns.

    Parameters
    ----------
    codes : ndarray of int8, shape (N, J)
        Checked already: `MISSING` or one of the item's categories.
    items : ItemParameters of the same J items.
    theta : ndarray, shape (N,)

    Returns
    -------
    ndarray, shape (N,)
    """
    chosen, probability, logs = _surprise(codes, items, theta)
    log_part = np.einsum("njk,njk->n", chosen - probability, logs) + _impossible(chosen, probability)
    return _standardised(log_part, _variance(probability, logs))


def _surprise(
    codes: NDArray[np.int8], items: ItemParameters, theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """What was chosen, the probabilities and their logarithms, shape (N, J, K); all 0 where nothing was answered."""
    answered = (codes != MISSING)[:, :, None]
    probability = np.where(answered, category_probabilities(items, theta), 0.0)
    chosen = np.where(answered, codes[:, :, None] == np.arange(probability.shape[2]), 0.0)
    logs = np.log(np.maximum(probability, SMALLEST_PROBABILITY))
    logs[probability == 0] = 0.0  # 0 log 0, and responses there are not
    return chosen, probability, logs


def _fit(
    codes: NDArray[np.int8], items: ItemParameters, theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    chosen, probability, logs = _surprise(codes, items, theta)
    surprise = chosen - probability  # sums to zero over an item's categories
    rates = score_rates(items, theta)

    log_part = np.einsum("njk,njk->n", surprise, logs)
    log_part += _impossible(chosen, probability)
    score = np.einsum("njk,njk->n", surprise, rates)
    information = np.einsum("njk,njk->n", probability, rates**2)
    shared = np.einsum("njk,njk,njk->n", probability, rates, logs)
    slope = np.divide(shared, information, out=np.zeros_like(shared), where=information > SMALLEST_VARIANCE)
    lz = _standardised(log_part, _variance(probability, logs))
    lz_star = _standardised(log_part - slope * score, _variance(probability, logs - slope[:, None, None] * rates))
    return (lz, lz_star, *_mean_squares(surprise, probability, items, codes != MISSING))


def _impossible(chosen: NDArray[np.float64], probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-likelihood of responses that the model gives no probability at all: the log's floor, once for each."""
    return np.asarray(((chosen > 0) & (probability == 0)).sum(axis=(1, 2)) * np.log(SMALLEST_PROBABILITY))


def score_rates(items: ItemParameters, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slope of log P(X = k | theta) over theta, shape (N, J, K); 0 where there is no category."""
    places = np.arange(items.thresholds.shape[1] + 1)
    exists = places[None, :] < items.categories[:, None]
    if items.model == "graded" or items.model in ("2pl", "rasch"):
        above, below = cumulative_probabilities(items, theta)
        edge = np.zeros((theta.size, len(items), 1))
        # P_k ∝ P(X >= k) P(X < k + 1): its log's slope is a [P(X < k) - P(X >= k + 1)], exact in both tails
        rates = np.concatenate([edge, below], axis=2) - np.concatenate([above, edge], axis=2)
        return np.where(exists, items.slopes[None, :, None] * rates, 0.0)
    probability = category_probabilities(items, theta)
    weights = category_scores(items) if items.model == "nominal" else items.slopes[:, None] * category_scores(items)
    mean = np.einsum("njk,jk->nj", probability, weights)
    return np.where(exists, weights[None, :, :] - mean[:, :, None], 0.0)


def category_scores(items: ItemParameters) -> NDArray[np.float64]:
    """What a category counts, shape (J, K): its number; its slope, where categories have no order."""
    if items.category_slopes is not None:
        return np.nan_to_num(items.category_slopes)
    places = np.arange(items.thresholds.shape[1] + 1, dtype=float)
    return np.where(places[None, :] < items.categories[:, None], places, 0.0)


def _variance(probability: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Variance over the model of the sum of `values` at the categories chosen, shape (N,)."""
    mean = np.einsum("njk,njk->nj", probability, values)
    return np.asarray(np.einsum("njk,njk->n", probability, (values - mean[:, :, None]) ** 2))


def _standardised(deviation: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    free = variance > SMALLEST_VARIANCE
    return np.where(free, deviation / np.sqrt(np.where(free, variance, 1.0)), 0.0)


def _mean_squares(
    surprise: NDArray[np.float64],
    probability: NDArray[np.float64],
    items: ItemParameters,
    answered: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scores = category_scores(items)
    residual = np.einsum("njk,jk->nj", surprise, scores)
    mean = np.einsum("njk,jk->nj", probability, scores)
    variance = np.einsum("njk,njk->nj", probability, (scores[None, :, :] - mean[:, :, None]) ** 2)
    free = answered & (variance > SMALLEST_VARIANCE)
    squares = np.where(free, residual**2 / np.where(free, variance, 1.0), 0.0)
    count, total = free.sum(axis=1), np.where(free, variance, 0.0).sum(axis=1)
    infit = np.where(total > 0, np.where(free, residual**2, 0.0).sum(axis=1) / np.where(total > 0, total, 1.0), 1.0)
    return infit, np.where(count > 0, squares.sum(axis=1) / np.maximum(count, 1), 1.0)
