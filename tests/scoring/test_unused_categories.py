"""Categories that nobody chose move no link, and hide no drift."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.calibration import calibrate
from scoring.errors import InvalidItems
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.linking import Link, link
from scoring.parameter_drift import robust_z
from scoring.purified_linking import purified_link
from scoring.simulation import simulate_responses
from scoring.unused_categories import with_unused_above
from tests.scoring.drawn_items import some_items, unused


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
