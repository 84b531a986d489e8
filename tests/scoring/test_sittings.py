"""Whole adaptive sittings on an invented bank: quotas, balance, length, and the same again from the seed."""

import numpy as np
import pytest

from scoring.composite import Composite
from tests.scoring.banks import CUT, CUT_SE, MOST_SCENARIOS, POLICY, InventedBank, Sitting, run_sitting

PEOPLE = 40
COMPOSITE = Composite((0.5, 0.5), 0.6)
SMALL = InventedBank.of(scenarios=12, statements=24)
LARGE = InventedBank.of(scenarios=40, statements=80)


def sittings_on(bank: InventedBank, *, seed: int) -> list[Sitting]:
    rng = np.random.default_rng(seed)
    thetas = rng.multivariate_normal([0.4, 0.4], COMPOSITE.covariance, size=PEOPLE)
    return [run_sitting(bank, COMPOSITE, tuple(theta), seed=k) for k, theta in enumerate(thetas)]


@pytest.fixture(scope="module")
def small() -> list[Sitting]:
    return sittings_on(SMALL, seed=1)


@pytest.fixture(scope="module")
def large() -> list[Sitting]:
    return sittings_on(LARGE, seed=2)


def test_no_item_is_shown_twice(small, large) -> None:
    for sitting in small + large:
        assert len(set(sitting.shown)) == len(sitting.shown)


def test_a_sitting_on_the_small_bank_reaches_every_minimum(small) -> None:
    for sitting in small:
        assert len(sitting.shown) >= POLICY["fewest_units"]
        assert (sitting.kind_counts >= 5).all()
        assert sitting.is_balanced


def test_every_minimum_is_reached_by_the_fewest_units(small, large) -> None:
    for sitting in small + large:
        first = Sitting(sitting.bank, COMPOSITE, sitting.shown[:12], sitting.codes[:12])
        assert (first.kind_counts >= 5).all()
        assert (first.facet_counts >= 3).all()


def test_every_facet_keeps_its_share_at_every_length_at_which_a_sitting_could_end(large) -> None:
    for sitting in large:
        for units in range(12, len(sitting.shown) + 1):
            assert Sitting(sitting.bank, COMPOSITE, sitting.shown[:units], sitting.codes[:units]).is_balanced


def test_judgement_keeps_its_share_in_every_sitting_that_could_earn_an_award(large) -> None:
    undecided_or_above = [sitting for sitting in large if sitting.reason != "certain-below"]
    shares = np.array([sitting.posterior().judgement_share for sitting in undecided_or_above])

    assert len(shares) > PEOPLE / 6
    assert (shares >= 0.45).all()  # the share is of what the responses tell, so the last one may cost a little
    assert np.mean(shares >= 0.5) >= 0.7


def test_whoever_ends_certain_above_has_the_judgement_share(small, large) -> None:
    above = [sitting for sitting in small + large if sitting.reason == "certain-above"]

    assert above
    for sitting in above:
        posterior = sitting.posterior()
        assert posterior.judgement_share >= 0.5
        assert posterior.probability_above(CUT, CUT_SE) >= 0.95


def test_no_sitting_has_more_scenarios_than_the_limit(large) -> None:
    assert max(int(sitting.kind_counts[0]) for sitting in large) <= MOST_SCENARIOS


def test_people_near_the_cut_sit_longest() -> None:
    near = [len(run_sitting(LARGE, COMPOSITE, (1.25, 1.25), seed=k).shown) for k in range(8)]
    far = [len(run_sitting(LARGE, COMPOSITE, (-1.0, -1.0), seed=k).shown) for k in range(8)]

    assert np.mean(near) > np.mean(far) + 8
    assert max(far) <= 20


def test_who_stands_high_is_above_and_who_stands_low_is_below() -> None:
    high, low = (run_sitting(LARGE, COMPOSITE, theta, seed=3) for theta in ((2.8, 2.8), (-1.5, -1.5)))

    assert (high.reason, low.reason) == ("certain-above", "certain-below")


def test_a_replay_from_the_seed_is_the_same_sitting() -> None:
    once, again = (run_sitting(SMALL, COMPOSITE, (1.0, 0.6), seed=11) for _ in range(2))

    assert (once.shown, once.codes, once.reason) == (again.shown, again.codes, again.reason)
    assert once.posterior().mean == again.posterior().mean


def test_another_seed_shows_other_items() -> None:
    firsts = {tuple(run_sitting(SMALL, COMPOSITE, (1.0, 0.6), seed=seed).shown[:3]) for seed in range(8)}

    assert len(firsts) > 3


def test_before_a_cut_exists_a_sitting_runs_to_its_length() -> None:
    sitting = run_sitting(LARGE, COMPOSITE, (0.5, 0.5), seed=5, cut=None)

    assert (len(sitting.shown), sitting.reason) == (POLICY["most_units"], "longest")
