"""Fit of items and of whole models: right under a true model, loud under a false one."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.calibration import Calibration, calibrate
from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities
from scoring.item_fit_statistics import ScoreTable, expected_by_score, free_parameters, item_fit, local_dependence
from scoring.items import ItemParameters
from scoring.model_fit import _correlations, _left_over, _Moments, model_fit, probability_derivatives
from scoring.normal import NODES, normal_prior
from scoring.responses import MISSING
from scoring.simulation import simulate_responses


def some_items(model: str = "graded", count: int = 8) -> ItemParameters:
    rng = np.random.default_rng(21)
    if model == "nominal":
        return ItemParameters.nominal(
            rng.normal(0, 0.3, (count, 3)) + np.array([-1.0, 0.0, 1.0]), rng.normal(0, 0.5, (count, 3))
        )
    return ItemParameters(rng.uniform(0.9, 1.8, count), np.sort(rng.normal(0, 0.9, (count, 2)), axis=1), model)


@cache
def true_model(model: str) -> tuple[NDArray[np.int8], Calibration]:
    rng = np.random.default_rng(22)
    codes = simulate_responses(some_items(model), rng.standard_normal(2000), rng)
    return codes, calibrate(codes, model)


@pytest.mark.parametrize("model", ["graded", "gpcm", "nominal"])
def test_nothing_is_found_under_a_true_model(model: str) -> None:
    codes, fitted = true_model(model)
    found = item_fit(codes, fitted.items)
    assert found.p_value.min() > 0.002
    assert found.s_x2.sum() / found.degrees_of_freedom.sum() == pytest.approx(1, abs=0.25)
    np.testing.assert_allclose(found.infit, 1, atol=0.05)
    np.testing.assert_allclose(found.outfit, 1, atol=0.08)
    assert np.abs(found.infit_z).max() < 3.5
    assert found.rmsd.max() < 0.03
    assert found.category_rmsd.shape == (8, 3)
    assert local_dependence(codes, fitted.items).pairs_above(0.15) == ()


@pytest.mark.parametrize("model", ["graded", "gpcm"])
@pytest.mark.parametrize("statistic", ["C2", "M2*"])
def test_overall_fit_is_as_expected_on_average_under_a_true_model(model: str, statistic: str) -> None:
    items = some_items(model)
    ratios = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        codes = simulate_responses(items, rng.standard_normal(1000), rng)
        found = model_fit(codes, calibrate(codes, model).items, statistic)
        ratios.append(found.statistic / found.degrees_of_freedom)
    # chi-square over its degrees of freedom has mean 1 and, over twelve samples, a standard error of .09 at most
    assert np.mean(ratios) == pytest.approx(1, abs=0.28)


def test_a_planted_misfit_is_found() -> None:
    codes, _ = true_model("graded")
    spoilt = codes.copy()
    rng = np.random.default_rng(23)
    spoilt[:, 2] = np.where(rng.random(2000) < 0.5, rng.integers(0, 3, 2000), spoilt[:, 2])
    spoilt[:, 5] = spoilt[:, 4]  # two items that are one
    items = true_model("graded")[1].items
    found = item_fit(spoilt, items)
    assert found.p_value[2] < 1e-6
    assert found.outfit[2] > 1.1
    assert found.outfit_z[2] > 3
    assert found.rmsd[2] > 1.5 * found.rmsd[[0, 1, 3, 4, 6, 7]].max()
    dependence = local_dependence(spoilt, calibrate(spoilt).items)
    assert dependence.pairs_above(0.2)[0] == (4, 5)
    assert model_fit(spoilt, calibrate(spoilt).items).rmsea > 0.08
    assert model_fit(codes, items).rmsea < 0.03


def test_expected_categories_by_score_are_those_of_all_patterns() -> None:
    items = some_items(count=4)
    prior = normal_prior(NODES)
    expected, possible = expected_by_score(items, prior)
    probabilities = category_probabilities(items, NODES)
    mass = np.zeros((4, 9, 3))
    for pattern in np.ndindex(3, 3, 3, 3):
        weight = prior @ np.prod([probabilities[:, j, k] for j, k in enumerate(pattern)], axis=0)
        for j, k in enumerate(pattern):
            mass[j, sum(pattern), k] += weight
    np.testing.assert_allclose(expected, mass / mass.sum(axis=2, keepdims=True), atol=1e-12)
    np.testing.assert_array_equal(possible, mass > 0)


def test_joining_keeps_every_person_and_leaves_no_small_cell() -> None:
    rng = np.random.default_rng(24)
    for _ in range(30):
        expected = rng.gamma(0.7, 2.0, (12, 4))
        observed = rng.poisson(expected).astype(float)
        joined = ScoreTable(observed, expected).joined()
        kept = observed.sum(axis=1) > 0
        assert joined.observed.sum() == pytest.approx(observed.sum())
        assert joined.expected.sum() == pytest.approx(expected[kept].sum())
        if joined.expected.shape[0] > 1:
            assert joined.expected[joined.expected > 0].min() >= 1.0


def test_given_parameters_cost_no_degrees_of_freedom() -> None:
    codes, fitted = true_model("graded")
    one, other = item_fit(codes, fitted.items), item_fit(codes, fitted.items, estimated=np.zeros(8, dtype=int))
    np.testing.assert_array_equal(other.degrees_of_freedom - one.degrees_of_freedom, free_parameters(fitted.items))


@pytest.mark.parametrize("model", ["graded", "gpcm", "nominal", "2pl", "rasch"])
def test_derivatives_are_those_of_the_probabilities(model: str) -> None:
    step = 1e-6
    theta = np.array([-1.3, 0.2, 1.9])
    a, d = 1.3, np.array([0.8, -0.5]) if model in {"graded", "gpcm", "nominal"} else np.array([0.4])
    extra = np.array([-0.6]) if model == "nominal" else np.zeros(0)

    def items(x: NDArray[np.float64]) -> ItemParameters:
        if model == "nominal":
            return ItemParameters.nominal([[0.0, x[0], x[1]]], [[0.0, x[2], x[3]]])
        if model == "gpcm":
            return ItemParameters([x[0]], [-np.diff(np.concatenate([[0.0], x[1:]])) / x[0]], model)
        return ItemParameters([x[0]], [-x[1:] / x[0]], model)

    at = np.concatenate([[a], extra, d])
    found = probability_derivatives(items(at), theta)[0]
    for p in range(at.size):
        change = np.where(np.arange(at.size) == p, step, 0.0)
        slope = (category_probabilities(items(at + change), theta) - category_probabilities(items(at - change), theta))[
            :, 0
        ] / (2 * step)
        np.testing.assert_allclose(found[:, :, p], slope, atol=1e-8)


def test_missing_responses_are_left_out_item_by_item() -> None:
    codes, fitted = true_model("graded")
    sparse = codes.copy()
    sparse[np.random.default_rng(25).random(codes.shape) < 0.1] = MISSING
    found = item_fit(sparse, fitted.items)
    assert found.complete_cases == (sparse != MISSING).all(axis=1).sum()
    np.testing.assert_allclose(found.infit, 1, atol=0.06)
    whole, complete = model_fit(sparse, fitted.items), model_fit(sparse, fitted.items, complete_cases=True)
    assert whole.persons == 2000
    assert complete.persons == found.complete_cases
    assert whole.rmsea < 0.05
    assert complete.rmsea_interval[0] <= complete.rmsea <= complete.rmsea_interval[1]


def by_chance(codes: NDArray[np.int8], rng: np.random.Generator) -> NDArray[np.int8]:
    return np.where(rng.random(codes.shape) < 0.3, MISSING, codes)


def two_forms(codes: NDArray[np.int8], _: np.random.Generator) -> NDArray[np.int8]:
    """Two items in common, and three that only one half of the persons was given."""
    first = np.arange(codes.shape[0])[:, None] < codes.shape[0] // 2
    return np.where(np.where(first, np.arange(8) < 3, np.arange(8) >= 5), MISSING, codes)


@pytest.mark.parametrize(("statistic", "freedom"), [("C2", (20, 11)), ("M2*", (12, 3))])
def test_overall_fit_is_as_expected_on_average_when_responses_are_missing(
    statistic: str, freedom: tuple[int, int]
) -> None:
    for left_out, expected in zip((by_chance, two_forms), freedom, strict=True):
        ratios = []
        for seed in range(12):
            rng = np.random.default_rng(seed)
            codes = left_out(simulate_responses(some_items(), rng.standard_normal(1000), rng), rng)
            found = model_fit(codes, calibrate(codes).items, statistic)
            assert found.degrees_of_freedom == expected
            ratios.append(found.statistic / expected)
        # the standard error of this mean is √(2 / (12 · degrees of freedom)): .09 to .24
        assert np.mean(ratios) == pytest.approx(1, abs=3 * np.sqrt(2 / (12 * expected)))


def test_without_missing_responses_every_moment_counts_in_full() -> None:
    codes, fitted = true_model("graded")
    moments = _Moments.of(fitted.items, normal_prior(NODES), by_category=True)
    assert (moments.answered_together(codes != MISSING) == 1).all()
    change = moments.derivatives(fitted.items, 0.0, 1.0, slopes=True, spread=False)
    by_hand = 2000 * _left_over(moments.observed(codes) - moments.expected, moments.covariance(), change)
    assert model_fit(codes, fitted.items).statistic == pytest.approx(by_hand, rel=1e-12)


def test_overall_fit_of_items_with_few_categories_beside_a_wider_one_is_theirs() -> None:
    narrow, padding = [-0.7, 0.6], [np.nan, np.nan]
    bank = ItemParameters(np.linspace(0.8, 2.0, 9), [[-2.0, -1.0, 1.0, 2.0]] + [narrow + padding] * 8)
    codes = simulate_responses(bank, np.random.default_rng(3).standard_normal(400), np.random.default_rng(4))
    assert 0 < model_fit(codes, bank).p_value < 1
    items = bank.take(range(1, 9))
    alone = ItemParameters(items.slopes, items.thresholds[:, :2])
    assert model_fit(codes[:, 1:], items).statistic == pytest.approx(model_fit(codes[:, 1:], alone).statistic)


def test_correlations_are_those_of_the_persons_who_answered_both() -> None:
    rng = np.random.default_rng(27)
    codes = by_chance(true_model("graded")[0], rng)
    codes[:, 6], codes[codes[:, 0] != MISSING, 7] = 1, MISSING
    found, known = _correlations(codes)
    for i, j in np.ndindex(6, 6):
        both = (codes[:, [i, j]] != MISSING).all(axis=1)
        assert found[i, j] == pytest.approx(np.corrcoef(codes[both, i], codes[both, j])[0, 1], abs=1e-12)
    assert known[:6, :6].all()
    assert not known[6].any()  # one category
    assert not known[0, 7]  # nobody answered both


def test_correlations_under_a_true_model_differ_by_their_sampling_error_alone() -> None:
    rng = np.random.default_rng(28)
    codes = by_chance(true_model("graded")[0], rng)
    whole = model_fit(true_model("graded")[0], true_model("graded")[1].items).srmsr
    assert whole < model_fit(codes, calibrate(codes).items).srmsr < 2 * whole


def test_a_few_missing_responses_hide_no_misfit() -> None:
    codes, _ = true_model("graded")
    rng = np.random.default_rng(29)
    spoilt = codes.copy()
    spoilt[:, 5] = np.where(rng.random(2000) < 0.3, codes[:, 4], codes[:, 5])
    items = calibrate(spoilt).items
    sparse = [np.where(rng.random(codes.shape) < 0.01, MISSING, spoilt) for _ in range(20)]
    found = np.mean([model_fit(some, items).statistic for some in sparse])
    assert found == pytest.approx(model_fit(spoilt, items).statistic, rel=0.05)  # 2 % of every pair's persons are lost


@given(
    seed=st.integers(0, 10_000),
    persons=st.sampled_from([1, 5, 50]),
    sparse=st.sampled_from([0.0, 0.5, 0.9]),
    slope=st.sampled_from([-2.0, -1e-3, 1e-3, 0.3, 25.0]),
)
@settings(max_examples=30, deadline=None)
def test_hostile_data_never_give_nan(seed: int, persons: int, sparse: float, slope: float) -> None:
    rng = np.random.default_rng(seed)
    thresholds = np.array([[-1.0, 0.2, 1.0]]) * np.sign(slope) * np.ones((4, 1))
    items = ItemParameters(np.full(4, slope), thresholds)
    codes = rng.integers(0, 4, (persons, 4)).astype(np.int8)
    codes[rng.random(codes.shape) < sparse] = MISSING
    codes[0, 0] = 1
    found = item_fit(codes, items)
    for name in ("s_x2", "p_value", "rmsea", "infit", "outfit", "infit_z", "outfit_z", "rmsd", "category_rmsd"):
        assert np.isfinite(getattr(found, name)).all(), name
    dependence = local_dependence(codes, items)
    assert np.isfinite(dependence.q3).all()
    assert np.isfinite(dependence.adjusted).all()
    if ((codes != MISSING).sum(axis=1) < 2).all():  # nobody shows how two items go together
        with pytest.raises(ScoringError, match="no degrees of freedom"):
            model_fit(codes, items, estimates_slopes=False)
        return
    overall = model_fit(codes, items.take([0, 1, 2, 3]), estimates_slopes=False)
    assert np.isfinite([overall.statistic, overall.p_value, overall.rmsea, overall.srmsr]).all()


def test_fit_that_cannot_be_judged_is_refused() -> None:
    codes, fitted = true_model("graded")
    with pytest.raises(ScoringError, match="no degrees of freedom"):
        model_fit(codes[:, :4], fitted.items.take([0, 1, 2, 3]), "M2*")
    with pytest.raises(ScoringError, match="Unknown statistic"):
        model_fit(codes, fitted.items, "M3")
    with pytest.raises(InvalidResponses, match="two items"):
        model_fit(np.full((3, 8), MISSING), fitted.items)
    with pytest.raises(InvalidResponses, match="no response"):
        item_fit(np.full((3, 8), MISSING), fitted.items)
    with pytest.raises(ScoringError, match="numbers of estimated"):
        item_fit(codes, fitted.items, estimated=[1, 2])
    for estimated in (np.nan, [np.nan] * 8, [np.inf] * 8, [-1] * 8):
        with pytest.raises(ScoringError, match="numbers of estimated"):
            item_fit(codes, fitted.items, estimated=estimated)


def test_a_category_that_an_item_has_not_is_refused_wherever_it_stands() -> None:
    items = ItemParameters(np.full(6, 1.5), np.tile([-1.0, 0.0, 1.0], (6, 1)))
    rng = np.random.default_rng(1)
    codes = simulate_responses(items, rng.standard_normal(300), rng)
    codes[59, 2] = 9
    for judged in (model_fit, item_fit, local_dependence):
        with pytest.raises(InvalidResponses, match="Person 59, item 2: category 9"):
            judged(codes, items)
