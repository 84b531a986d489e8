"""Calibration with groups, fixed items, the Rasch model: truth recovered, given numbers kept, bad data survived."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.calibration import Calibration, calibrate
from scoring.errors import InvalidItems, InvalidResponses
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.normal import normal_prior
from scoring.responses import MISSING
from scoring.simulation import simulate_responses
from tests.scoring.fitted_once import simulated_two_groups

MODELS = ["graded", "gpcm", "nominal", "rasch"]


def drawn(items: ItemParameters, theta: NDArray[np.float64], seed: int = 1) -> NDArray[np.int8]:
    return simulate_responses(items, theta, np.random.default_rng(seed))


def never_nan(fitted: Calibration) -> bool:
    items = fitted.items
    parameters = [items.slopes, items.thresholds[~np.isnan(items.thresholds)], fitted.group_means, fitted.group_sds]
    if items.category_slopes is not None:
        parameters.append(items.category_slopes[np.arange(items.category_slopes.shape[1]) < items.categories[:, None]])
    errors = fitted.standard_errors
    stated = [errors.slopes, errors.thresholds[~np.isnan(items.thresholds)], errors.group_means, errors.group_sds]
    return (
        all(np.isfinite(part).all() for part in parameters)
        and not any(np.isnan(part).any() for part in stated)
        and bool(np.isfinite(fitted.log_likelihood))
        and bool(np.isfinite(fitted.latent_density).all())
    )


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_the_second_groups_distribution_is_recovered(model: str) -> None:
    items, codes, groups = simulated_two_groups(model)
    fitted = calibrate(codes, model, groups=groups)
    assert fitted.converged, fitted.notes
    assert fitted.groups == ("first", "second")
    np.testing.assert_array_equal(fitted.group_means[0], 0)
    np.testing.assert_array_equal(fitted.group_sds[0], 1)
    assert abs(fitted.group_means[1] - 0.5) < 3 * fitted.standard_errors.group_means[1]
    assert abs(fitted.group_sds[1] - 0.8) < 3 * fitted.standard_errors.group_sds[1]
    assert 0.02 < fitted.standard_errors.group_means[1] < 0.08
    z = (fitted.items.slopes - items.slopes) / fitted.standard_errors.slopes
    assert np.abs(z).max() < 4


def test_the_log_likelihood_is_that_of_the_items_and_groups_it_returns() -> None:
    _, codes, groups = simulated_two_groups()
    fitted = calibrate(codes, groups=groups)
    total = 0.0
    for label, mean, sd in zip(fitted.groups, fitted.group_means, fitted.group_sds, strict=True):
        like = np.exp(log_likelihood(codes[groups == label], fitted.items, fitted.nodes))
        total += np.log(like @ normal_prior(fitted.nodes, mean, sd)).sum()
    assert fitted.log_likelihood == pytest.approx(total, abs=1e-6)


def test_stated_errors_of_the_groups_are_the_spread_over_repeated_samples() -> None:
    items = ItemParameters([1.5, 1.0, 1.3, 1.8], [[-0.5, 0.5], [0.0, 1.0], [-1.0, 0.3], [-0.2, 0.9]])
    fits = []
    for seed in range(30):
        theta = np.random.default_rng(seed).standard_normal(800)
        theta[400:] = 0.4 + 0.45 * theta[400:]
        fits.append(calibrate(drawn(items, theta, seed + 100), groups=np.repeat([0, 1], 400)))
    for name, of in (("group_means", [f.group_means[1] for f in fits]), ("group_sds", [f.group_sds[1] for f in fits])):
        stated = np.mean([getattr(f.standard_errors, name)[1] for f in fits])
        assert np.std(of, ddof=1) / stated == pytest.approx(1, abs=0.35)


def test_one_group_is_the_plain_calibration() -> None:
    _, codes, _ = simulated_two_groups()
    plain, grouped = calibrate(codes), calibrate(codes, groups=np.zeros(codes.shape[0]))
    np.testing.assert_array_equal(plain.items.slopes, grouped.items.slopes)
    assert grouped.groups == (0.0,)


def test_the_order_of_persons_and_the_names_of_groups_do_not_matter() -> None:
    _, codes, groups = simulated_two_groups()
    order = np.random.default_rng(3).permutation(groups.size)
    one = calibrate(codes, groups=groups)
    other = calibrate(codes[order], groups=np.where(groups[order] == "first", 10, 20))
    assert other.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(other.items.slopes, one.items.slopes, atol=1e-5)
    np.testing.assert_allclose(other.group_means, one.group_means, atol=1e-5)


def test_compiled_and_plain_passes_agree_on_groups() -> None:
    _, codes, groups = simulated_two_groups()
    sparse = codes.copy()
    sparse[np.random.default_rng(4).random(codes.shape) < 0.3] = MISSING
    one, other = (calibrate(sparse, groups=groups, compiled=compiled) for compiled in (False, True))
    assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(one.items.slopes, other.items.slopes, atol=1e-6)
    np.testing.assert_allclose(one.group_sds, other.group_sds, atol=1e-6)


def test_a_person_of_weight_two_counts_as_two_persons_of_the_group() -> None:
    _, codes, groups = simulated_two_groups()
    codes, groups = codes[1200:1800], groups[1200:1800]
    weights = np.where(np.arange(600) % 3 == 0, 2.0, 1.0)
    twice = np.concatenate([np.arange(600), np.arange(0, 600, 3)])
    weighted, doubled = calibrate(codes, groups=groups, weights=weights), calibrate(codes[twice], groups=groups[twice])
    assert weighted.log_likelihood == pytest.approx(doubled.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(weighted.group_means, doubled.group_means, atol=1e-5)


def test_fixed_items_come_back_as_given_and_carry_the_scale() -> None:
    items, codes, groups = simulated_two_groups()
    anchors = items.take([0, 2, 5, 7])
    fitted = calibrate(codes[groups == "second"], fixed=([0, 2, 5, 7], anchors))
    assert fitted.converged, fitted.notes
    assert fitted.items.take([0, 2, 5, 7]) == anchors
    np.testing.assert_array_equal(fitted.standard_errors.slopes[[0, 2, 5, 7]], 0)
    assert (fitted.standard_errors.slopes[[1, 3, 4, 6]] > 0).all()
    assert abs(fitted.group_means[0] - 0.5) < 4 * fitted.standard_errors.group_means[0]
    assert abs(fitted.group_sds[0] - 0.8) < 4 * fitted.standard_errors.group_sds[0]
    others = [1, 3, 4, 6]
    z = (fitted.items.slopes[others] - items.slopes[others]) / fitted.standard_errors.slopes[others]
    assert np.abs(z).max() < 4


def test_all_items_fixed_leaves_the_population_to_estimate() -> None:
    items, codes, groups = simulated_two_groups()
    fitted = calibrate(codes, groups=groups, fixed=(np.arange(8), items))
    assert fitted.converged, fitted.notes
    assert fitted.items == items
    np.testing.assert_allclose(fitted.group_means, [0, 0.5], atol=0.12)
    np.testing.assert_allclose(fitted.group_sds, [1, 0.8], atol=0.1)


def test_fixed_items_keep_categories_nobody_chose() -> None:
    items, codes, _ = simulated_two_groups()
    scarce = codes.copy()
    scarce[scarce[:, 0] == 3, 0] = 2
    fitted = calibrate(scarce, fixed=([0], items.take([0])))
    assert fitted.items.categories[0] == 4
    assert fitted.items.take([0]) == items.take([0])


@pytest.mark.parametrize("model", ["gpcm", "nominal"])
def test_items_fixed_at_an_optimum_leave_the_rest_there(model: str) -> None:
    _, codes, _ = simulated_two_groups("gpcm")
    free = calibrate(codes[:1500], model)
    again = calibrate(codes[:1500], model, fixed=([0, 1, 2], free.items.take([0, 1, 2])))
    assert again.log_likelihood >= free.log_likelihood - 1e-6
    np.testing.assert_allclose(again.items.slopes, free.items.slopes, atol=0.1)
    assert again.group_means[0] == pytest.approx(0, abs=0.1)


def test_rasch_slopes_are_one_and_the_standard_deviation_free() -> None:
    rng = np.random.default_rng(5)
    truth = ItemParameters(np.ones(12), rng.normal(0, 1, (12, 1)), "rasch")
    fitted = calibrate(drawn(truth, 1.4 * rng.standard_normal(2000)), "rasch")
    assert fitted.converged
    assert fitted.items.model == "rasch"
    np.testing.assert_array_equal(fitted.items.slopes, 1)
    assert fitted.group_sds[0] == pytest.approx(1.4, abs=0.1)
    z = (fitted.items.thresholds - truth.thresholds) / fitted.standard_errors.thresholds
    assert np.abs(z).max() < 4


def test_rasch_is_the_2pl_with_one_slope_for_all() -> None:
    rng = np.random.default_rng(6)
    truth = ItemParameters(np.ones(5), rng.normal(0, 1, (5, 1)), "rasch")
    codes = drawn(truth, rng.standard_normal(600))
    fitted = calibrate(codes, "rasch")
    sd = fitted.group_sds[0]
    scaled = ItemParameters(np.full(5, sd), fitted.items.thresholds / sd, "2pl")
    prior = normal_prior(np.linspace(-6, 6, 481))
    height = np.log(np.exp(log_likelihood(codes, scaled, np.linspace(-6, 6, 481))) @ prior).sum()
    assert height == pytest.approx(fitted.log_likelihood, abs=1e-4)


def test_several_groups_under_the_rasch_model() -> None:
    rng = np.random.default_rng(7)
    truth = ItemParameters(np.ones(10), rng.normal(0, 1, (10, 1)), "rasch")
    theta = np.concatenate(
        [rng.standard_normal(800), 1 + 0.6 * rng.standard_normal(800), -1 + rng.standard_normal(800)]
    )
    fitted = calibrate(drawn(truth, theta), "rasch", groups=np.repeat([1, 2, 3], 800))
    assert fitted.converged
    np.testing.assert_allclose(fitted.group_means, [0, 1, -1], atol=0.15)
    np.testing.assert_allclose(fitted.group_sds, [1, 0.6, 1], atol=0.12)


def test_groups_without_a_common_item_are_not_called_converged() -> None:
    _, codes, groups = simulated_two_groups()
    apart = codes.copy()
    apart[np.ix_(groups == "first", np.arange(4))] = MISSING
    apart[np.ix_(groups == "second", np.arange(4, 8))] = MISSING
    fitted = calibrate(apart, groups=groups)
    assert never_nan(fitted)
    assert not fitted.converged
    assert any("No common item links 'second'" in note for note in fitted.notes)
    assert np.isinf(fitted.standard_errors.group_means[1])


@given(
    seed=st.integers(0, 10_000),
    model=st.sampled_from(MODELS),
    persons=st.sampled_from([4, 12, 50]),
    sparse=st.sampled_from([0.0, 0.5, 0.9]),
    kind=st.sampled_from(["weak", "turned", "rare", "constant", "noise"]),
    grouped=st.booleans(),
)
@settings(max_examples=20, deadline=None)
def test_hostile_data_never_give_nan(
    seed: int, model: str, persons: int, sparse: float, kind: str, grouped: bool
) -> None:
    rng = np.random.default_rng(seed)
    slopes = {"weak": rng.uniform(0.01, 0.1, 5), "turned": rng.choice([-1.5, 1.5], 5)}.get(kind, np.full(5, 1.2))
    middle = np.array([-1.0, 0.0, 1.0]) * np.sign(slopes)[:, None]
    codes = drawn(
        ItemParameters(slopes, middle / np.maximum(np.abs(slopes[:, None]), 0.3)), rng.standard_normal(persons)
    )
    codes = codes.copy()
    if kind == "rare":
        codes[:, 0] = 0
        codes[0, 0] = 3
    if kind == "constant":
        codes[:, 1] = 2
    if kind == "noise":
        codes = rng.integers(0, 4, codes.shape).astype(np.int8)
    codes[rng.random(codes.shape) < sparse] = MISSING
    codes[0] = rng.integers(0, 2, 5)
    codes[-1] = rng.integers(1, 3, 5)
    codes[persons // 2] = MISSING
    groups = np.arange(persons) >= persons - persons // 2 if grouped else None
    fitted = calibrate(codes, model, groups=groups)
    assert never_nan(fitted)
    assert fitted.converged or fitted.notes


def test_fixed_items_nobody_answered_link_nothing() -> None:
    items, codes, _ = simulated_two_groups()
    silent = codes[:300].copy()
    silent[:, 0] = MISSING
    fitted = calibrate(silent, fixed=([0], items.take([0])))
    assert never_nan(fitted)
    assert not fitted.converged
    assert any("No common item links" in note for note in fitted.notes)


def test_an_impossible_design_is_refused() -> None:
    items, codes, groups = simulated_two_groups()
    with pytest.raises(InvalidResponses, match="labels"):
        calibrate(codes, groups=groups[:10])
    with pytest.raises(InvalidResponses, match="labels"):
        calibrate(codes, groups=np.where(groups == "first", np.nan, 1.0))
    silent = codes.copy()
    silent[groups == "second"] = MISSING
    with pytest.raises(InvalidResponses, match="no response"):
        calibrate(silent, groups=groups)
    with pytest.raises(InvalidItems, match="different columns"):
        calibrate(codes, fixed=([0, 0], items.take([0, 1])))
    with pytest.raises(InvalidItems, match="outside"):
        calibrate(codes, fixed=([8], items.take([0])))
    with pytest.raises(InvalidItems, match="this calibration is gpcm"):
        calibrate(codes, "gpcm", fixed=([0], items.take([0])))
    narrow = ItemParameters([1.0], [[0.0, 1.0]])
    with pytest.raises(InvalidResponses, match="does not have"):
        calibrate(codes, fixed=([0], narrow))
