"""Person fit: known values, the null distribution after estimation, and patterns nobody can be judged by."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.ability import estimate_ability
from scoring.errors import InvalidResponses
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.person_fit import person_fit, score_rates
from scoring.simulation import simulate_responses
from scoring.sitting_checks import misfit

BINARY = ItemParameters([1.0, 1.5, 0.7, 2.0], [-1.0, 0.0, 0.5, 1.0], "2pl")


def graded(count: int, seed: int = 3) -> ItemParameters:
    rng = np.random.default_rng(seed)
    return ItemParameters(rng.lognormal(0.4, 0.25, count), np.sort(rng.normal(0, 1.2, (count, 4)), axis=1))


def test_lz_star_of_two_category_items_is_snijders_formula() -> None:
    pattern, theta = np.array([1, 0, 1, 1]), 0.3
    p = 1 / (1 + np.exp(-BINARY.slopes * (theta - BINARY.thresholds[:, 0])))
    weight, rate = np.log(p / (1 - p)), BINARY.slopes  # w and r of Snijders (2001) for the 2PL
    information = p * (1 - p)
    c = (information * rate * weight).sum() / (information * rate**2).sum()
    centred = ((pattern - p) * weight).sum()
    lz = centred / np.sqrt((information * weight**2).sum())
    star = ((pattern - p) * (weight - c * rate)).sum() / np.sqrt((information * (weight - c * rate) ** 2).sum())

    fit = person_fit(pattern[None, :], BINARY, [theta])

    assert fit.lz[0] == pytest.approx(lz, abs=1e-12)
    assert fit.lz_star[0] == pytest.approx(star, abs=1e-12)


def test_mean_squares_of_rasch_items_are_those_worked_by_hand() -> None:
    items = ItemParameters([1.0, 1.0], [0.0, np.log(3.0)], "rasch")
    # at theta 0: P = 1/2 and 1/4; residuals of the pattern 0, 1 are -1/2 and 3/4; variances 1/4 and 3/16
    fit = person_fit([[0, 1]], items, [0.0])
    assert fit.outfit[0] == pytest.approx((1.0 + 3.0) / 2)
    assert fit.infit[0] == pytest.approx((1 / 4 + 9 / 16) / (1 / 4 + 3 / 16))


def test_at_the_map_the_projection_is_the_correction_for_the_prior() -> None:
    items = graded(12)
    codes = simulate_responses(items, np.linspace(-2, 2, 40), np.random.default_rng(1))
    theta = estimate_ability(codes, items, "map").theta
    rates = score_rates(items, theta)
    score = np.take_along_axis(rates, codes[:, :, None].astype(int), axis=2).sum(axis=(1, 2))
    assert score == pytest.approx(theta, abs=1e-6)  # Snijders' r0 under N(0, 1) is -theta
    assert np.allclose(person_fit(codes, items).lz_star, person_fit(codes, items, theta).lz_star)


@pytest.mark.parametrize("method", ["map", "wle", "eap"])
def test_lz_star_is_standard_normal_for_people_who_follow_the_model(method: str) -> None:
    rng = np.random.default_rng(11)
    items = graded(30)
    codes = simulate_responses(items, rng.standard_normal(1_500), rng)
    fit = person_fit(codes, items, estimate_ability(codes, items, method).theta)
    assert abs(fit.lz_star.mean()) < 0.15  # it falls with the root of the number of items
    assert 0.94 < fit.lz_star.std() < 1.06
    assert 0.03 < (fit.lz_star < -1.645).mean() < 0.07
    assert fit.lz.std() < fit.lz_star.std()  # uncorrected, the spread is too small
    assert 0.85 < fit.outfit.mean() < 1.05


def test_random_answers_and_flipped_answers_misfit() -> None:
    rng = np.random.default_rng(5)
    items = graded(30)
    honest = simulate_responses(items, rng.standard_normal(200), rng)
    flipped = honest.copy()
    flipped[:, ::2] = 4 - flipped[:, ::2]
    assert (person_fit(rng.integers(0, 5, honest.shape), items).lz_star < -1.645).mean() > 0.95
    assert (person_fit(flipped, items).lz_star < -1.645).mean() > 0.8
    assert person_fit(flipped, items).outfit.mean() > 1.5


@pytest.mark.parametrize(
    "items",
    [
        graded(4),
        ItemParameters([-1.2, 0.6], [[1.0, 0.0, -1.0], [-0.5, 0.5, np.nan]]),
        ItemParameters([1.2, 0.6], [[1.0, 0.0, -1.0], [-0.5, 0.5, np.nan]], "gpcm"),
        ItemParameters.nominal([[-1.0, 0.2, 0.8], [-0.5, 0.5, np.nan]], [[0.1, 0.3, -0.4], [0.2, -0.2, np.nan]]),
        BINARY,
    ],
)
def test_score_rates_are_the_slopes_of_the_log_probabilities(items: ItemParameters) -> None:
    theta, step = np.linspace(-3, 3, 13), 1e-5
    exists = np.arange(items.categories.max()) < items.categories[:, None]
    above, below = (np.log(np.where(exists, category_probabilities(items, theta + s), 1.0)) for s in (step, -step))
    assert score_rates(items, theta) == pytest.approx((above - below) / (2 * step), abs=1e-6)
    fit = person_fit(simulate_responses(items, theta, np.random.default_rng(1)), items)
    assert all(np.isfinite(part).all() for part in (fit.lz, fit.lz_star, fit.infit, fit.outfit, fit.theta))


def test_nobody_is_judged_by_answers_that_leave_no_freedom() -> None:
    codes = [[-1, -1, -1, -1], [1, -1, -1, -1], [1, 1, 1, 1]]
    fit = person_fit(codes, BINARY)
    assert fit.answered.tolist() == [0, 1, 4]
    assert (fit.lz_star[:2] == 0).all()
    assert (fit.lz[0], fit.infit[0], fit.outfit[0]) == (0.0, 1.0, 1.0)
    far = person_fit(codes, BINARY, [40.0, -40.0, 40.0])
    assert all(np.isfinite(part).all() for part in (far.lz, far.lz_star, far.infit, far.outfit))


def test_the_order_of_items_and_persons_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    items, persons, places = graded(9), rng.permutation(50), rng.permutation(9)
    codes = simulate_responses(items, rng.standard_normal(50), rng)
    codes[3, :4] = -1
    plain, moved = person_fit(codes, items), person_fit(codes[persons][:, places], items.take(places))
    assert moved.lz_star == pytest.approx(plain.lz_star[persons], abs=1e-8)
    assert moved.infit == pytest.approx(plain.infit[persons], abs=1e-8)


def test_person_fit_refuses_what_it_cannot_judge() -> None:
    with pytest.raises(InvalidResponses, match="one finite theta"):
        person_fit([[1, 0, 1, 1]], BINARY, [np.nan])
    with pytest.raises(InvalidResponses, match="parameters of 4"):
        person_fit([[1, 0]], BINARY)
    assert person_fit(np.zeros((0, 4)), BINARY).lz.shape == (0,)


def among_a_wider_one(items: ItemParameters) -> ItemParameters:
    """The same items, taken from a bank that has one with two categories more: its width stays, as padding."""
    if items.category_slopes is not None and items.category_intercepts is not None:
        tables = (
            np.pad(table, ((0, 0), (0, 2)), constant_values=np.nan)
            for table in (items.category_slopes, items.category_intercepts)
        )
        return ItemParameters.nominal(*tables)
    return ItemParameters(items.slopes, np.pad(items.thresholds, ((0, 0), (0, 2)), constant_values=np.nan), items.model)


@pytest.mark.parametrize(
    "items",
    [
        graded(8),
        ItemParameters(np.linspace(0.8, 1.6, 8), np.random.default_rng(2).normal(size=(8, 3)), "gpcm"),
        ItemParameters.nominal(np.tile([0.0, 0.7, 1.9], (8, 1)), np.tile([0.0, 0.5, -0.3], (8, 1))),
    ],
    ids=["graded", "gpcm", "nominal"],
)
def test_items_taken_from_beside_a_wider_one_fit_as_they_do_alone(items: ItemParameters) -> None:
    codes = simulate_responses(items, np.linspace(-2, 2, 40), np.random.default_rng(1))
    alone, beside = (person_fit(codes, taken, np.zeros(40)) for taken in (items, among_a_wider_one(items)))
    for name in ("lz", "lz_star", "infit", "outfit"):
        np.testing.assert_allclose(getattr(beside, name), getattr(alone, name), atol=1e-12)


def test_answers_to_items_taken_from_beside_a_wider_one_are_checked() -> None:
    bank = ItemParameters([1.0] * 9, [[-2.0, -1.0, 1.0, 2.0]] + [[-0.7, 0.6, np.nan, np.nan]] * 8)
    items = bank.take(range(1, 9))
    found = misfit([([0, 2, 0, 2, 0, 2, 1, 1], items)], np.random.default_rng(0))
    assert 0 < found.share < 1
