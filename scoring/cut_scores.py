"""How often decisions at a cut are right, and how often a second sitting would decide alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.normal import normal_distribution


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
    theta: ArrayLike, standard_error: ArrayLike, cut: float, weights: ArrayLike | None = None
) -> Classification:
    """Classification accuracy and consistency when estimates fall normally around true thetas.

    Parameters
    ----------
    theta : array-like, shape (N,)
        True thetas: nodes of a latent distribution, with its masses as weights; or estimates taken for true ones.
    standard_error : array-like, shape (N,), or float
        Of the estimate at each theta, above 0; for example 1 / √(test information).
    cut : float
        Estimates at or above it are awarded.
    weights : array-like, shape (N,), optional

    Returns
    -------
    Classification
        A share among nobody (nobody awarded, nobody above) is 0.

    References
    ----------
    Rudner (2001, 2005); consistency after Lee (2010).
    """
    points = np.asarray(theta, dtype=float).reshape(-1)
    errors = np.broadcast_to(np.asarray(standard_error, dtype=float), points.shape)
    if points.size == 0 or not np.isfinite(points).all() or not (np.isfinite(errors) & (errors > 0)).all():
        raise ScoringError("Thetas must be finite, at least one, and their standard errors finite and above 0.")
    shares = _shares(weights, points.size)
    award = normal_distribution((points - cut) / errors)
    above = points >= cut
    awarded = float(shares @ award)
    rightly = float(shares @ (award * above))
    consistency = float(shares @ (award**2 + (1 - award) ** 2))
    chance = awarded**2 + (1 - awarded) ** 2
    return Classification(
        awarded=awarded,
        accuracy=float(shares @ np.where(above, award, 1 - award)),
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
