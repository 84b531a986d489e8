"""Mahalanobis' distance, worked by hand."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from scoring.mahalanobis import distances


def test_the_shuffled_distance_is_the_mean_over_every_order() -> None:
    rng = np.random.default_rng(3)
    root = rng.normal(size=(5, 5))
    centre, covariance = rng.normal(2, 1, 5), root @ root.T + np.eye(5)
    person = np.array([[0, 4, 1, -1, 2]], dtype=np.int8)
    given = [0, 1, 2, 4]
    precision = np.linalg.inv(covariance[np.ix_(given, given)])
    away = [np.array(order) - centre[given] for order in permutations(person[0, given])]
    distance, shuffled = distances(person, centre, covariance)
    assert distance[0] == pytest.approx(away[0] @ precision @ away[0])
    assert shuffled[0] == pytest.approx(np.mean([a @ precision @ a for a in away]))
