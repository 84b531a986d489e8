"""Marginal reliability: the closed form where there is one, and the sense of its direction."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.reliability import marginal_reliability

ITEMS = ItemParameters([1.5, 1.0, 2.0], [[-1.0, 0.5], [0.0, 1.0], [-0.5, 0.8]])


def test_more_items_are_more_reliable() -> None:
    twice = ItemParameters(np.tile(ITEMS.slopes, 2), np.tile(ITEMS.thresholds, (2, 1)))
    assert 0 < marginal_reliability(ITEMS) < marginal_reliability(twice) < 1


def test_items_without_information_have_no_reliability() -> None:
    assert marginal_reliability(ItemParameters([1e-4], [0.0], "2pl")) == pytest.approx(0, abs=1e-6)


def test_at_one_point_it_is_information_against_the_variance() -> None:
    steep = ItemParameters([4.0], [0.0], "2pl")  # information 4² · ¼ = 4 at theta 0
    near_zero = marginal_reliability(steep, [-1e-3, 0.0, 1e-3], [1.0, 1.0, 1.0])
    variance = 2e-6 / 3
    assert near_zero == pytest.approx(4 / (4 + 1 / variance), rel=1e-4)


def test_a_wider_group_is_measured_more_reliably() -> None:
    nodes = np.linspace(-6, 6, 121)
    narrow, wide = (marginal_reliability(ITEMS, nodes, np.exp(-0.5 * (nodes / sd) ** 2)) for sd in (0.7, 1.3))
    assert narrow < wide


def test_impossible_distributions_are_refused() -> None:
    with pytest.raises(ScoringError, match="as many"):
        marginal_reliability(ITEMS, [0.0, 1.0], [1.0])
    with pytest.raises(ScoringError, match="below zero"):
        marginal_reliability(ITEMS, [0.0, 1.0], [1.0, -1.0])
