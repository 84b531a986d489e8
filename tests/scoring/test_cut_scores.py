"""Classification accuracy and consistency against simulation, and in cases that can be counted by hand."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from scoring.cut_scores import (
    _binomial_tail,
    _four_parameters,
    _true_moments,
    _two_parameters,
    classification_accuracy,
    livingston_lewis,
    raw_score_classification,
    raw_score_distribution,
)
from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.normal import normal_prior
from scoring.simulation import simulate_responses

CUT = 1.2815515655446004
NODES = np.linspace(-6, 6, 2401)
MASSES = np.exp(-0.5 * NODES**2)
MIXED = ItemParameters([1.4, 0.7, 2.1], [[-1.0, 0.3, 1.1], [0.2, np.nan, np.nan], [-0.5, 0.9, np.nan]])
BETAS = [(2.0, 5.0, 0.1, 0.9), (6.0, 3.0, 0.2, 0.95), (3.0, 3.0, 0.0, 1.0)]  # alpha, beta, low, high


def test_shares_agree_with_simulated_sittings() -> None:
    error = 0.33
    stated = classification_accuracy(NODES, error, CUT, MASSES)
    rng = np.random.default_rng(1)
    theta = rng.standard_normal(400_000)
    first, second = (theta + rng.normal(0, error, theta.size) >= CUT for _ in range(2))
    above = theta >= CUT
    assert stated.awarded == pytest.approx(first.mean(), abs=2e-3)
    assert stated.accuracy == pytest.approx((first == above).mean(), abs=2e-3)
    assert stated.consistency == pytest.approx((first == second).mean(), abs=2e-3)
    assert stated.predictive_value == pytest.approx(above[first].mean(), abs=6e-3)
    assert stated.sensitivity == pytest.approx(first[above].mean(), abs=6e-3)
    assert stated.kappa == pytest.approx(_kappa(first, second), abs=6e-3)


def test_an_estimate_drawn_towards_the_middle_awards_by_a_cut_of_its_own() -> None:
    """With information 4 an EAP of c is an unshrunk estimate of 1.25 c, and truly above is who is above c."""
    stated = classification_accuracy(NODES, 0.5, 1.25 * CUT, MASSES, true_cut=CUT)
    rng = np.random.default_rng(2)
    theta = rng.standard_normal(400_000)
    first, second = (0.8 * (theta + rng.normal(0, 0.5, theta.size)) >= CUT for _ in range(2))
    assert stated.awarded == pytest.approx(first.mean(), abs=2e-3)
    assert stated.accuracy == pytest.approx((first == (theta >= CUT)).mean(), abs=2e-3)
    assert stated.consistency == pytest.approx((first == second).mean(), abs=2e-3)


def _kappa(first: np.ndarray, second: np.ndarray) -> float:
    share = (first.mean() + second.mean()) / 2
    chance = share**2 + (1 - share) ** 2
    return float(((first == second).mean() - chance) / (1 - chance))


def test_one_person_at_the_cut_is_a_coin_toss() -> None:
    tossed = classification_accuracy([1.0], 0.5, 1.0)
    assert tossed.awarded == pytest.approx(0.5)
    assert tossed.accuracy == pytest.approx(0.5)
    assert tossed.consistency == pytest.approx(0.5)
    assert tossed.kappa == pytest.approx(0)


def test_nearly_exact_measurement_is_nearly_always_right() -> None:
    exact = classification_accuracy([-1.0, 0.0, 2.0, 3.0], 1e-3, 1.0)
    assert (exact.awarded, exact.accuracy, exact.consistency, exact.kappa) == pytest.approx((0.5, 1, 1, 1))
    assert (exact.predictive_value, exact.sensitivity) == pytest.approx((1, 1))


def test_nobody_above_or_awarded_gives_shares_of_zero() -> None:
    none = classification_accuracy([-30.0], 0.1, 1.0)
    assert (none.predictive_value, none.sensitivity, none.kappa) == (0, 0, 0)
    assert none.accuracy == 1


def test_weights_count_persons() -> None:
    weighted = classification_accuracy([0.0, 2.0], 0.7, 1.0, [3, 1])
    assert weighted == classification_accuracy([0.0, 0.0, 0.0, 2.0], 0.7, 1.0)


def test_impossible_inputs_are_refused() -> None:
    for theta, error in (([], 0.3), ([np.nan], 0.3), ([0.0], 0.0), ([0.0], np.inf)):
        with pytest.raises(ScoringError, match="finite"):
            classification_accuracy(theta, error, 1.0)
    for cut in (np.nan, np.inf):
        with pytest.raises(ScoringError, match="cut is finite"):
            classification_accuracy([0.0, 1.0], 0.3, cut)
        with pytest.raises(ScoringError, match="cut is finite"):
            raw_score_classification(MIXED, cut)
        with pytest.raises(ScoringError, match="cut is finite"):
            livingston_lewis(np.arange(10.0), 0.8, cut, lowest=0, highest=10)
    with pytest.raises(ScoringError, match="Weights"):
        classification_accuracy([0.0], 0.3, 1.0, [-1.0])


def test_raw_scores_are_as_likely_as_all_their_patterns_together() -> None:
    theta = np.array([-1.7, 0.0, 0.8])
    probabilities = category_probabilities(MIXED, theta)
    expected = np.zeros((3, 7))
    for pattern in itertools.product(range(4), range(2), range(3)):
        expected[:, sum(pattern)] += np.prod([probabilities[:, j, k] for j, k in enumerate(pattern)], axis=0)
    np.testing.assert_allclose(raw_score_distribution(MIXED, theta), expected, atol=1e-12)
    assert raw_score_distribution(MIXED, 0.8).shape == (1, 7)


def test_a_cut_raw_score_agrees_with_simulated_sittings() -> None:
    rng = np.random.default_rng(2)
    items = ItemParameters(rng.uniform(0.8, 2.0, 8), np.sort(rng.normal(size=(8, 3)), axis=1))
    stated = raw_score_classification(items, 15)
    theta = rng.standard_normal(150_000)
    first, second = (simulate_responses(items, theta, rng).sum(axis=1) >= 15 for _ in range(2))
    expected = (category_probabilities(items, theta) * np.arange(4)).sum(axis=(1, 2))
    above = expected >= 15
    assert stated.awarded == pytest.approx(first.mean(), abs=3e-3)
    assert stated.accuracy == pytest.approx((first == above).mean(), abs=3e-3)
    assert stated.consistency == pytest.approx((first == second).mean(), abs=3e-3)
    assert stated.predictive_value == pytest.approx(above[first].mean(), abs=8e-3)
    assert stated.sensitivity == pytest.approx(first[above].mean(), abs=8e-3)


def test_a_cut_raw_score_heeds_the_group_it_is_asked_about() -> None:
    nodes = np.linspace(-4, 4, 33)
    usual = raw_score_classification(MIXED, 4, nodes)
    assert usual == raw_score_classification(MIXED, 4, nodes, normal_prior(nodes))
    able = raw_score_classification(MIXED, 4, nodes, normal_prior(nodes, 1.0, 0.5))
    assert able.awarded > usual.awarded + 0.2
    one = raw_score_classification(MIXED, 4, [0.4], [2.0])
    at = raw_score_distribution(MIXED, [0.4])[0]
    assert one.awarded == pytest.approx(at[4:].sum())
    assert one.consistency == pytest.approx(at[4:].sum() ** 2 + at[:4].sum() ** 2)


def test_everyone_or_nobody_passes_a_cut_at_the_end_of_the_scale() -> None:
    everyone, nobody = (raw_score_classification(MIXED, cut) for cut in (0, 7))
    assert (everyone.awarded, everyone.accuracy, nobody.awarded, nobody.accuracy) == pytest.approx((1, 1, 0, 1))


def test_an_expected_score_that_is_the_cut_but_for_rounding_counts_as_above() -> None:
    even = ItemParameters([1.0], [[-0.7, 0.7]])
    assert raw_score_classification(even, 1, [0.0], [1.0]).sensitivity > 0


@pytest.mark.parametrize(("alpha", "beta", "low", "high"), BETAS)
def test_livingston_and_lewis_agree_with_simulated_tests_of_binomial_errors(
    alpha: float, beta: float, low: float, high: float
) -> None:
    rng = np.random.default_rng(3)
    items, lowest, highest, cut = 40, 5.0, 25.0, 18.0
    true = low + (high - low) * rng.beta(alpha, beta, 400_000)
    first, second = (lowest + (highest - lowest) * rng.binomial(items, true) / items for _ in range(2))
    reliability = float(np.corrcoef(first, second)[0, 1])
    stated = livingston_lewis(first, reliability, cut, lowest=lowest, highest=highest)
    above = lowest + (highest - lowest) * true >= cut
    assert stated.awarded == pytest.approx((first >= cut).mean(), abs=5e-3)
    assert stated.accuracy == pytest.approx(((first >= cut) == above).mean(), abs=5e-3)
    assert stated.consistency == pytest.approx(((first >= cut) == (second >= cut)).mean(), abs=5e-3)
    assert stated.kappa == pytest.approx(_kappa(first >= cut, second >= cut), abs=0.015)
    assert stated.predictive_value == pytest.approx(above[first >= cut].mean(), abs=0.02)
    assert stated.sensitivity == pytest.approx((first >= cut)[above].mean(), abs=0.02)


def test_livingston_and_lewis_do_not_care_for_the_unit_of_the_scores() -> None:
    scores = np.random.default_rng(4).binomial(30, 0.6, 500) * 1.0
    scores += np.random.default_rng(5).choice([-4, 0, 4], 500)
    plain = livingston_lewis(scores, 0.6, 20, lowest=-4, highest=34)
    other = livingston_lewis(10 + 3 * scores, 0.6, 70, lowest=-2, highest=112)
    for name in ("awarded", "accuracy", "consistency", "kappa", "predictive_value", "sensitivity"):
        assert getattr(other, name) == pytest.approx(getattr(plain, name), abs=1e-9)


@pytest.mark.parametrize(("alpha", "beta", "low", "high"), BETAS)
def test_a_beta_distribution_is_found_again_from_its_moments(
    alpha: float, beta: float, low: float, high: float
) -> None:
    known = stats.beta(alpha, beta, loc=low, scale=high - low)
    mean, variance, skewness, excess = (float(value) for value in known.stats("mvsk"))
    if low > 0:
        found = _four_parameters((mean, variance, skewness, excess + 3))
        assert found == pytest.approx((low, high, alpha, beta), rel=1e-6)
    standard = stats.beta(alpha, beta)
    assert _two_parameters((standard.mean(), standard.var(), math.nan, math.nan)) == pytest.approx((0, 1, alpha, beta))


def test_a_beta_distribution_beyond_the_range_of_proportions_is_none() -> None:
    for low, high in ((-0.05, 0.8), (0.3, 1.05)):
        mean, variance, skewness, excess = (float(v) for v in stats.beta(2, 4, loc=low, scale=high - low).stats("mvsk"))
        assert _four_parameters((mean, variance, skewness, excess + 3)) is None
    mean, variance, skewness, excess = (float(value) for value in stats.norm(0.5, 0.1).stats("mvsk"))
    assert _four_parameters((mean, variance, skewness, excess + 3)) is None
    assert _four_parameters((0.5, 0.01, 2.0, 1.0)) is None  # no distribution has a kurtosis below skewness² + 1
    assert _four_parameters((0.5, 0.01, math.nan, math.nan)) is None
    with pytest.raises(ScoringError, match="beta"):
        _two_parameters((0.5, 0.25, math.nan, math.nan))


def test_moments_of_true_proportions_follow_from_binomial_scores() -> None:
    items, true = 12, np.array([0.2, 0.35, 0.7, 0.9])
    shares = np.array([0.1, 0.4, 0.3, 0.2])
    counts = np.arange(items + 1)
    chances = shares @ stats.binom.pmf(counts, items, true[:, None])
    scores = np.repeat(counts / items, np.round(chances * 2_000_000).astype(int))
    mean, variance, skewness, kurtosis = _true_moments(scores, items)
    centred = true - shares @ true
    spread = shares @ centred**2
    expected = (shares @ true, spread, shares @ centred**3 / spread**1.5, shares @ centred**4 / spread**2)
    assert (mean, variance, skewness, kurtosis) == pytest.approx(expected, rel=2e-3, abs=2e-4)
    few = _true_moments(np.array([0.0, 0.5, 1.0, 1.0]), 2)
    assert few[:2] == pytest.approx((0.625, 0.5 - 0.625**2))
    assert math.isnan(few[2])
    assert math.isnan(few[3])
    with pytest.raises(ScoringError, match="vary less"):
        _true_moments(np.full(20, 0.5), 10)


def test_the_tail_of_a_binomial_begins_at_the_least_score_itself() -> None:
    points = np.array([0.05, 0.5, 0.93])
    for least, first in ((3.0, 3), (2.2, 3), (3.0 + 1e-12, 3), (0.0, 0), (9.0, 9)):
        expected = stats.binom.sf(first - 1, 9, points)
        np.testing.assert_allclose(_binomial_tail(points, 9, least), expected, atol=1e-12)


def test_livingston_and_lewis_refuse_what_cannot_be_scores_of_the_test() -> None:
    scores = np.linspace(2, 8, 10)
    livingston_lewis(scores, 0.8, 5, lowest=2, highest=8)
    livingston_lewis(scores, 0.8, 5, lowest=0, highest=10)
    bad = (scores[:9], np.r_[scores[:9], np.nan], np.full(10, 5.0))
    for given in bad:
        with pytest.raises(ScoringError, match="finite scores"):
            livingston_lewis(given, 0.8, 5, lowest=0, highest=10)
    for lowest, highest in ((10, 0), (5, 5)):
        with pytest.raises(ScoringError, match="range that rises"):
            livingston_lewis(scores, 0.8, 5, lowest=lowest, highest=highest)
    for lowest, highest, reliability in ((3, 10, 0.8), (0, 7, 0.8), (0, 10, 0.0), (0, 10, 1.0)):
        with pytest.raises(ScoringError, match="within the test's range"):
            livingston_lewis(scores, reliability, 5, lowest=lowest, highest=highest)


@pytest.mark.parametrize("cut", [1.0, CUT, 1.29, 1.31, 1.4])
def test_nodes_far_apart_say_the_same_as_close_ones(cut: float) -> None:
    """A node stands for its cell: taken whole it lies above or not, and the predictive value was .08 off."""
    coarse, close = (
        classification_accuracy(nodes, 0.35, cut, normal_prior(nodes)) for nodes in (np.linspace(-6, 6, 61), NODES)
    )
    assert coarse.accuracy == pytest.approx(close.accuracy, abs=3e-3)
    assert coarse.predictive_value == pytest.approx(close.predictive_value, abs=6e-3)
    assert coarse.sensitivity == pytest.approx(close.sensitivity, abs=1e-2)


def test_a_cut_raw_score_says_the_same_at_nodes_far_apart() -> None:
    rng = np.random.default_rng(51)
    items = ItemParameters(rng.uniform(0.8, 2.0, 30), np.sort(rng.normal(size=(30, 3)), axis=1) + 0.3 * np.arange(3))
    close = np.linspace(-6, 6, 1921)
    for cut in range(20, 80, 7):
        coarse, fine = raw_score_classification(items, cut), raw_score_classification(items, cut, close)
        assert coarse.predictive_value == pytest.approx(fine.predictive_value, abs=6e-3)
        assert coarse.sensitivity == pytest.approx(fine.sensitivity, abs=1.5e-2)


def test_persons_with_weights_are_above_or_not() -> None:
    persons = np.array([-1.0, 0.1, 0.2, 0.9])
    counted = classification_accuracy(persons, 1e-3, 0.15, [1, 1, 1, 1])
    assert (counted.awarded, counted.accuracy) == pytest.approx((0.5, 1.0))
