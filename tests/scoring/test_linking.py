"""Linking: exact transformations are found exactly, drifted items are found and left out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.calibration import StandardErrors, calibrate
from scoring.errors import InvalidItems, ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.linking import METHODS, Link, link, purified_link, robust_z, with_unused_above
from scoring.simulation import simulate_responses


def some_items(count: int = 10, seed: int = 5, model: str = "graded") -> ItemParameters:
    rng = np.random.default_rng(seed)
    return ItemParameters(rng.uniform(0.7, 2.2, count), np.sort(rng.normal(0, 1, (count, 4)), axis=1), model)


def nominal_items(count: int = 6, seed: int = 6) -> ItemParameters:
    rng = np.random.default_rng(seed)
    return ItemParameters.nominal(rng.normal(0, 1, (count, 4)), rng.normal(0, 1, (count, 4)))


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


def test_drifted_items_are_found_and_left_out() -> None:
    new = some_items(16)
    base = Link(1.2, 0.4).items(new)
    rng = np.random.default_rng(8)
    slopes = base.slopes * np.exp(rng.normal(0, 0.03, 16))
    places = base.thresholds + rng.normal(0, 0.04, (16, 1))
    places[3] += 0.9
    slopes[11] *= 2.0
    drifted = ItemParameters(slopes, places)
    found = purified_link(new, drifted)
    assert set(found.dropped) == {3, 11}
    assert found.dropped[0] == robust_z(new, drifted).worst.argmax()
    assert not found.is_anchor[[3, 11]].any()
    assert abs(found.link.slope - 1.2) < 0.03
    assert abs(found.link.intercept - 0.4) < 0.03
    assert abs(found.link.intercept - 0.4) < abs(link(new, drifted).intercept - 0.4)
    assert found.screen.location_drift[3] == pytest.approx(0.9, abs=0.1)
    assert robust_z(new, drifted).worst[3] > 2.58


def estimated_twice(
    rng: np.random.Generator, moved: float = 0.0
) -> tuple[ItemParameters, ItemParameters, tuple[StandardErrors, StandardErrors]]:
    """Two estimates of sixty items, each item with an error of its own; the first three lie `moved` higher now."""
    slopes, places = rng.uniform(0.7, 2.2, 60), np.linspace(-1.5, 1.5, 4) + rng.normal(0, 0.4, (60, 1))
    errors = StandardErrors(rng.uniform(0.03, 0.2, 60) * slopes, rng.uniform(0.05, 0.35, (60, 1)) * np.ones(4))
    pair = []
    for shift in (moved, 0.0):
        seen = places + np.where(np.arange(60) < 3, shift, 0.0)[:, None] + errors.thresholds * rng.normal(size=(60, 4))
        noisy = slopes + errors.slopes * rng.normal(size=60)
        pair.append(ItemParameters(noisy, np.sort(seen, axis=1)))
    return pair[0], pair[1], (errors, errors)


def test_of_stable_items_hardly_any_are_called_drifted_and_of_moved_ones_most() -> None:
    rng = np.random.default_rng(17)
    stable, moved = [], []
    for shift, found in ((0.0, stable), (0.8, moved)):
        for _ in range(60):
            new, base, errors = estimated_twice(rng, shift)
            found.append(purified_link(new, base, "mean_sigma", errors=errors).screen.has_drifted)
    assert np.mean(stable) < 0.004
    assert np.any(stable, axis=1).mean() < 0.12
    assert np.mean(np.array(moved)[:, :3]) > 0.75
    assert np.mean(np.array(moved)[:, 3:]) < 0.006


def test_an_item_that_moved_far_has_drifted_however_much_the_others_moved_as_well() -> None:
    """As where two populations answer every item otherwise: beside the others it is nothing unusual."""
    rng = np.random.default_rng(21)
    new = some_items(20)
    moved = np.linspace(-0.22, 0.22, 20)[rng.permutation(20)]
    moved[3] = 0.42
    base = ItemParameters(new.slopes, new.thresholds + moved[:, None])
    errors = StandardErrors(np.full(20, 0.02), np.full(new.thresholds.shape, 0.03))
    found = purified_link(new, base, "mean_mean", errors=(errors, errors))
    assert found.screen.worst[3] < 2.6
    assert found.dropped == (3,)


def test_the_spread_of_the_first_look_judges_to_the_end() -> None:
    rng = np.random.default_rng(18)
    new = some_items(40)
    stable = [
        purified_link(new, ItemParameters(new.slopes, new.thresholds + rng.normal(0, 0.2, (40, 1))), "mean_mean")
        for _ in range(100)
    ]
    assert np.mean([one.screen.has_drifted.mean() for one in stable]) < 0.01


def test_an_item_without_a_standard_error_is_held_to_the_usual_one() -> None:
    new, base, (errors, _) = estimated_twice(np.random.default_rng(19))
    moved = base.thresholds.copy()
    moved[5] += 2.0
    unknown = StandardErrors(errors.slopes.copy(), errors.thresholds.copy())
    unknown.slopes[5], unknown.thresholds[5] = np.inf, np.nan
    screen = robust_z(new, ItemParameters(base.slopes, moved), errors=(unknown, errors))
    assert screen.has_drifted[5]
    assert np.isfinite(screen.worst).all()


def test_stable_items_stay() -> None:
    new = some_items()
    found = purified_link(new, Link(1.2, 0.4).items(new))
    assert found.is_anchor.all()
    assert found.dropped == ()
    assert found.notes == ()


def test_the_last_anchors_stay_and_are_named() -> None:
    new = some_items(4)
    base = ItemParameters(new.slopes, new.thresholds + np.array([0.0, 0.02, 1.5, -1.5])[:, None])
    found = purified_link(new, base, fewest=4)
    assert found.is_anchor.all()
    assert any("may have drifted" in note for note in found.notes)


def test_an_item_that_turned_round_has_drifted() -> None:
    new = some_items()
    slopes, thresholds = new.slopes.copy(), new.thresholds.copy()
    slopes[2], thresholds[2] = -slopes[2], thresholds[2, ::-1]
    assert robust_z(new, ItemParameters(slopes, thresholds)).has_drifted[2]


def unused(items: ItemParameters, item: int, threshold: int) -> ItemParameters:
    """The same items, where nobody chose below (0) or above (-1) a threshold of one of them."""
    thresholds = items.thresholds.copy()
    thresholds[item, threshold] = (30.0 if threshold else -30.0) / items.slopes[item]
    return ItemParameters(items.slopes, thresholds)


@pytest.mark.parametrize("threshold", [0, -1], ids=["lowest", "highest"])
@pytest.mark.parametrize("where", ["new", "base"])
@pytest.mark.parametrize("method", ["mean_sigma", "mean_mean"])
def test_a_category_that_nobody_chose_does_not_move_a_link_by_moments(threshold: int, where: str, method: str) -> None:
    new = some_items()
    base = Link(1.3, -0.4).items(new)
    pair = (unused(new, 4, threshold), base) if where == "new" else (new, unused(base, 4, threshold))
    found = link(*pair, method)
    assert found.slope == pytest.approx(1.3, abs=1e-9)
    assert found.intercept == pytest.approx(-0.4, abs=1e-9)
    screen = robust_z(*pair)
    np.testing.assert_allclose(screen.location_drift, 0, atol=1e-9)
    assert not screen.has_drifted.any()


def test_an_item_that_moved_has_drifted_although_nobody_chose_its_lowest_category() -> None:
    new = some_items()
    moved = new.thresholds.copy()
    moved[4] += 1.0
    screen = robust_z(unused(new, 4, 0), ItemParameters(new.slopes, moved))
    assert np.flatnonzero(screen.has_drifted).tolist() == [4]
    assert screen.location_drift[4] == pytest.approx(1.0, abs=1e-9)


def test_an_item_that_everybody_answers_alike_has_drifted_and_says_nothing_about_the_unit() -> None:
    new = some_items()
    base = Link(1.3, -0.4).items(new)
    slopes, thresholds = new.slopes.copy(), new.thresholds.copy()
    slopes[4], thresholds[4] = 1e-4, [3e5, 3e5 + 1, 3e5 + 2, 3e5 + 3]
    silent = ItemParameters(slopes, thresholds)
    for method in ("mean_sigma", "mean_mean"):
        assert link(silent, base, method).slope == pytest.approx(1.3, abs=1e-9)
    found = purified_link(silent, base)
    assert found.dropped == (4,)
    with pytest.raises(InvalidItems, match="known to both"):
        link(ItemParameters([1.0], [[30.0]]), ItemParameters([1.0], [[0.0]]), "mean_mean")


def test_items_that_may_not_be_anchors_are_none() -> None:
    new = some_items()
    found = purified_link(new, Link(1.2, 0.4).items(new), among=np.arange(10) != 4)
    assert np.flatnonzero(~found.is_anchor).tolist() == [4]
    assert found.dropped == ()
    assert found.link.slope == pytest.approx(1.2, abs=1e-6)


def test_unused_categories_at_either_end_leave_a_fitted_item_where_it_lies() -> None:
    rng = np.random.default_rng(9)
    codes = simulate_responses(some_items(), rng.normal(size=1500), rng)
    base = calibrate(codes).items
    for end, next_to_it in ((0, 1), (4, 3)):
        merged = codes.copy()
        merged[merged[:, 4] == end, 4] = next_to_it
        new = with_unused_above(calibrate(merged).items, base.categories)
        found = purified_link(new, base)
        assert found.dropped == ()
        assert np.abs(found.screen.location_drift).max() < 0.1
        assert category_probabilities(new, np.linspace(-4, 4, 9))[:, 4, end].max() < 1e-9


def test_items_of_another_model_or_of_fewer_categories_are_not_widened() -> None:
    for items, categories in ((some_items(2, model="gpcm"), [5, 5]), (some_items(2), [5, 4]), (some_items(2), [5])):
        with pytest.raises(InvalidItems, match="Only graded items"):
            with_unused_above(items, categories)
    turned = ItemParameters([-1.5], [[0.5, -0.5]])
    assert with_unused_above(turned, [5]).thresholds[0, 2] < -15


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
