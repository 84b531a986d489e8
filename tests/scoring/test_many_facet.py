"""Many-facet Rasch: recovery with coverage, the optimum, exceptional raters, what the ratings cannot tell."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from scoring.errors import InvalidResponses
from scoring.many_facet import _Model, _Ratings, fit_many_facet
from scoring.normal import normal_density

STEPS = np.array([-1.2, 0.1, 1.1])
DIFFICULTY = np.array([-0.6, 0.0, 0.6])
Ratings = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def ratings(seed: int, persons: int = 250, raters: int = 6, each: int = 2) -> tuple[Ratings, np.ndarray, np.ndarray]:
    """Ratings (person, rater, rating, item) by `each` raters of every person, true severities, true thetas."""
    rng = np.random.default_rng(seed)
    theta, severity = rng.normal(0, 1.3, persons), rng.normal(0, 0.7, raters)
    severity -= severity.mean()
    chosen = np.argsort(rng.random((persons, raters)), axis=1)[:, :each]
    cells = [(n, r, i) for n in range(persons) for r in chosen[n] for i in range(DIFFICULTY.size)]
    person, rater, item = np.array(cells).T
    exponent = np.arange(4) * (theta[person] - severity[rater] - DIFFICULTY[item])[:, None]
    chances = np.exp(exponent - np.concatenate([[0.0], np.cumsum(STEPS)]))
    above = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    return (person, rater, (rng.random(person.size)[:, None] >= above).sum(axis=1), item), severity, theta


def test_severities_are_recovered_and_their_intervals_cover_them() -> None:
    inside, people = [], []
    for seed in range(20):
        given, severity, theta = ratings(seed)
        fitted = fit_many_facet(*given)
        assert fitted.converged, fitted.notes
        inside.extend(np.abs(fitted.rater_severity - severity) < 1.96 * fitted.rater_standard_error)
        inside.extend(np.abs(fitted.item_difficulty - DIFFICULTY) < 1.96 * fitted.item_standard_error)
        people.append(np.abs(fitted.theta - theta) < 1.96 * fitted.standard_error)
        assert fitted.steps == pytest.approx(STEPS, abs=0.35)
        assert fitted.person_sd == pytest.approx(1.3, abs=0.25)
        assert (fitted.rater_severity.sum(), fitted.steps.sum()) == pytest.approx((0, 0), abs=1e-9)
    assert 0.90 <= np.mean(inside) <= 0.99
    assert 0.93 <= np.mean(people) <= 0.97


def test_the_likelihood_is_the_one_written_out_and_no_neighbour_is_higher() -> None:
    given, _, _ = ratings(3, persons=40, raters=3)
    fitted = fit_many_facet(*given)

    def height(severity: np.ndarray, difficulty: np.ndarray, steps: np.ndarray, sd: float) -> float:
        nodes = np.linspace(-6, 6, 61)
        weights = normal_density(nodes) / normal_density(nodes).sum()
        total = 0.0
        for n in range(40):
            likelihood = weights.copy()
            for person, rater, category, item in zip(*given, strict=True):
                if person == n:
                    place = sd * nodes - severity[rater] - difficulty[item]
                    chances = np.exp(np.arange(4) * place[:, None] - np.concatenate([[0.0], np.cumsum(steps)]))
                    likelihood *= chances[:, category] / chances.sum(axis=1)
            total += np.log(likelihood.sum())
        return float(total)

    at = (fitted.rater_severity, fitted.item_difficulty, fitted.steps, fitted.person_sd)
    assert height(*at) == pytest.approx(fitted.log_likelihood, abs=1e-8)
    nudge = np.array([0.01, -0.01, 0.0])
    for k, sign in product(range(4), (-1, 1)):
        moved = [part + sign * (nudge if j < 3 else 0.01) if j == k else part for j, part in enumerate(at)]
        assert height(*moved) < fitted.log_likelihood  # type: ignore[arg-type]


def test_the_slope_is_that_of_the_likelihood() -> None:
    given, _, _ = ratings(4, persons=30, raters=4)
    every = _Ratings.checked(given[0], given[1], given[2], given[3])
    model = _Model.of(every, np.ones(given[0].size, dtype=bool), every.category, 4)
    free = np.random.default_rng(1).normal(0, 0.4, model.spread.shape[1] + 1)
    steps = 1e-5 * np.eye(free.size)
    differences = [(model.loss(free + step)[0] - model.loss(free - step)[0]) / 2e-5 for step in steps]
    assert model.loss(free)[1] == pytest.approx(differences, abs=1e-5)


def test_renumbering_raters_and_reordering_ratings_changes_nothing() -> None:
    given, _, _ = ratings(5, persons=80)
    plain = fit_many_facet(*given)
    names, order = np.array([3, 5, 0, 1, 4, 2]), np.random.default_rng(1).permutation(given[0].size)
    moved = fit_many_facet(given[0][order], names[given[1][order]], given[2][order], given[3][order])
    assert moved.rater_severity[names] == pytest.approx(plain.rater_severity, abs=1e-4)
    assert moved.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)


def test_turning_the_scale_round_turns_every_sign() -> None:
    given, _, _ = ratings(6, persons=80)
    plain, turned = fit_many_facet(*given), fit_many_facet(given[0], given[1], 3 - given[2], given[3])
    assert turned.rater_severity == pytest.approx(-plain.rater_severity, abs=1e-4)
    assert turned.steps == pytest.approx(-plain.steps[::-1], abs=1e-4)
    assert turned.theta == pytest.approx(-plain.theta, abs=1e-4)


def test_a_rater_who_gives_everybody_the_lowest_has_no_finite_severity_and_no_say() -> None:
    given, _, _ = ratings(7, persons=60)
    harsh = tuple(
        np.concatenate([part, extra]) for part, extra in zip(given, ([0, 1, 2], [6] * 3, [0] * 3, [0] * 3), strict=True)
    )
    kind = tuple(
        np.concatenate([part, extra]) for part, extra in zip(given, ([0, 1, 2], [6] * 3, [3] * 3, [0] * 3), strict=True)
    )
    plain, fitted = fit_many_facet(*given), fit_many_facet(*harsh)
    assert fitted.rater_severity[6] == np.inf
    assert fitted.rater_standard_error[6] == np.inf
    assert "Rater 6 has only category 0" in fitted.notes[0]
    assert fitted.rater_severity[:6] == pytest.approx(plain.rater_severity, abs=1e-4)
    assert fit_many_facet(*kind).rater_severity[6] == -np.inf
    assert 0.5 < fitted.severity_reliability < 1


def test_what_was_set_aside_first_does_not_turn_the_sign_of_what_is_set_aside_next() -> None:
    person, rater, rating, item = ratings(11, persons=60, raters=4, each=4)[0]
    rating = np.clip(rating, 1, 2)
    for item_2, rater_3 in ((0, 3), (3, 0)):  # everybody gives item 2 the one, rater 3 gives all others the other
        given = np.where(item == 2, item_2, np.where(rater == 3, rater_3, rating))
        fitted = fit_many_facet(person, rater, given, item)
        assert fitted.item_difficulty[2] == (np.inf if item_2 == 0 else -np.inf)
        assert fitted.rater_severity[3] == (np.inf if rater_3 == 0 else -np.inf)
        given = np.where(rater == 3, rater_3, np.where(item == 2, item_2, rating))
        fitted = fit_many_facet(person, rater, given, item)
        assert fitted.item_difficulty[2] == (np.inf if item_2 == 0 else -np.inf)
        assert fitted.rater_severity[3] == (np.inf if rater_3 == 0 else -np.inf)
        assert np.isfinite(fitted.item_difficulty[:2]).all()
        assert np.isfinite(fitted.rater_severity[:3]).all()


def test_raters_without_a_person_in_common_are_not_tied_together() -> None:
    given, _, _ = ratings(8, persons=100)
    person, rater = np.arange(100).repeat(3), np.where(np.arange(100) < 50, 0, 1).repeat(3)
    apart = fit_many_facet(person, rater, given[2][:300], np.tile([0, 1, 2], 100))
    assert not apart.connected
    assert "chance assignment" in apart.notes[-1]
    assert fit_many_facet(*given).connected


def test_an_erratic_rater_shows_in_outfit() -> None:
    given, _, _ = ratings(9, persons=200)
    noisy = np.where(given[1] == 2, np.random.default_rng(2).integers(0, 4, given[2].size), given[2])
    fitted = fit_many_facet(given[0], given[1], noisy, given[3])
    assert fitted.rater_outfit.argmax() == 2
    assert fitted.rater_infit.argmax() == 2
    assert fitted.rater_infit[2] > 1.4 > np.delete(fitted.rater_infit, 2).max()


def test_categories_nobody_gave_are_left_out_and_named() -> None:
    given, _, _ = ratings(10, persons=80)
    wide = fit_many_facet(given[0], given[1], given[2] * 2, given[3])
    assert wide.categories == (0, 2, 4, 6)
    assert "in use are 0, 2, 4, 6" in wide.notes[0]
    assert wide.rater_severity == pytest.approx(fit_many_facet(*given).rater_severity, abs=1e-6)


def test_ratings_that_tell_nobody_apart_do_not_converge_and_are_never_nan() -> None:
    person, rater = np.arange(40) // 2, np.arange(40) % 2
    fitted = fit_many_facet(person, rater, (np.arange(40) // 2 + np.arange(40)) % 2)  # raters always disagree
    assert fitted.converged == (not fitted.notes)
    numbers = (fitted.rater_severity, fitted.rater_standard_error, fitted.theta, fitted.rater_infit, fitted.steps)
    assert not any(np.isnan(part).any() for part in numbers)
    assert fitted.person_sd < 0.3


@pytest.mark.parametrize(
    ("person", "rater", "rating", "message"),
    [
        ([], [], [], "one at least"),
        ([0], [0, 1], [1], "a person, a rater"),
        ([0, 1], [0, 0], [0, -1], "Every rating"),
        ([0, 2], [0, 0], [0, 1], "without gaps"),
        ([0, 1], [0, 0], [0.5, 1.0], "whole number"),
        ([0, 1], [0, 0], [2, 2], "single category"),
    ],
)
def test_many_facet_refuses_what_cannot_be_meant(person: list, rater: list, rating: list, message: str) -> None:
    with pytest.raises(InvalidResponses, match=message):
        fit_many_facet(person, rater, rating)


@pytest.mark.parametrize("highest", [1, 2])
def test_raters_who_each_give_one_category_are_refused(highest: int) -> None:
    with pytest.raises(InvalidResponses, match="one category throughout"):
        fit_many_facet([0, 0, 1, 1, 2, 2], [0, 1] * 3, [0, highest] * 3)
