"""Marginal reliability: the closed form where there is one, and the sense of its direction."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.reliability import marginal_reliability, measured_range

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
    for nodes, density in (([0.0], [1.0]), ([0.3, 0.7], [0.0, 2.0])):
        with pytest.raises(ScoringError, match="without variance"):
            marginal_reliability(ITEMS, nodes, density)


@pytest.mark.parametrize(("most_items", "edge"), [(10, np.log(0.8873 / 0.1127) / 2), (5, np.log(0.7236 / 0.2764) / 2)])
def test_a_bank_measures_well_as_far_as_the_items_that_one_person_can_be_asked_reach(most_items, edge):
    """Ten equal items of slope 2 at 0: 4 n p (1 - p) >= 4 is a reliability of .8, so p (1 - p) >= 1 / n."""
    items = ItemParameters(np.full(10, 2.0), np.zeros((10, 1)), model="2pl")
    low, high = measured_range([items], most_items, 0.8, np.linspace(-3, 3, 6001))
    assert (low, high) == (pytest.approx(-edge, abs=2e-3), pytest.approx(edge, abs=2e-3))


def test_kinds_add_up_a_gap_ends_the_range_and_what_nothing_measures_has_none():
    nodes = np.linspace(-6, 6, 121)
    items = ItemParameters(np.full(10, 2.0), np.zeros((10, 1)), model="2pl")
    far = ItemParameters(np.full(10, 2.0), np.full((10, 1), 5.0), model="2pl")
    assert measured_range([items, items], 20, 0.8, nodes)[0] < measured_range([items], 20, 0.8, nodes)[0]
    low, high = measured_range([items, items, far], 30, 0.8, nodes)
    assert low < -1.0
    assert high < 3.0  # the far items measure well around 5, but not in between
    assert measured_range([items], 2, 0.8, nodes) is None
    assert measured_range([], 20, 0.8, nodes) is None
