"""Mahalanobis' distance of people's answers from a group's, with missing responses, and its mean over all orders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scoring.errors import InvalidResponses
from scoring.responses import MISSING

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

RIDGE = 1e-3  # squared categories, added to the covariance's diagonal


def moments(codes: Codes) -> tuple[Floats, Floats]:
    """Means and pairwise covariances, brought back to positive definite where missing responses bent them."""
    given = (codes != MISSING).astype(float)
    together = given.T @ given
    if together.min() < 2:
        first, second = (int(k) for k in np.argwhere(together < 2)[0])
        raise InvalidResponses(f"Items {first} and {second} have fewer than two persons in common.")
    centre = np.where(codes == MISSING, 0.0, codes).sum(axis=0) / given.sum(axis=0)
    away = np.where(codes == MISSING, 0.0, codes - centre)
    values, vectors = np.linalg.eigh(away.T @ away / together)
    return centre, np.asarray((vectors * (np.maximum(values, 0.0) + RIDGE)) @ vectors.T)


def distances(codes: Codes, centre: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """Squared distance of each person from the centre, and its mean over all orders of the person's answers.

    A shuffled vector has every mean m, every variance v = Σ(x - m)² / n and every covariance -v / (n - 1), so the mean
    of the quadratic form with precision P is (m - c)'P(m - c) + v n / (n - 1) (tr P - ΣΣP / n).
    """
    distance, shuffled = np.zeros(codes.shape[0]), np.zeros(codes.shape[0])
    patterns, which = np.unique(codes != MISSING, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for k, pattern in enumerate(patterns):
        size = int(pattern.sum())
        if size < 2:
            continue
        precision = np.asarray(np.linalg.inv(covariance[np.ix_(pattern, pattern)]), dtype=np.float64)
        values = codes[which == k][:, pattern].astype(float)
        mean = values.mean(axis=1, keepdims=True)
        variance = values.var(axis=1) * size / (size - 1)
        distance[which == k] = _squared(values - centre[pattern], precision)
        shuffled[which == k] = _squared(mean - centre[pattern], precision) + variance * (
            np.trace(precision) - precision.sum() / size
        )
    return distance, shuffled


def _squared(away: Floats, precision: Floats) -> Floats:
    return np.asarray(((away @ precision) * away).sum(axis=1))
