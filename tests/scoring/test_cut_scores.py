"""Classification accuracy and consistency against simulation, and in cases that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.cut_scores import classification_accuracy
from scoring.errors import ScoringError

CUT = 1.2815515655446004
NODES = np.linspace(-6, 6, 2401)
MASSES = np.exp(-0.5 * NODES**2)


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
    with pytest.raises(ScoringError, match="Weights"):
        classification_accuracy([0.0], 0.3, 1.0, [-1.0])
