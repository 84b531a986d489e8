"""Whether the answers to an item have become better than its own past, people's standing taken into account.

A leaked item gives itself away: people of the same theta answer it better than they did while it was new. Each answer
is laid against what the model expects of that person, and the point in time is sought from which on answers exceed
those before it most. An item is compared with its own past, because the choice of items and the shrinking of theta
move each item's average a little, for ever and harmlessly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities, finite_thetas
from scoring.items import ItemParameters

BASELINE = 300  # answers before a change can be looked for
FEWEST_AFTER = 50  # answers after a change: fewer say nothing
LIMIT = 5.0  # standard errors; what it lets through and what it misses is measured in docs/measurements.md
ROWS_AT_ONCE = 20_000  # bounds the memory of one pass


@dataclass(frozen=True, slots=True)
class UpwardDrift:
    """What the watch of one item says.

    Attributes
    ----------
    answers : int
        All answers looked at.
    shift : float
        Mean of the answers after the likeliest change less that before, in standard deviations; NaN while there are
        too few.
    height : float
        The same in its standard errors; 0 while there are too few.
    since : int or None
        Number of the first answer after that change, from 0.
    limit : float
        Standard errors.
    """

    answers: int
    shift: float
    height: float
    since: int | None
    limit: float

    @property
    def is_alarm(self) -> bool:
        """Whether the change is larger than chance explains."""
        return self.height > self.limit


def answer_residuals(
    items: ItemParameters, numbers: ArrayLike, categories: ArrayLike, theta: ArrayLike
) -> NDArray[np.float64]:
    """How far each answer lies above what the model expects, in the model's standard deviations.

    Parameters
    ----------
    items : ItemParameters
        Of one kind of evidence.
    numbers, categories : array-like of int, shape (N,)
        The item of each answer, and its category.
    theta : array-like, shape (N,)
        Of the people who gave them, on the items' scale.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    ScoringError
        For shapes that differ, or a theta that is not finite.
    InvalidResponses
        For an item that is none of these, or a category that its item does not have. Leave missing answers out: read
        as very low ones they make the later ones look better.
    """
    which, given = np.asarray(numbers, dtype=np.int64), np.asarray(categories, dtype=float)
    places = np.asarray(theta, dtype=float)
    if not which.shape == given.shape == places.shape or which.ndim != 1:
        raise ScoringError("Each answer needs an item, a category and the theta of its person.")
    _refuse_no_answers(which, given, items)
    finite_thetas(places)
    found = np.empty(which.size)
    for item in np.unique(which):
        rows = np.nonzero(which == item)[0]
        one = items.take([int(item)])
        for first in range(0, rows.size, ROWS_AT_ONCE):
            block = rows[first : first + ROWS_AT_ONCE]
            chances = np.nan_to_num(category_probabilities(one, places[block])[:, 0])
            scores = np.arange(chances.shape[1])
            mean = chances @ scores
            variance = chances @ scores**2 - mean**2
            found[block] = (given[block] - mean) / np.sqrt(np.maximum(variance, 1e-12))
    return found


def _refuse_no_answers(which: NDArray[np.int64], given: NDArray[np.float64], items: ItemParameters) -> None:
    outside = (which < 0) | (which >= len(items))
    if outside.any():
        row = int(np.argmax(outside))
        raise InvalidResponses(f"Answer {row}: there is no item {which[row]}; the bank has {len(items)}, from 0.")
    sizes = items.categories[which]
    fits = (given >= 0) & (given < sizes) & (given == np.round(given))
    if not fits.all():
        row = int(np.argmin(fits))
        raise InvalidResponses(
            f"Answer {row}, item {which[row]}: {given[row]:g} is none of its {sizes[row]} categories, from 0; leave "
            "missing answers out."
        )


def upward_drift(
    residuals: ArrayLike, *, baseline: int = BASELINE, fewest_after: int = FEWEST_AFTER, limit: float = LIMIT
) -> UpwardDrift:
    """Look for the change upward in the answers to one item, in order of time.

    Parameters
    ----------
    residuals : array-like, shape (N,)
        From `answer_residuals`, oldest first.
    baseline, fewest_after : int
        Answers that must lie before and after a change, at least 2.
    limit : float
        Standard errors.

    References
    ----------
    Hawkins (1977), Journal of the American Statistical Association 72, one-sided; for leaked items in adaptive tests
    Zhang (2014), Applied Psychological Measurement 38.
    """
    given = np.asarray(residuals, dtype=float).reshape(-1)
    if min(baseline, fewest_after) < 2 or limit <= 0 or not np.isfinite(given).all():
        raise ScoringError("A watch needs finite residuals, two answers on either side and a limit above 0.")
    size = given.size
    if size < baseline + fewest_after:
        return UpwardDrift(size, float("nan"), 0.0, None, limit)
    before = np.arange(baseline, size - fewest_after + 1)
    total = np.concatenate([[0.0], np.cumsum(given)])
    spread = max(float(given.std(ddof=1)), 1e-6)
    after = size - before
    shifts = ((total[-1] - total[before]) / after - total[before] / before) / spread
    heights = shifts / np.sqrt(1 / before + 1 / after)
    best = int(np.argmax(heights))
    return UpwardDrift(size, float(shifts[best]), float(heights[best]), int(before[best]), limit)
