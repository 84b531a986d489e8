"""Simulated people who do not simply answer as the model says: careless, faking, helped, practised, forewarned.

What a sitting can withstand is found out by simulating who comes to it. Each function takes what honest people would
answer, or where they stand, and gives what these people answer; `sitting_simulation` and the indices do the rest.
Raters of people are simulated here as well, for `many_facet`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

Codes = NDArray[np.int8]
Floats = NDArray[np.float64]
Carelessness = Literal["random", "straight line", "half random"]
HALF = 0.5


def careless(responses: ArrayLike, categories: ArrayLike, kind: Carelessness, rng: np.random.Generator) -> Codes:
    """What these people answer without reading.

    Parameters
    ----------
    responses : array-like of int, shape (N, J)
        What they would answer with care.
    categories : array-like of int, shape (J,)
    kind : {"random", "straight line", "half random"}
        Uniform over the categories; one place on the scale throughout; uniform on a random half of the items.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (N, J)
    """
    codes, sizes = _fitting(responses, categories)
    if kind == "straight line":
        place = rng.random((codes.shape[0], 1))
        return np.asarray(np.minimum(np.floor(place * sizes), sizes - 1), dtype=np.int8)
    drawn = rng.integers(0, sizes, codes.shape, dtype=np.int8)
    if kind == "random":
        return drawn
    if kind == "half random":
        return np.asarray(np.where(_some(codes.shape, HALF, rng), drawn, codes), dtype=np.int8)
    raise ScoringError(f'Carelessness is "random", "straight line" or "half random", not {kind!r}.')


def faking(theta: ArrayLike, gain: float, gain_sd: float, rng: np.random.Generator) -> Floats:
    """Thetas that these people's statements show: their own and what each adds, N(gain, gain_sd²) but never less.

    Parameters
    ----------
    theta : array-like, shape (N,)
    gain, gain_sd : float
        In logits, at least 0. Applicants add about half a standard deviation on average, and not all alike
        (Viswesvaran & Ones 1999; Griffith, Chmielowski & Yoshita 2007).
    rng : numpy.random.Generator
    """
    return _added(theta, gain, gain_sd, rng)


def leaked(
    responses: ArrayLike,
    best: ArrayLike,
    is_leaked: ArrayLike,
    is_holder: ArrayLike,
    rng: np.random.Generator,
    *,
    recall: float = 1.0,
) -> Codes:
    """Put the keyed answer of leaked items in the mouth of those who hold the leak, where they recall it.

    Parameters
    ----------
    responses : array-like of int, shape (N, J)
    best : array-like of int, shape (J,)
        Keyed category of each item.
    is_leaked : array-like of bool, shape (J,)
    is_holder : array-like of bool, shape (N,)
    rng : numpy.random.Generator
    recall : float
        Chance of recalling the answer to a leaked item.
    """
    codes = np.asarray(responses, dtype=np.int8)
    known = np.asarray(is_holder, dtype=bool)[:, None] & np.asarray(is_leaked, dtype=bool)[None, :]
    return np.asarray(np.where(known & _some(codes.shape, recall, rng), np.asarray(best), codes), dtype=np.int8)


def assisted(
    responses: ArrayLike,
    items: ItemParameters,
    assistant: float,
    is_assisted: ArrayLike,
    rng: np.random.Generator,
    *,
    asked: float = 1.0,
) -> Codes:
    """What is answered where an assistant at a theta of its own is asked instead.

    Parameters
    ----------
    responses : array-like of int, shape (N, J)
    items : ItemParameters of the J items.
    assistant : float
        Its theta, in logits.
    is_assisted : array-like of bool, shape (N,)
    rng : numpy.random.Generator
    asked : float
        Chance that a person with an assistant asks it, item by item.
    """
    codes = np.asarray(responses, dtype=np.int8)
    others = simulate_responses(items, np.full(codes.shape[0], assistant), rng)
    asking = np.asarray(is_assisted, dtype=bool)[:, None] & _some(codes.shape, asked, rng)
    return np.asarray(np.where(asking, others, codes), dtype=np.int8)


def retaking(
    theta: ArrayLike, gain: float, gain_sd: float, rng: np.random.Generator, *, retained: float = 1.0
) -> tuple[Floats, Floats]:
    """Where people stand at a retake, and the thetas that their answers show after practice.

    Parameters
    ----------
    theta : array-like, shape (N,)
        At the former sitting; N(0, 1) in the norm group.
    gain, gain_sd : float
        Of practice, in logits, never below 0: about a quarter of a standard deviation on a second sitting of
        cognitive tests (Hausknecht et al. 2007), and no part of the skill.
    rng : numpy.random.Generator
    retained : float
        Correlation of the true thetas of the two occasions.

    Returns
    -------
    (true, shown) : ndarrays, shape (N,)
    """
    former = np.asarray(theta, dtype=float).reshape(-1)
    if not -1.0 <= retained <= 1.0:
        raise ScoringError(f"What is retained is a correlation, not {retained}.")
    true = retained * former + np.sqrt(1.0 - retained**2) * rng.standard_normal(former.size)
    return np.asarray(true), _added(true, gain, gain_sd, rng)


def ratings(
    theta: ArrayLike,
    severity: ArrayLike,
    steps: ArrayLike,
    rng: np.random.Generator,
    *,
    raters_each: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Ratings under the many-facet Rasch model, each person rated by some raters drawn at random.

    Parameters
    ----------
    theta : array-like, shape (N,)
    severity : array-like, shape (R,)
    steps : array-like, shape (K - 1,)
    rng : numpy.random.Generator
    raters_each : int

    Returns
    -------
    (person, rater, rating) : ndarrays of int, shape (N * raters_each,)
        As `fit_many_facet` takes them.
    """
    points, raters = np.asarray(theta, dtype=float).reshape(-1), np.asarray(severity, dtype=float).reshape(-1)
    if not 1 <= raters_each <= raters.size:
        raise ScoringError(f"Each person is rated by 1 … {raters.size} raters, not {raters_each}.")
    rater = np.argsort(rng.random((points.size, raters.size)), axis=1)[:, :raters_each]
    person = np.repeat(np.arange(points.size), raters_each)
    rater = rater.reshape(-1)
    climbs = (points[person] - raters[rater])[:, None] - np.asarray(steps, dtype=float)[None, :]
    logits = np.concatenate([np.zeros((person.size, 1)), np.cumsum(climbs, axis=1)], axis=1)
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    above = rng.random((person.size, 1)) >= np.cumsum(chances, axis=1)[:, :-1]
    return person, rater, np.asarray(above.sum(axis=1), dtype=np.int64)


def _added(theta: ArrayLike, gain: float, gain_sd: float, rng: np.random.Generator) -> Floats:
    points = np.asarray(theta, dtype=float).reshape(-1)
    if not (gain >= 0 and gain_sd >= 0):
        raise ScoringError(f"A gain and its spread are at least 0; got {gain} and {gain_sd}.")
    return np.asarray(points + np.maximum(gain + gain_sd * rng.standard_normal(points.size), 0.0))


def _some(shape: tuple[int, ...], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    if not 0.0 <= share <= 1.0:
        raise ScoringError(f"A chance lies between 0 and 1, not {share}.")
    return rng.random(shape) < share


def _fitting(responses: ArrayLike, categories: ArrayLike) -> tuple[Codes, NDArray[np.int64]]:
    codes, sizes = np.asarray(responses, dtype=np.int8), np.asarray(categories, dtype=np.int64).reshape(-1)
    if codes.ndim != 2 or codes.shape[1] != sizes.size or (codes >= sizes).any() or (sizes < 2).any():
        raise ScoringError("Responses need a number of categories, at least 2, for each item, and to lie within it.")
    return codes, sizes
