"""How fast a person answers, told apart from how long each item takes.

Log seconds = the item's time intensity - the person's speed + a residual. Speed says little about bogus claims and
depends on the trait itself in attitude items, so it is one sign among several and never one alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses

Floats = NDArray[np.float64]

ROUNDS = 200
TOLERANCE = 1e-6  # log seconds
PRIOR_TIMES = 2.0  # that each item's residual spread takes from all items': what two times show alone may be none
SMALLEST_SD = 1e-3  # log seconds; clocks are no finer


@dataclass(frozen=True, slots=True, eq=False)
class ResponseTimeModel:
    """A lognormal model of response times.

    Attributes
    ----------
    intensity : ndarray, shape (J,)
        Mean log seconds of each item at the reference group's mean speed.
    residual_sd : ndarray, shape (J,)
        Standard deviation of log seconds of one person around the expectation.
    speed_sd : float
        Standard deviation of speed over persons, in log seconds, measurement error taken out.
    """

    intensity: Floats
    residual_sd: Floats
    speed_sd: float


@dataclass(frozen=True, slots=True, eq=False)
class Speed:
    """Speed of N persons; 0, and no residuals, for a person without any time.

    Attributes
    ----------
    log_seconds : how much faster than the reference group, in log seconds, shape (N,).
    standard_error : of the same, shape (N,); infinite without any time.
    z : speed over the spread expected of it, sampling included; near N(0, 1) in the reference group.
    residuals : standardised log seconds left over, shape (N, J); NaN-free, 0 where there is no time.
    misfit : mean squared residual, 1 expected; high where the pace jumps about.
    """

    log_seconds: Floats
    standard_error: Floats
    z: Floats
    residuals: Floats
    misfit: Floats


def fit_response_times(seconds: ArrayLike) -> ResponseTimeModel:
    """Fit time intensities, residual spreads and the spread of speed.

    Parameters
    ----------
    seconds : array-like, shape (N, J)
        Above 0, any unit; NaN where missing. At least two persons with two times each, and two times for each item.

    Raises
    ------
    InvalidResponses
        Another shape, times that are 0, negative or infinite, or too few.

    References
    ----------
    van der Linden (2006), Journal of Educational and Behavioral Statistics 31, for the lognormal model; Dempster, Laird
    & Rubin (1977) for the fit, with speed as the missing data. Residuals from estimated speeds alone would make the
    most precise item ever more precise, until speed is that one item's time.
    """
    logs, given = _logs(seconds)
    if (given.sum(axis=0) < 2).any() or (given.sum(axis=1) > 1).sum() < 2:
        raise InvalidResponses("Every item needs two response times, and two persons need two times each.")
    some = given.any(axis=1)
    return _fitted(logs[some], given[some].astype(float))


def _fitted(logs: Floats, given: Floats) -> ResponseTimeModel:
    """Expectation-maximisation by sums over persons: a pass makes no array of persons by items."""
    times = given.sum(axis=0)
    centre = logs.sum(axis=0) / times
    logs = (logs - centre) * given
    total, squares = logs.sum(axis=0), (logs**2).sum(axis=0)
    off, variance = np.zeros(times.size), np.maximum(squares / times, SMALLEST_SD**2) / 2
    spread = float(variance.mean())
    for _ in range(ROUNDS):
        former = np.concatenate([off, np.sqrt(variance), [np.sqrt(spread)]])
        uncertain = 1 / (given @ (1 / variance) + 1 / spread)
        faster = uncertain * (given @ (off / variance) - logs @ (1 / variance))
        faster -= faster.mean()  # what all are faster by is the items' intensity
        off = (total + faster @ given) / times
        left = squares + 2 * (faster @ logs) + (faster**2 + uncertain) @ given - times * off**2
        usual = left.sum() / times.sum()
        variance = np.maximum((left + PRIOR_TIMES * usual) / (times + PRIOR_TIMES), SMALLEST_SD**2)
        spread = max(float((faster**2 + uncertain).mean()), SMALLEST_SD**2)
        if np.abs(np.concatenate([off, np.sqrt(variance), [np.sqrt(spread)]]) - former).max() < TOLERANCE:
            break
    return ResponseTimeModel(centre + off, np.sqrt(variance), float(np.sqrt(spread)))


def speed(seconds: ArrayLike, model: ResponseTimeModel) -> Speed:
    """Measure people's speed by a model.

    Parameters
    ----------
    seconds : array-like, shape (N, J)
        Above 0, in the model's unit; NaN where missing.
    model : ResponseTimeModel of the same J items.

    Raises
    ------
    InvalidResponses
        Another number of items, or times that are 0, negative or infinite.
    """
    logs, given = _logs(seconds)
    if logs.shape[1] != model.intensity.size:
        raise InvalidResponses(f"The model knows {model.intensity.size} items; there are times of {logs.shape[1]}.")
    faster, error = _speed(logs, given, model.intensity, model.residual_sd**-2)
    any_time = given.any(axis=1)
    spread = np.sqrt(model.speed_sd**2 + np.where(any_time, error, 0.0) ** 2)
    residuals = np.where(given, (logs - model.intensity + faster[:, None]) / model.residual_sd, 0.0)
    free = np.maximum(given.sum(axis=1) - 1, 1)
    misfit = np.where(given.sum(axis=1) > 1, (residuals**2).sum(axis=1) / free, 1.0)
    return Speed(faster, error, np.where(any_time, faster / spread, 0.0), residuals, misfit)


def _logs(seconds: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    times = np.asarray(seconds, dtype=float)
    if times.ndim != 2:
        raise InvalidResponses(f"Response times need two dimensions, persons by items; got shape {times.shape}.")
    given = ~np.isnan(times)
    if not (np.isfinite(times[given]) & (times[given] > 0)).all():
        raise InvalidResponses(
            "Response times must be finite and above 0; leave out (NaN) what a clock could not tell."
        )
    return np.where(given, np.log(np.where(given, times, 1.0)), 0.0), given


def _speed(logs: Floats, given: NDArray[np.bool_], intensity: Floats, precision: Floats) -> tuple[Floats, Floats]:
    mass = given @ precision
    faster = np.where(given, (intensity - logs) * precision, 0.0).sum(axis=1) / np.maximum(mass, 1e-300)
    return faster, np.where(mass > 0, 1 / np.sqrt(np.maximum(mass, 1e-300)), np.inf)
