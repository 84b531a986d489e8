"""Simulated people who are not what the model expects do what is said of them, and nothing else."""

import numpy as np
import pytest

from scoring.ability import estimate_ability
from scoring.composite import Composite
from scoring.errors import ScoringError
from scoring.many_facet import fit_many_facet
from scoring.simulated_people import assisted, careless, faking, leaked, ratings, retaking
from scoring.simulation import simulate_kinds, simulate_responses
from scoring.sitting_simulation import SittingRules, simulate_sittings
from tests.scoring.banks import CUT, FACETS, InventedBank

BANK = InventedBank.of(scenarios=30, statements=60)
ITEMS = BANK.self_report
CATEGORIES = ITEMS.categories
PERSONS = 800


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def honest() -> np.ndarray:
    return simulate_responses(ITEMS, rng(0).standard_normal(PERSONS), rng(2))


def test_random_answers_are_uniform_and_owe_nothing_to_care() -> None:
    codes = careless(honest(), CATEGORIES, "random", rng())

    np.testing.assert_allclose(np.bincount(codes.ravel(), minlength=5) / codes.size, 0.2, atol=0.01)
    assert abs(np.corrcoef(codes.mean(axis=1), honest().mean(axis=1))[0, 1]) < 0.1


def test_a_straight_line_keeps_to_one_place_on_every_scale() -> None:
    mixed = CATEGORIES.copy()
    mixed[:10] = 2
    codes = careless(np.minimum(honest(), mixed - 1), mixed, "straight line", rng())

    assert (np.ptp(codes[:, 10:], axis=1) == 0).all()
    assert (np.ptp(codes[:, :10], axis=1) == 0).all()
    assert codes[:, :10].max() == 1
    assert np.corrcoef(codes[:, 0], codes[:, -1])[0, 1] > 0.7


def test_half_random_answers_leave_the_other_half_alone() -> None:
    kept = (careless(honest(), CATEGORIES, "half random", rng()) == honest()).mean()

    assert 0.5 < kept < 0.65


def test_faking_raises_and_never_lowers() -> None:
    theta = rng(0).standard_normal(PERSONS)
    shown = faking(theta, 0.5, 0.4, rng())

    assert (shown >= theta).all()
    assert 0.45 < (shown - theta).mean() < 0.65
    np.testing.assert_array_equal(faking(theta, 0.0, 0.0, rng()), theta)


def test_a_leak_helps_its_holders_on_leaked_items_alone() -> None:
    best, is_leaked, is_holder = CATEGORIES - 1, np.arange(len(ITEMS)) < 6, np.arange(PERSONS) % 2 == 0
    codes = leaked(honest(), best, is_leaked, is_holder, rng(), recall=0.9)

    assert (codes[~is_holder] == honest()[~is_holder]).all()
    assert (codes[:, ~is_leaked] == honest()[:, ~is_leaked]).all()
    assert (codes[is_holder][:, is_leaked] == 4).mean() > 0.9
    assert (leaked(honest(), best, is_leaked, is_holder, rng())[is_holder][:, is_leaked] == 4).all()


def test_who_asks_an_assistant_shows_its_theta() -> None:
    is_assisted = np.arange(PERSONS) < 200
    codes = assisted(honest(), ITEMS, 1.8, is_assisted, rng())
    shown = estimate_ability(codes, ITEMS).theta

    assert (codes[~is_assisted] == honest()[~is_assisted]).all()
    assert shown[is_assisted].mean() == pytest.approx(1.8, abs=0.15)
    assert shown[is_assisted].std() < 0.4
    part = assisted(honest(), ITEMS, 1.8, is_assisted, rng(), asked=0.5)
    assert 0.2 < (part[is_assisted] != honest()[is_assisted]).mean() < (codes != honest())[is_assisted].mean()


def test_practice_shows_but_is_not_true() -> None:
    theta = rng(0).standard_normal(20_000)
    true, shown = retaking(theta, 0.25, 0.2, rng(), retained=0.9)

    assert np.corrcoef(theta, true)[0, 1] == pytest.approx(0.9, abs=0.01)
    assert true.std() == pytest.approx(1.0, abs=0.02)
    assert (shown >= true).all()
    assert (shown - true).mean() == pytest.approx(0.26, abs=0.02)


def test_simulated_ratings_give_their_severities_back() -> None:
    severity = np.array([-0.8, -0.2, 0.1, 0.9])
    person, rater, rating = ratings(rng(0).standard_normal(600), severity, [-1.0, 0.2, 0.8], rng(), raters_each=2)
    found = fit_many_facet(person, rater, rating)

    assert found.converged
    assert found.connected
    assert (np.bincount(person) == 2).all()
    np.testing.assert_allclose(found.rater_severity, severity, atol=4 * found.rater_standard_error.max())


def test_assistants_and_leaks_buy_awards_in_simulated_sittings() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    theta = simulate_kinds(600, 0.6, rng(4))
    own = np.concatenate(
        [simulate_responses(BANK.judgement, theta[:, 0], rng(5)), simulate_responses(ITEMS, theta[:, 1], rng(6))],
        axis=1,
    )
    everyone = np.ones(600, dtype=bool)
    helped = own.copy()
    helped[:, :30] = assisted(own[:, :30], BANK.judgement, 2.0, everyone, rng(7))

    def awarded(codes: np.ndarray) -> float:
        found = simulate_sittings(
            theta, BANK.judgement, ITEMS, facets=np.arange(90) % FACETS, composite=composite,
            rules=SittingRules(cut=CUT), responses=codes, rng=rng(8),
        )  # fmt: skip
        return float(found.awarded.mean())

    assert awarded(helped) > awarded(own) + 0.05


def test_impossible_people_are_refused() -> None:
    codes = honest()
    with pytest.raises(ScoringError, match="Carelessness"):
        careless(codes, CATEGORIES, "asleep", rng())
    with pytest.raises(ScoringError, match="categories"):
        careless(codes, CATEGORIES[:-1], "random", rng())
    with pytest.raises(ScoringError, match="at least 0"):
        faking([0.0], -0.1, 0.0, rng())
    with pytest.raises(ScoringError, match="chance"):
        leaked(codes, CATEGORIES - 1, np.ones(60), np.ones(PERSONS), rng(), recall=1.2)
    with pytest.raises(ScoringError, match="correlation"):
        retaking([0.0], 0.1, 0.0, rng(), retained=1.5)
    with pytest.raises(ScoringError, match="raters"):
        ratings([0.0], [0.0, 1.0], [0.0], rng(), raters_each=3)
