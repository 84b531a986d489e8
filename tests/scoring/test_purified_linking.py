"""Common items that drifted are found and left out; stable ones stay."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.calibration import StandardErrors
from scoring.items import ItemParameters
from scoring.linking import Link, link
from scoring.parameter_drift import robust_z
from scoring.purified_linking import purified_link
from tests.scoring.drawn_items import some_items


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


def test_items_that_may_not_be_anchors_are_none() -> None:
    new = some_items()
    found = purified_link(new, Link(1.2, 0.4).items(new), among=np.arange(10) != 4)
    assert np.flatnonzero(~found.is_anchor).tolist() == [4]
    assert found.dropped == ()
    assert found.link.slope == pytest.approx(1.2, abs=1e-6)
