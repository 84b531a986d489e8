"""A rated scenario becomes one ordered category: how far the shape of the ratings agrees with the panel's key.

Why not the raw distance to the key: a person who rates everything high, or keeps to the middle of the scale, lies far
from the key without judging worse. Distance mixes three things: elevation (the mean rating), scatter (the spread) and
shape (which option is better than which). The first two are personal use of the scale; only shape is judgement
(Cronbach & Gleser 1953; McDaniel, Psotka, Legree, Yost & Weekley 2011, Journal of Applied Psychology 96, 327-336).
Pearson's correlation across the options of one scenario is exactly what is left when elevation and scatter are gone.
The options of one scenario depend on each other, so a scenario is one unit with one category, never several items.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses
from scoring.responses import MISSING

BOUNDS = (0.0, 0.4, 0.7, 0.9)  # correlations where categories 1, 2, 3 and 4 begin
FEWEST_OPTIONS = 3  # with two options every correlation is -1 or +1
DECIMALS = 9  # correlations are rounded so that a replay on another machine cannot cross a bound


def rate_each_category(ratings: ArrayLike, key: ArrayLike, bounds: tuple[float, ...] = BOUNDS) -> NDArray[np.int64]:
    """Category of one scenario whose options were all rated for effectiveness.

    Parameters
    ----------
    ratings : array-like, shape (O,) or (N, O)
        Ratings of the O options, in points of the effectiveness scale; NaN or -1 where an option was not rated.
    key : array-like, shape (O,)
        The panel's mean rating of each option, in the same points.
    bounds : rising correlations where category 1, 2, … begins.

    Returns
    -------
    ndarray of int, shape () or (N,)
        0 … len(bounds). A flat rater tells no option from another and gets 0. An unfinished scenario is missing, -1.

    Raises
    ------
    InvalidResponses
        When ratings and key disagree in shape, there are fewer than three options, the key is flat or not finite, or
        the bounds do not rise.
    """
    given = np.asarray(ratings, dtype=float)
    panel = np.asarray(key, dtype=float)
    _check(given, panel, bounds)
    unfinished = (~np.isfinite(given) | (given == MISSING)).any(axis=-1)
    agreement = _shape_agreement(np.where(unfinished[..., None], 0.0, given), panel)
    category = np.searchsorted(np.asarray(bounds), np.nan_to_num(agreement, nan=-1.0), side="right")
    category = np.where(np.isnan(agreement), 0, category)
    return np.asarray(np.where(unfinished, MISSING, category), dtype=np.int64)


def most_least_category(
    most: ArrayLike, least: ArrayLike, key: ArrayLike, bounds: tuple[float, ...] = BOUNDS
) -> NDArray[np.int64]:
    """Category of one scenario of which the most and the least effective option were named.

    The two options' distance on the key, as a share of the key's whole range: 1 for naming its ends, below 0 for
    naming them the wrong way round. One number for both choices, for they depend on each other.

    Parameters
    ----------
    most, least : array-like of int, shape () or (N,)
        Option from 0; -1 where none was named.
    key : array-like, shape (O,)
        The panel's mean rating of each option.
    bounds : rising shares where category 1, 2, … begins.

    Returns
    -------
    ndarray of int, shape () or (N,)
        0 … len(bounds); missing, -1, where either option is.

    Raises
    ------
    InvalidResponses
        As `rate_each_category`; also for an option that does not exist, or named as both.
    """
    top, bottom = np.asarray(most, dtype=np.int64), np.asarray(least, dtype=np.int64)
    panel = np.asarray(key, dtype=float)
    _check(panel, panel, bounds)
    if top.shape != bottom.shape or (np.minimum(top, bottom) < MISSING).any():
        raise InvalidResponses("Most and least name one option each, numbered from 0, or -1 for none.")
    if (np.maximum(top, bottom) >= panel.size).any() or ((top == bottom) & (top != MISSING)).any():
        raise InvalidResponses(f"Most and least are two different options of {panel.size}.")
    share = np.round((panel[top] - panel[bottom]) / np.ptp(panel), DECIMALS)
    category = np.searchsorted(np.asarray(bounds), share, side="right")
    return np.asarray(np.where((top == MISSING) | (bottom == MISSING), MISSING, category), dtype=np.int64)


def _shape_agreement(ratings: NDArray[np.float64], key: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pearson's correlation of each row with the key; NaN for a flat row."""
    deviation = ratings - ratings.mean(axis=-1, keepdims=True)
    key_deviation = key - key.mean()
    flat = np.ptp(ratings, axis=-1) == 0
    length = np.sqrt((deviation**2).sum(axis=-1) * (key_deviation**2).sum())
    agreement = (deviation @ key_deviation) / np.where(flat, 1.0, length)
    return np.asarray(np.where(flat, np.nan, np.round(agreement, DECIMALS)))


def _check(ratings: NDArray[np.float64], key: NDArray[np.float64], bounds: tuple[float, ...]) -> None:
    if key.ndim != 1 or ratings.ndim not in (1, 2) or ratings.shape[-1] != key.size:
        raise InvalidResponses(
            f"Ratings of shape {ratings.shape} do not fit a key of shape {key.shape}; the last axis is the options."
        )
    if key.size < FEWEST_OPTIONS:
        raise InvalidResponses(f"A scenario needs at least {FEWEST_OPTIONS} options to have a shape; got {key.size}.")
    if not np.isfinite(key).all() or np.ptp(key) == 0:
        raise InvalidResponses("The key must be finite and tell at least one option from another.")
    if not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise InvalidResponses(f"The bounds must be finite and rise from left to right; got {bounds}.")
