"""Nominal items: probabilities, the two ways of writing them, calibration, rare options held back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.ability import estimate_ability
from scoring.calibration import calibrate
from scoring.errors import InvalidItems
from scoring.graded_response import category_probabilities, item_information, log_likelihood
from scoring.items import ItemParameters
from scoring.nominal_response import (
    from_scoring_form,
    nominal_information,
    nominal_probabilities,
    scoring_form,
)
from scoring.simulation import simulate_responses

THETA = np.linspace(-6, 6, 25)


def some_items(count: int = 6, options: int = 4, seed: int = 3) -> ItemParameters:
    rng = np.random.default_rng(seed)
    slopes = rng.normal(0, 0.4, (count, options)) + np.linspace(-1.2, 1.2, options)
    return ItemParameters.nominal(slopes, rng.normal(0, 0.7, (count, options)))


@given(
    slopes=st.lists(st.floats(-20, 20), min_size=2, max_size=7),
    seed=st.integers(0, 1000),
    theta=st.floats(-40, 40),
)
@settings(deadline=None)
def test_probabilities_sum_to_one_and_information_is_finite(slopes: list[float], seed: int, theta: float) -> None:
    intercepts = np.random.default_rng(seed).normal(0, 10, len(slopes))
    items = ItemParameters.nominal([slopes], [intercepts])
    probabilities = nominal_probabilities(items, [theta])
    assert probabilities.sum() == pytest.approx(1)
    assert (probabilities >= 0).all()
    assert np.isfinite(nominal_information(items, [theta])).all()


def test_only_differences_within_an_item_matter() -> None:
    one = ItemParameters.nominal([[0.0, 1.0, 3.0]], [[0.0, 0.5, -1.0]])
    other = ItemParameters.nominal([[7.0, 8.0, 10.0]], [[2.0, 2.5, 1.0]])
    np.testing.assert_allclose(nominal_probabilities(one, THETA), nominal_probabilities(other, THETA), atol=1e-12)
    assert one.category_slopes is not None
    assert one.category_slopes.sum() == pytest.approx(0)


def test_the_partial_credit_model_is_a_special_case() -> None:
    partial = ItemParameters([1.3, 0.7], [[-0.5, 0.4, 1.0], [-1.0, 0.0, np.nan]], "gpcm")
    intercepts = [[0.0, 0.65, 0.13, -1.17], [0.0, 0.7, 0.7, np.nan]]
    scores = [[0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 2.0, np.nan]]
    nominal = from_scoring_form([1.3, 0.7], scores, intercepts)
    np.testing.assert_allclose(
        category_probabilities(nominal, THETA), category_probabilities(partial, THETA), atol=1e-12
    )
    np.testing.assert_allclose(item_information(nominal, THETA), item_information(partial, THETA), atol=1e-12)
    np.testing.assert_array_equal(nominal.categories, [4, 3])


def test_both_forms_describe_the_same_items() -> None:
    items = some_items()
    again = from_scoring_form(*scoring_form(items))
    np.testing.assert_allclose(again.category_slopes, items.category_slopes, atol=1e-12)
    np.testing.assert_allclose(again.category_intercepts, items.category_intercepts, atol=1e-12)


def test_stored_items_come_back_with_every_bit() -> None:
    items = some_items()
    assert ItemParameters.from_dict(json.loads(json.dumps(items.to_dict()))) == items
    assert items.take([1, 3]).to_dict()["category_slopes"][0] == items.to_dict()["category_slopes"][1]
    assert items != some_items(seed=4)


def test_information_is_the_curvature_of_the_log_likelihood() -> None:
    items = some_items()
    h = 1e-4
    around = np.array([-h, 0.0, h]) + 0.7
    curve = np.array([[log_likelihood([[k, -1, -1, -1, -1, -1]], items, around)[0]] for k in range(4)])[:, 0]
    bend = -(curve[:, 0] - 2 * curve[:, 1] + curve[:, 2]) / h**2
    np.testing.assert_allclose(bend, nominal_information(items, [0.7])[0, 0], atol=1e-4)


@pytest.mark.parametrize("method", ["eap", "map", "wle", "ml"])
def test_ability_finds_where_people_are(method: str) -> None:
    items = some_items(40)
    rng = np.random.default_rng(5)
    theta = rng.normal(0, 1, 300)
    found = estimate_ability(simulate_responses(items, theta, rng), items, method)
    assert found.is_finite.all()
    assert np.corrcoef(found.theta, theta)[0, 1] > 0.9
    assert np.abs((found.theta - theta) / found.standard_error).mean() == pytest.approx(0.8, abs=0.12)


def test_extreme_options_have_no_finite_maximum() -> None:
    items = some_items()
    assert items.category_slopes is not None
    lowest, highest = items.category_slopes.argmin(axis=1), items.category_slopes.argmax(axis=1)
    found = estimate_ability([lowest, highest], items, "ml")
    np.testing.assert_array_equal(found.theta, [-np.inf, np.inf])
    assert np.isfinite(estimate_ability([lowest, highest], items, "wle").theta).all()


def test_simulated_truth_is_recovered_whatever_the_order_of_options() -> None:
    truth = some_items(10)
    rng = np.random.default_rng(6)
    codes = simulate_responses(truth, rng.standard_normal(3000), rng)
    fitted = calibrate(codes, "nominal")
    assert fitted.converged, fitted.notes
    assert fitted.items.category_slopes is not None
    assert truth.category_slopes is not None
    assert np.abs(fitted.items.category_slopes - truth.category_slopes).mean() < 0.12
    z = (fitted.items.slopes - truth.slopes) / fitted.standard_errors.slopes
    assert np.sqrt((z**2).mean()) < 1.8
    swapped = np.array([2, 0, 3, 1], dtype=np.int8)
    again = calibrate(swapped[codes], "nominal")
    assert again.log_likelihood == pytest.approx(fitted.log_likelihood, abs=1e-5)
    mine, theirs = fitted.items.category_slopes, again.items.category_slopes
    assert theirs is not None
    turned = np.sign((mine * theirs[:, swapped]).sum())  # which way is up is a matter of convention
    np.testing.assert_allclose(turned * theirs[:, swapped], mine, atol=1e-3)


def test_no_nearby_parameters_are_more_likely() -> None:
    truth = some_items(5)
    rng = np.random.default_rng(7)
    codes = simulate_responses(truth, rng.standard_normal(500), rng)
    fitted = calibrate(codes, "nominal")
    prior = np.exp(-0.5 * fitted.nodes**2)
    prior /= prior.sum()

    def height(items: ItemParameters) -> float:
        return float(np.log(np.exp(log_likelihood(codes, items, fitted.nodes)) @ prior).sum())

    best = height(fitted.items)
    assert best == pytest.approx(fitted.log_likelihood, abs=1e-6)
    for _ in range(20):
        assert fitted.items.category_slopes is not None
        assert fitted.items.category_intercepts is not None
        near = ItemParameters.nominal(
            fitted.items.category_slopes + rng.normal(0, 1e-3, (5, 4)),
            fitted.items.category_intercepts + rng.normal(0, 1e-3, (5, 4)),
        )
        assert height(near) < best


def test_a_rare_option_does_not_run_away() -> None:
    truth = some_items(6)
    rng = np.random.default_rng(8)
    theta = rng.standard_normal(400)
    codes = simulate_responses(truth, theta, rng).copy()
    codes[codes[:, 0] == 3, 0] = 2
    codes[np.argsort(theta)[-1], 0] = 3  # one person, the most able
    held = calibrate(codes, "nominal", ridge=1.0)
    assert held.converged, held.notes
    free = calibrate(codes, "nominal")
    for fitted in (held, free):
        assert fitted.items.category_slopes is not None
        assert fitted.items.category_intercepts is not None
        assert np.abs(fitted.items.category_slopes).max() < 30
        assert np.abs(fitted.items.category_intercepts).max() < 31


def test_a_runaway_option_is_held_by_a_ridge_and_noted() -> None:
    rng = np.random.default_rng(9)
    theta = rng.standard_normal(60)
    codes = simulate_responses(some_items(4), theta, rng).copy()
    codes[:, 0] = (theta > np.median(theta)).astype(int)
    codes[:, 1] = (theta > np.median(theta)).astype(int)
    codes[:, 2] = (theta > np.median(theta)).astype(int) * 2
    fitted = calibrate(codes, "nominal")
    assert fitted.items.category_slopes is not None
    assert np.nanmax(np.abs(fitted.items.category_slopes)) < 30
    assert any("answering at random" in note for note in fitted.notes)


def test_an_option_nobody_chose_gets_almost_no_probability() -> None:
    truth = some_items(6)
    rng = np.random.default_rng(10)
    codes = simulate_responses(truth, rng.standard_normal(500), rng).copy()
    codes[codes[:, 2] == 1, 2] = 0
    codes[:, 4] = 2
    fitted = calibrate(codes, "nominal")
    assert fitted.items.categories[2] == 4
    probabilities = category_probabilities(fitted.items, THETA)
    assert probabilities[:, 2, 1].max() < 1e-5
    assert probabilities[:, 4, 2].min() > 0.999
    assert np.isinf(fitted.standard_errors.slopes[4])


def test_impossible_nominal_items_are_refused() -> None:
    with pytest.raises(InvalidItems, match="make them by"):
        ItemParameters([1.0], [[0.0]], "nominal")
    with pytest.raises(InvalidItems, match="two finite categories"):
        ItemParameters.nominal([[0.0]], [[0.0]])
    with pytest.raises(InvalidItems, match="two finite categories"):
        ItemParameters.nominal([[0.0, 1.0]], [[0.0, 1.0, 2.0]])
    with pytest.raises(InvalidItems, match="two finite categories"):
        ItemParameters.nominal([[0.0, np.inf]], [[0.0, 1.0]])
    with pytest.raises(InvalidItems, match="belong to nominal"):
        nominal_probabilities(ItemParameters([1.0], [[0.0]]), [0.0])
    with pytest.raises(InvalidItems, match="same slope"):
        scoring_form(ItemParameters.nominal([[1.0, 0.0, 1.0]], [[0.0, 0.0, 0.0]]))
