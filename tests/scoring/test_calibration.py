"""Calibration: recovery of simulated truth, invariances, agreement of its two paths, and what it does with bad data."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
from numpy.typing import NDArray

from scoring.calibration import Calibration, calibrate
from scoring.calibration_models import Graded, PartialCredit
from scoring.errors import InvalidItems, InvalidResponses, ScoringError
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.responses import MISSING
from scoring.simulation import simulate_responses


def graded_items(count: int, categories: int = 5, seed: int = 1) -> ItemParameters:
    rng = np.random.default_rng(seed)
    thresholds = np.sort(rng.normal(0, 1, (count, categories - 1)), axis=1) + 0.2 * np.arange(categories - 1)
    return ItemParameters(rng.uniform(0.8, 2.2, count), thresholds)


def simulated(items: ItemParameters, persons: int, seed: int = 2) -> NDArray[np.int8]:
    rng = np.random.default_rng(seed)
    return simulate_responses(items, rng.standard_normal(persons), rng)


def never_nan(fitted: Calibration) -> bool:
    padded = np.isnan(fitted.items.thresholds)
    errors = fitted.standard_errors
    return bool(
        np.isfinite(fitted.items.slopes).all()
        and np.isfinite(fitted.log_likelihood)
        and not np.isnan(errors.slopes).any()
        and (np.isnan(errors.thresholds) == padded).all()
        and np.isfinite(fitted.latent_density).all()
    )


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_simulated_truth_is_recovered_within_the_stated_errors(model: str) -> None:
    truth = graded_items(12)
    truth = ItemParameters(truth.slopes, truth.thresholds, model)
    fitted = calibrate(simulated(truth, 4000), model)
    assert fitted.converged
    z = np.concatenate(
        [
            (fitted.items.slopes - truth.slopes) / fitted.standard_errors.slopes,
            ((fitted.items.thresholds - truth.thresholds) / fitted.standard_errors.thresholds).ravel(),
        ]
    )
    assert np.abs(z).max() < 4
    assert 0.75 < np.sqrt((z**2).mean()) < 1.3


def test_stated_errors_are_the_spread_over_repeated_samples() -> None:
    truth = graded_items(6, categories=3)
    fits = [calibrate(simulated(truth, 800, seed), compiled=False) for seed in range(40)]
    slopes = np.array([fit.items.slopes for fit in fits])
    stated = np.array([fit.standard_errors.slopes for fit in fits]).mean(axis=0)
    np.testing.assert_allclose(slopes.std(axis=0, ddof=1) / stated, 1, atol=0.4)
    assert (slopes.std(axis=0, ddof=1) / stated).mean() == pytest.approx(1, abs=0.15)


def test_the_log_likelihood_is_that_of_the_items_it_returns() -> None:
    codes = simulated(graded_items(8), 500)
    fitted = calibrate(codes)
    prior = np.exp(-0.5 * fitted.nodes**2)
    prior /= prior.sum()
    marginal = np.exp(log_likelihood(codes, fitted.items, fitted.nodes)) @ prior
    assert fitted.log_likelihood == pytest.approx(np.log(marginal).sum(), abs=1e-6)


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_no_nearby_parameters_are_more_likely(model: str) -> None:
    codes = simulated(graded_items(5, categories=3), 600)
    fitted = calibrate(codes, model)
    prior = np.exp(-0.5 * fitted.nodes**2)
    prior /= prior.sum()

    def height(items: ItemParameters) -> float:
        return float(np.log(np.exp(log_likelihood(codes, items, fitted.nodes)) @ prior).sum())

    best = height(fitted.items)
    rng = np.random.default_rng(3)
    for _ in range(30):
        slopes = fitted.items.slopes + rng.normal(0, 1e-3, 5)
        thresholds = fitted.items.thresholds + rng.normal(0, 1e-3, (5, 2))
        assert height(ItemParameters(slopes, thresholds, model)) < best


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_the_compiled_and_the_plain_path_agree(model: str) -> None:
    codes = simulated(graded_items(7), 3000).copy()
    codes[np.random.default_rng(4).random(codes.shape) < 0.3] = MISSING
    plain = calibrate(codes, model, compiled=False, tolerance=1e-9)  # nearer than the climbs' own ends may differ
    fast = calibrate(codes, model, compiled=True, tolerance=1e-9)
    assert plain.converged
    assert fast.converged
    assert fast.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(fast.items.slopes, plain.items.slopes, atol=1e-6)
    np.testing.assert_allclose(fast.items.thresholds, plain.items.thresholds, atol=1e-6)
    # information is taken up to 1e-2 logits from the end, each path's own way there
    np.testing.assert_allclose(fast.standard_errors.slopes, plain.standard_errors.slopes, rtol=2e-3)


def test_large_samples_in_single_precision_end_where_double_precision_ends() -> None:
    codes = simulated(graded_items(10), 60_000)
    codes = np.concatenate([codes, np.full((1, 10), MISSING, dtype=np.int8)])
    fitted = calibrate(codes)
    assert fitted.converged
    assert fitted.n == 60_000
    plain = calibrate(codes, compiled=False)
    assert fitted.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-4)
    np.testing.assert_allclose(fitted.items.slopes, plain.items.slopes, atol=5e-6)


def test_the_same_responses_give_the_same_bytes() -> None:
    codes = simulated(graded_items(10), 9000)
    digests = {
        hashlib.sha256(json.dumps(calibrate(codes, compiled=True).items.to_dict()).encode()).hexdigest()
        for _ in range(3)
    }
    assert len(digests) == 1


def test_the_order_of_persons_and_items_does_not_matter() -> None:
    codes = simulated(graded_items(6), 900)
    rng = np.random.default_rng(5)
    items = rng.permutation(6)
    one = calibrate(codes)
    other = calibrate(codes[rng.permutation(900)][:, items])
    np.testing.assert_allclose(other.items.slopes, one.items.slopes[items], atol=1e-5)
    np.testing.assert_allclose(other.items.thresholds, one.items.thresholds[items], atol=1e-5)


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_items_keyed_the_other_way_get_the_opposite_slope(model: str) -> None:
    codes = simulated(graded_items(6), 900).copy()
    straight = calibrate(codes, model)
    codes[:, [1, 4]] = 4 - codes[:, [1, 4]]
    turned = calibrate(codes, model)
    assert turned.converged
    sign = np.array([1, -1, 1, 1, -1, 1])
    assert turned.log_likelihood == pytest.approx(straight.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(turned.items.slopes, sign * straight.items.slopes, atol=1e-5)
    np.testing.assert_allclose(turned.items.thresholds[1], straight.items.thresholds[1, ::-1], atol=1e-5)


def test_two_category_graded_items_are_the_2pl() -> None:
    codes = simulated(graded_items(8, categories=2), 700)
    graded, logistic, partial = (calibrate(codes, model) for model in ("graded", "2pl", "gpcm"))
    np.testing.assert_array_equal(graded.items.slopes, logistic.items.slopes)
    np.testing.assert_allclose(partial.items.slopes, logistic.items.slopes, atol=1e-5)
    np.testing.assert_allclose(partial.items.thresholds, logistic.items.thresholds, atol=1e-5)
    assert logistic.items.model == "2pl"


def test_a_person_of_weight_two_counts_as_two_persons() -> None:
    codes = simulated(graded_items(5), 400)
    weights = np.where(np.arange(400) < 150, 2.0, 1.0)
    twice = calibrate(np.concatenate([codes, codes[:150]]))
    weighted = calibrate(codes, weights=weights)
    assert weighted.log_likelihood == pytest.approx(twice.log_likelihood, abs=1e-6)
    np.testing.assert_allclose(weighted.items.slopes, twice.items.slopes, atol=1e-5)
    assert (weighted.standard_errors.slopes > twice.standard_errors.slopes).mean() > 0.5


def test_weights_of_another_unit_change_no_parameter_and_no_error() -> None:
    codes = simulated(graded_items(5), 400)
    weights = np.random.default_rng(6).uniform(0.5, 2, 400)
    one, other = calibrate(codes, weights=weights), calibrate(codes, weights=10 * weights)
    np.testing.assert_allclose(one.items.slopes, other.items.slopes, atol=1e-5)
    np.testing.assert_allclose(one.standard_errors.slopes, other.standard_errors.slopes, rtol=1e-4)


def test_persons_without_responses_are_set_aside_and_counted() -> None:
    codes = simulated(graded_items(5), 300)
    padded = np.concatenate([codes, np.full((7, 5), MISSING, dtype=np.int8)])
    with_empty, without = calibrate(padded), calibrate(codes)
    assert with_empty.n == 300
    assert any(note.startswith("7 persons") for note in with_empty.notes)
    np.testing.assert_array_equal(with_empty.items.slopes, without.items.slopes)


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_a_category_nobody_chose_is_noted_and_gets_almost_no_probability(model: str) -> None:
    codes = simulated(graded_items(6), 900).copy()
    codes[codes[:, 2] == 2, 2] = 3
    codes[codes[:, 4] == 0, 4] = 1
    fitted = calibrate(codes, model)
    assert fitted.converged
    assert never_nan(fitted)
    assert "Item 2: nobody chose 2" in " ".join(fitted.notes)
    assert "Item 4: nobody chose 0" in " ".join(fitted.notes)
    np.testing.assert_array_equal(fitted.items.categories, 5)
    unused = np.full((1, 6), MISSING)
    unused[0, 2] = 2
    assert log_likelihood(unused, fitted.items, [-2.0, 0.0, 2.0]).max() < np.log(1e-5)
    prior = np.exp(-0.5 * fitted.nodes**2)
    marginal = np.exp(log_likelihood(codes, fitted.items, fitted.nodes)) @ (prior / prior.sum())
    assert fitted.log_likelihood == pytest.approx(np.log(marginal).sum(), abs=0.01)


def test_an_item_everybody_answers_alike_is_kept_apart_from_the_fit() -> None:
    codes = simulated(graded_items(6), 500).copy()
    codes[:, 3] = 2
    fitted = calibrate(codes)
    rest = calibrate(np.delete(codes, 3, axis=1))
    assert never_nan(fitted)
    assert "Item 3: only category 2 in use" in " ".join(fitted.notes)
    np.testing.assert_allclose(np.delete(fitted.items.slopes, 3), rest.items.slopes, atol=1e-6)
    assert log_likelihood(codes[:1, :], fitted.items, [0.0]) == pytest.approx(
        log_likelihood(np.delete(codes[:1], 3, axis=1), rest.items, [0.0]), abs=1e-4
    )


def test_weak_items_do_not_break_the_fit() -> None:
    rng = np.random.default_rng(8)
    items = ItemParameters(rng.uniform(0.02, 0.3, 40), np.tile([-1.5, -0.5, 0.5, 1.5], (40, 1)) / 0.16)
    fitted = calibrate(simulated(items, 1500))
    assert never_nan(fitted)
    assert fitted.converged, fitted.notes


def test_ninety_per_cent_missing_by_design_converges() -> None:
    codes = simulated(graded_items(60), 3000).copy()
    codes[np.random.default_rng(9).random(codes.shape) < 0.9] = MISSING
    fitted = calibrate(codes)
    assert fitted.converged, fitted.notes
    assert np.abs(fitted.items.slopes - graded_items(60).slopes).mean() < 0.2


@pytest.mark.parametrize("persons", [1, 3, 50])
@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_small_samples_never_give_nan(persons: int, model: str) -> None:
    fitted = calibrate(simulated(graded_items(10), persons), model)
    assert never_nan(fitted)
    assert fitted.converged or fitted.notes


@pytest.mark.parametrize("model", ["graded", "gpcm"])
@pytest.mark.parametrize("kind", ["guttman", "identical", "one item", "nothing varies"])
def test_a_fit_that_cannot_be_had_says_so(kind: str, model: str) -> None:
    rng = np.random.default_rng(10)
    codes = {
        "guttman": (np.sort(rng.standard_normal(200))[:, None] > np.linspace(-1.5, 1.5, 7)).astype(int),
        "identical": np.repeat(rng.integers(0, 4, (200, 1)), 6, axis=1),
        "one item": rng.integers(0, 4, (200, 1)),
        "nothing varies": np.full((20, 3), 2),
    }[kind]
    fitted = calibrate(codes, model)
    assert never_nan(fitted)
    assert not fitted.converged
    assert fitted.notes


def test_the_mean_posterior_is_the_prior_when_the_model_is_true() -> None:
    fitted = calibrate(simulated(graded_items(12), 4000))
    mean = fitted.latent_density @ fitted.nodes
    assert mean == pytest.approx(0, abs=0.01)
    assert fitted.latent_density @ fitted.nodes**2 == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(fitted.group_means, [0.0])
    np.testing.assert_array_equal(fitted.group_sds, [1.0])


def test_the_scale_points_where_the_slopes_add_up_to_more() -> None:
    truth = ItemParameters([1.0, 1.0, 1.0, -4.0], np.zeros(4), "2pl")
    codes = simulated(truth, 3000)
    fitted, mirrored = calibrate(codes, "2pl"), calibrate(1 - codes, "2pl")
    assert fitted.converged
    np.testing.assert_array_equal(np.sign(fitted.items.slopes), [-1, -1, -1, 1])
    np.testing.assert_allclose(mirrored.items.slopes, fitted.items.slopes, atol=1e-4)
    np.testing.assert_allclose(mirrored.items.thresholds, -fitted.items.thresholds, atol=1e-4)
    np.testing.assert_allclose(mirrored.standard_errors.thresholds, fitted.standard_errors.thresholds, rtol=1e-3)


def test_graded_intercepts_must_fall_and_steps_may_do_as_they_like() -> None:
    intercepts = np.array([[1.0, -1.0], [-1.0, 1.0], [0.5, 0.0]])
    categories = np.array([3, 3, 2])
    assert Graded(categories).is_valid(intercepts).tolist() == [True, False, True]
    assert PartialCredit(categories, np.tile(np.arange(3.0), (3, 1))).is_valid(intercepts).all()


@pytest.mark.parametrize("model", ["graded", "gpcm"])
def test_derivatives_of_a_model_are_those_of_its_probabilities(model: str) -> None:
    categories = np.array([4, 2, 3])
    kind = Graded(categories) if model == "graded" else PartialCredit(categories, np.tile(np.arange(4.0), (3, 1)))
    slopes, intercepts = np.array([1.3, -0.8, 0.6]), np.array([[1.5, 0.1, -1.0], [0.4, 0.0, 0.0], [0.7, -0.2, 0.0]])
    nodes, step = np.linspace(-2, 2, 5), 1e-6
    exists = np.arange(4) < categories[:, None]
    table = kind.slope_of_log(slopes, intercepts, nodes) * exists[:, :, None, None]

    def logs(a: NDArray[np.float64], d: NDArray[np.float64]) -> NDArray[np.float64]:
        probabilities = kind.probabilities(a, d, nodes)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        return np.log(np.where(probabilities > 0, probabilities, 1))

    by_slope = (logs(slopes + step, intercepts) - logs(slopes - step, intercepts)) / (2 * step)
    np.testing.assert_allclose(table[:, :, 0], by_slope, atol=1e-7)
    for k in range(3):
        shift = step * (np.arange(3) == k) * kind.live
        by_intercept = (logs(slopes, intercepts + shift) - logs(slopes, intercepts - shift)) / (2 * step)
        np.testing.assert_allclose(table[:, :, k + 1] * kind.live[:, [k], None], by_intercept, atol=1e-7)


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(InvalidItems, match="sequential"):
        calibrate([[0, 1]], "sequential")
    with pytest.raises(InvalidResponses, match="0 and 1"):
        calibrate([[0, 2]], "2pl")
    with pytest.raises(InvalidResponses, match="no response"):
        calibrate([[MISSING, MISSING]])
    with pytest.raises(InvalidResponses, match="Weights"):
        calibrate([[0, 1], [1, 0]], weights=[1.0])
    with pytest.raises(InvalidResponses, match="Weights"):
        calibrate([[0, 1], [1, 0]], weights=[1.0, -1.0])


@pytest.mark.long
def test_guessers_at_steep_items_do_not_keep_single_precision_from_the_height() -> None:
    rng = np.random.default_rng(0)
    items = ItemParameters(rng.uniform(3, 8, 100), rng.normal(0, 1.5, (100, 1)))
    codes = simulate_responses(items, rng.normal(size=2_000), rng).astype(np.int8)
    guessing = rng.random(2_000) < 0.3
    codes[guessing] = rng.integers(0, 2, (int(guessing.sum()), 100))
    compiled, plain = (calibrate(codes, compiled=way).log_likelihood for way in (True, False))
    assert compiled == pytest.approx(plain, abs=1)


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"bounds": (1.0, -1.0)}, "rising bounds"),
        ({"bounds": (np.nan, 1.0)}, "rising bounds"),
        ({"bounds": (0.0, 3.0)}, "from -3 or below to 3 or above"),
        ({"bounds": (-2.0, 2.0)}, "from -3 or below to 3 or above"),
        ({"quadrature": -3}, "at least two nodes"),
        ({"quadrature": 0}, "at least two nodes"),
        ({"quadrature": 10}, "at least 11 nodes"),
        ({"tolerance": np.nan}, "tolerance"),
        ({"tolerance": -1e-6}, "tolerance"),
        ({"ridge": np.nan}, "ridge"),
        ({"ridge": -1.0}, "ridge"),
    ],
)
def test_a_search_that_would_pass_off_wrong_parameters_as_converged_is_refused(search: dict, message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        calibrate(simulated(graded_items(4), 50), **search)


def test_the_coarsest_search_that_is_let_through_finds_the_parameters() -> None:
    codes = simulated(graded_items(8), 1000)
    coarse, fine = calibrate(codes, quadrature=11, bounds=(-3.0, 3.0)), calibrate(codes)
    assert coarse.converged
    np.testing.assert_allclose(coarse.items.slopes, fine.items.slopes, atol=0.15)


def test_a_mark_of_a_category_nobody_chose_has_an_infinite_error_and_an_estimate_a_finite_one() -> None:
    rng = np.random.default_rng(606)
    items = ItemParameters(np.full(5, 1.5), np.tile([-1.0, 0.0, 1.0], (5, 1)))
    codes = simulate_responses(items, rng.standard_normal(600), rng)
    codes[:, 0] = np.maximum(codes[:, 0], 1)
    codes[codes[:, 1] == 1, 1] = 2
    graded, steps = (calibrate(codes, model).standard_errors.thresholds for model in ("graded", "gpcm"))
    assert np.isinf(graded).tolist() == [[True, False, False]] + [[False] * 3] * 4
    assert np.isinf(steps).tolist() == [[True, False, False], [True, True, False]] + [[False] * 3] * 3
    assert not np.isnan(graded).any()
    assert (graded > 0).all()
    assert (steps > 0).all()


@pytest.mark.parametrize("groups", [None, np.arange(600) % 2])
def test_weights_that_are_very_small_change_no_error(groups: NDArray[np.int64] | None) -> None:
    rng = np.random.default_rng(8)
    codes = simulate_responses(graded_items(8), rng.standard_normal(600), rng)
    weights = rng.uniform(0.5, 2, 600)
    usual, small = (calibrate(codes, weights=unit * weights, groups=groups) for unit in (1.0, 1e-9))
    np.testing.assert_allclose(small.standard_errors.slopes, usual.standard_errors.slopes, rtol=0.02)
    np.testing.assert_allclose(small.standard_errors.thresholds, usual.standard_errors.thresholds, rtol=0.02)
