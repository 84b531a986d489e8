"""Linking: exact transformations are found exactly, and what cannot be linked is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import InvalidItems, ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.linking import METHODS, Link, link
from scoring.parameter_drift import robust_z
from tests.scoring.drawn_items import nominal_items, some_items


@pytest.mark.parametrize("method", METHODS)
@given(slope=st.floats(0.4, 2.5), intercept=st.floats(-1.5, 1.5), seed=st.integers(0, 50))
@settings(max_examples=8, deadline=None)
def test_items_moved_by_a_known_link_give_it_back(method: str, slope: float, intercept: float, seed: int) -> None:
    new = some_items(6, seed)
    true = Link(slope, intercept)
    found = link(new, true.items(new), method)
    assert found.slope == pytest.approx(slope, abs=1e-6)
    assert found.intercept == pytest.approx(intercept, abs=1e-6)
    assert found.criterion == pytest.approx(0, abs=1e-10)


@pytest.mark.parametrize("model", ["gpcm", "nominal"])
@pytest.mark.parametrize("method", ["stocking_lord", "haebara"])
def test_curve_methods_link_every_model(model: str, method: str) -> None:
    new = nominal_items() if model == "nominal" else some_items(model=model)
    found = link(new, Link(1.3, -0.4).items(new), method)
    assert found.slope == pytest.approx(1.3, abs=1e-5)
    assert found.intercept == pytest.approx(-0.4, abs=1e-5)


@pytest.mark.parametrize("new", [some_items(), some_items(model="gpcm"), nominal_items()], ids=lambda i: i.model)
def test_linked_items_answer_as_before_at_the_linked_theta(new: ItemParameters) -> None:
    moved = Link(1.4, 0.3)
    theta = np.linspace(-3, 3, 9)
    there, here = category_probabilities(new, theta), category_probabilities(moved.items(new), moved.theta(theta))
    np.testing.assert_allclose(there, here, atol=1e-12)


def test_there_and_back_is_where_one_was() -> None:
    moved = Link(1.4, 0.3)
    np.testing.assert_allclose(moved.inverse().theta(moved.theta([-1.0, 0.0, 2.0])), [-1.0, 0.0, 2.0], atol=1e-12)
    assert moved.standard_error(0.5) == pytest.approx(0.7)


def test_items_keyed_the_other_way_link_as_well() -> None:
    new = some_items()
    sign = np.where(np.arange(10) < 4, -1.0, 1.0)
    thresholds = np.where(sign[:, None] < 0, new.thresholds[:, ::-1], new.thresholds)
    turned = ItemParameters(sign * new.slopes, thresholds)
    for method in METHODS:
        assert link(turned, Link(0.8, 0.5).items(turned), method).slope == pytest.approx(0.8, abs=1e-6)


def test_a_symmetric_criterion_agrees_where_the_link_is_exact() -> None:
    new = some_items()
    found = link(new, Link(1.2, 0.4).items(new), "haebara", symmetric=True)
    assert found.slope == pytest.approx(1.2, abs=1e-6)


@pytest.mark.parametrize("method", ["stocking_lord", "haebara"])
def test_no_nearby_constants_bring_the_curves_closer(method: str) -> None:
    rng = np.random.default_rng(7)
    new = some_items()
    noisy = ItemParameters(new.slopes * rng.uniform(0.9, 1.1, 10), new.thresholds + rng.normal(0, 0.05, (10, 1)))
    found = link(new, noisy, method)
    nodes = np.linspace(-4, 4, 161)
    weights = np.exp(-0.5 * nodes**2) / np.exp(-0.5 * nodes**2).sum()

    def apart(moved: Link) -> float:
        gap = category_probabilities(noisy, nodes) - category_probabilities(moved.items(new), nodes)
        gap = gap if method == "haebara" else (gap @ np.arange(5)).sum(axis=1)[:, None, None]
        return float(weights @ (gap**2).sum(axis=(1, 2)))

    assert apart(found) == pytest.approx(found.criterion, rel=1e-6)
    for change in ((1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)):
        assert apart(Link(found.slope + change[0], found.intercept + change[1])) > found.criterion


@pytest.mark.parametrize("method", ["stocking_lord", "haebara"])
def test_scales_far_apart_are_linked_as_near_ones_are(method: str) -> None:
    base = some_items(8)
    found = link(ItemParameters(base.slopes, base.thresholds + 50), base, method)
    assert found.slope == pytest.approx(1.0, abs=1e-6)
    assert found.intercept == pytest.approx(-50.0, abs=1e-4)


@pytest.mark.parametrize("method", ["stocking_lord", "haebara"])
@pytest.mark.parametrize("factor", [25.0, 1 / 25.0])
def test_a_search_that_ends_at_the_end_of_its_range_is_no_link(method: str, factor: float) -> None:
    base = some_items(8)
    with pytest.raises(ScoringError, match="unit"):
        link(ItemParameters(base.slopes * factor, base.thresholds / factor), base, method)


def test_curves_that_nothing_draws_to_each_other_are_no_link() -> None:
    base = nominal_items()
    there = ItemParameters.nominal(base.category_slopes, np.add(base.category_intercepts, [0.0, 500.0, 0.0, 0.0]))
    with pytest.raises(ScoringError, match="too far apart"):
        link(there, base, "haebara")


@given(
    seed=st.integers(0, 10_000),
    weak=st.floats(1e-6, 1e-2),
    sign=st.sampled_from([-1.0, 1.0]),
    method=st.sampled_from(METHODS),
)
@settings(max_examples=15, deadline=None)
def test_weak_and_turned_items_never_give_nan(seed: int, weak: float, sign: float, method: str) -> None:
    rng = np.random.default_rng(seed)
    new = some_items(5, seed)
    slopes = np.concatenate([[sign * weak], new.slopes[1:]])
    thresholds = new.thresholds.copy()
    thresholds[0] = thresholds[0] if sign > 0 else thresholds[0, ::-1]
    hostile = ItemParameters(slopes, thresholds)
    found = link(hostile, ItemParameters(new.slopes, new.thresholds + rng.normal(0, 3)), method)
    assert np.isfinite([found.slope, found.intercept, found.criterion]).all()
    assert found.slope > 0
    screen = robust_z(hostile, new)
    assert np.isfinite(screen.worst).all()


def test_items_that_do_not_correspond_are_refused() -> None:
    new = some_items()
    with pytest.raises(InvalidItems, match="come in pairs"):
        link(new, some_items(9))
    with pytest.raises(InvalidItems, match="other categories"):
        link(new.take([0, 1]), ItemParameters(new.slopes[:2], new.thresholds[:2, :3]))
    with pytest.raises(InvalidItems, match="discriminates"):
        link(ItemParameters([1e-5], [[0.0]]), ItemParameters([1.0], [[0.0]]))
    with pytest.raises(InvalidItems, match="no thresholds on theta"):
        link(nominal_items(), nominal_items(), "mean_mean")
    with pytest.raises(InvalidItems, match="differ from each other"):
        link(ItemParameters([1.0], [[0.0]]), ItemParameters([1.0], [[0.0]]), "mean_sigma")
    with pytest.raises(ScoringError, match="Unknown method"):
        link(new, new, "guess")
    with pytest.raises(ScoringError, match="finite heights"):
        link(new, new, nodes=[0.0, 1.0], density=[0.0, -1.0])
