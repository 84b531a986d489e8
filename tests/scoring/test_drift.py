"""Control limits of the share above the cut."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from scoring.drift import share_drift
from scoring.errors import ScoringError


def test_limits_are_the_exact_binomial_ones() -> None:
    # P(X <= 1) = .0003 and P(X <= 2) = .0019 lie on either side of .00135; so do P(X >= 21) = .0008, P(X >= 20) = .0020
    period = share_drift([10], [100], 0.10).periods[0]
    chances = binom.pmf(np.arange(101), 100, 0.10)
    assert (period.lower, period.upper) == (2, 20)
    assert chances[:2].sum() <= 0.00135 < chances[:3].sum()
    assert chances[21:].sum() <= 0.00135 < chances[20:].sum()
    assert (period.state, period.p, period.share) == ("within", 1.0, 0.1)


@pytest.mark.parametrize(("above", "state"), [(1, "below"), (2, "within"), (20, "within"), (21, "above")])
def test_the_limits_themselves_are_within(above: int, state: str) -> None:
    assert share_drift([above], [100], 0.10).periods[0].state == state


def test_a_slow_drift_shows_in_all_periods_together() -> None:
    drift = share_drift([16] * 12, [120] * 12, 0.10)
    assert drift.signals == ()
    assert drift.together.state == "above"
    assert (drift.together.above, drift.together.sittings) == (192, 1440)


def test_signals_name_the_periods_outside() -> None:
    assert share_drift([10, 40, 0], [100, 100, 100], 0.10).signals == (1, 2)


def test_an_uncertain_promise_widens_the_limits() -> None:
    exact = share_drift([10], [1_000], 0.10).periods[0]
    unsure = share_drift([10], [1_000], 0.10, expected_standard_error=0.009).periods[0]
    assert unsure.lower < exact.lower < 100 < exact.upper < unsure.upper


def test_periods_without_sittings_are_within() -> None:
    drift = share_drift([0, 0], [0, 0], 0.10)
    assert drift.signals == ()
    assert (drift.together.share, drift.together.p) == (0.0, 1.0)


def test_false_alarms_keep_below_their_rate() -> None:
    rng = np.random.default_rng(1)
    drift = share_drift(rng.binomial(400, 0.10, 2_000), np.full(2_000, 400), 0.10, false_alarms=0.02)
    assert 0.006 < len(drift.signals) / 2_000 <= 0.026
    unsure = rng.beta(0.1 * 899, 0.9 * 899, 2_000)  # a promise of .10 with standard error .01
    drawn = share_drift(
        rng.binomial(400, unsure), np.full(2_000, 400), 0.10, expected_standard_error=0.01, false_alarms=0.02
    )
    assert 0.006 < len(drawn.signals) / 2_000 <= 0.026


@pytest.mark.parametrize(
    ("above", "sittings", "share", "error"),
    [
        ([], [], 0.1, 0.0),
        ([1], [1, 2], 0.1, 0.0),
        ([3], [2], 0.1, 0.0),
        ([-1], [2], 0.1, 0.0),
        ([0.5], [2], 0.1, 0.0),
        ([1], [2], 0.0, 0.0),
        ([1], [2], 0.1, -0.1),
        ([1], [2], 0.1, 0.31),
    ],
)
def test_drift_refuses_what_cannot_be_meant(above: list[int], sittings: list[int], share: float, error: float) -> None:
    with pytest.raises(ScoringError):
        share_drift(above, sittings, share, expected_standard_error=error)
