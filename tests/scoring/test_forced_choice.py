"""Triplets: probabilities written out, known traits recovered, known parameters recovered, what one key loses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from scoring.errors import InvalidItems, InvalidResponses
from scoring.forced_choice import (
    ORDERS,
    Triplets,
    bivariate_normal,
    fit_triplets,
    ranking_codes,
    ranking_probabilities,
    score_triplets,
    simulate_rankings,
)

TRAITS = 3


def form(blocks: int = 16, *, negative: float = 0.4, seed: int = 1) -> tuple[Triplets, np.ndarray]:
    """Triplets of three traits correlated .3, and the keys of their statements."""
    rng = np.random.default_rng(seed)
    traits = np.array([rng.permutation(TRAITS) for _ in range(blocks)])
    keyed = np.where(rng.random((blocks, 3)) < negative, -1, 1)
    correlation = np.full((TRAITS, TRAITS), 0.3) + 0.7 * np.eye(TRAITS)
    noise = np.column_stack([np.ones(blocks), rng.uniform(0.6, 1.6, (blocks, 2))])
    loadings = keyed * rng.uniform(0.7, 1.6, (blocks, 3))
    return Triplets(traits, loadings, rng.normal(0, 0.5, (blocks, 3)), noise, correlation), keyed


def people(triplets: Triplets, count: int, seed: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    theta = rng.multivariate_normal(np.zeros(TRAITS), triplets.correlation, count)
    return theta, simulate_rankings(triplets, theta, rng)


@pytest.mark.parametrize("rho", [-0.95, -0.5, 0.0, 0.3, 0.9])
def test_the_bivariate_normal_agrees_with_integration(rho: float) -> None:
    for h in (-2.5, 0.0, 0.4, 3.0):
        for k in (-1.1, 0.0, 2.0):
            expected = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([h, k])
            assert bivariate_normal(np.array(h), np.array(k), np.array(rho)) == pytest.approx(expected, abs=1e-7)


def test_six_rankings_of_equal_statements_are_equally_likely() -> None:
    equal = Triplets([[0, 1, 2]], np.ones((1, 3)), np.zeros((1, 3)), np.ones((1, 3)), np.eye(3))
    assert ranking_probabilities(equal, [[0.7, 0.7, 0.7]])[0, 0] == pytest.approx(np.full(6, 1 / 6), abs=1e-12)


def test_probabilities_are_the_shares_of_simulated_rankings() -> None:
    triplets, _ = form(4)
    theta = np.tile([0.5, -0.8, 0.2], (40_000, 1))
    drawn = simulate_rankings(triplets, theta, np.random.default_rng(3))
    expected = ranking_probabilities(triplets, theta[:1])[0]
    shares = np.stack([(drawn == code).mean(axis=0) for code in range(6)], axis=1)
    assert expected.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-12)
    assert np.abs(shares - expected).max() < 4 * 0.5 / np.sqrt(40_000)


def test_most_and_least_become_rankings() -> None:
    codes = ranking_codes([[0, 2, -1]], [[2, 0, -1]])
    assert ORDERS[codes[0, :2]].tolist() == [[0, 1, 2], [2, 1, 0]]
    assert codes[0, 2] == -1
    for most, least in (([[1]], [[1]]), ([[0]], [[-1]]), ([[3]], [[0]])):
        with pytest.raises(InvalidResponses):
            ranking_codes(most, least)


def test_traits_are_recovered_where_the_key_is_known_and_their_intervals_cover_them() -> None:
    triplets, _ = form()
    theta, rankings = people(triplets, 400)
    found = score_triplets(rankings, triplets)
    assert found.converged.all()
    for trait in range(TRAITS):
        assert np.corrcoef(found.theta[:, trait], theta[:, trait])[0, 1] > 0.87
    assert 0.93 < (np.abs(found.theta - theta) < 1.96 * found.standard_error).mean() < 0.97


def test_the_estimate_is_the_highest_point_of_the_posterior() -> None:
    triplets, _ = form(6)
    _, rankings = people(triplets, 5)
    found = score_triplets(rankings, triplets)
    prior = np.linalg.inv(triplets.correlation)

    def height(points: np.ndarray) -> np.ndarray:
        chances = np.take_along_axis(ranking_probabilities(triplets, points), rankings[:, :, None].astype(int), axis=2)
        return np.log(chances).sum(axis=(1, 2)) - np.einsum("nt,tu,nu->n", points, prior, points) / 2

    for trait in range(TRAITS):
        for step in (-0.01, 0.01):
            assert (height(found.theta + step * np.eye(TRAITS)[trait]) < height(found.theta)).all()


def test_missing_triplets_are_left_out_and_nobody_without_answers_is_placed() -> None:
    triplets, _ = form(8)
    _, rankings = people(triplets, 10)
    rankings[:5, 4:] = -1
    rankings[0] = -1
    part = Triplets(
        triplets.traits[:4], triplets.loadings[:4], triplets.intercepts[:4], triplets.noise[:4], triplets.correlation
    )
    found = score_triplets(rankings, triplets)
    assert found.theta[1:5] == pytest.approx(score_triplets(rankings[1:5, :4], part).theta, abs=1e-6)
    assert found.theta[0] == pytest.approx(np.zeros(TRAITS))
    assert found.standard_error[0] == pytest.approx(np.ones(TRAITS))
    assert score_triplets(np.zeros((0, 8), dtype=int), triplets).theta.shape == (0, TRAITS)


def test_parameters_are_recovered_where_traits_and_keys_are_known() -> None:
    triplets, keyed = form()
    theta, rankings = people(triplets, 2_000)
    fitted = fit_triplets(rankings, triplets.traits, keyed)
    assert fitted.converged, fitted.notes
    centred = triplets.intercepts - triplets.intercepts.mean(axis=1, keepdims=True)
    assert np.corrcoef(fitted.triplets.loadings.ravel(), triplets.loadings.ravel())[0, 1] > 0.98
    assert np.sqrt(np.mean((fitted.triplets.loadings - triplets.loadings) ** 2)) < 0.15
    assert np.sqrt(np.mean((fitted.triplets.intercepts - centred) ** 2)) < 0.06
    assert fitted.triplets.correlation == pytest.approx(triplets.correlation, abs=0.12)
    assert fitted.residual < 0.04
    theta, rankings = theta[:250], rankings[:250]
    scored, known = score_triplets(rankings, fitted.triplets), score_triplets(rankings, triplets)
    for trait in range(TRAITS):  # little is lost by estimating
        ours, best = (np.corrcoef(s.theta[:, trait], theta[:, trait])[0, 1] for s in (scored, known))
        assert ours > best - 0.015
    assert 0.90 < (np.abs(scored.theta - theta) < 1.96 * scored.standard_error).mean() < 0.97


def test_with_one_key_alone_the_standing_on_all_traits_together_is_nearly_lost() -> None:
    recovered = {}
    for negative in (0.0, 0.4):
        triplets, _ = form(negative=negative)
        theta, rankings = people(triplets, 300)
        found = score_triplets(rankings, triplets)
        recovered[negative] = np.corrcoef(found.theta.mean(axis=1), theta.mean(axis=1))[0, 1]
        error = np.sqrt(np.einsum("ntu->n", found.covariance) / 9)
        away = np.abs(found.theta.mean(axis=1) - theta.mean(axis=1))
        assert (away < 1.96 * error).mean() > 0.92  # and it says so
    assert recovered[0.4] > 0.9
    assert recovered[0.0] < 0.75


def test_the_order_of_triplets_and_of_their_statements_does_not_matter() -> None:
    triplets, _ = form(8)
    _, rankings = people(triplets, 20)
    turned = np.array([2, 0, 1])  # the statement now at place s stood at turned[s]
    blocks = np.random.default_rng(4).permutation(8)
    most = np.argsort(turned)[ORDERS[rankings, 0]][:, blocks]
    least = np.argsort(turned)[ORDERS[rankings, 2]][:, blocks]
    moved = Triplets(
        *(t[blocks][:, turned] for t in (triplets.traits, triplets.loadings, triplets.intercepts, triplets.noise)),
        triplets.correlation,
    )
    found = score_triplets(ranking_codes(most, least), moved)
    assert found.theta == pytest.approx(score_triplets(rankings, triplets).theta, abs=1e-6)


def test_triplets_refuse_what_cannot_be_meant() -> None:
    one = np.ones((1, 3))
    for traits, loadings, noise, correlation in (
        ([[0, 1]], one, one, np.eye(3)),
        ([[0, 1, 2]], one * np.nan, one, np.eye(3)),
        ([[0, 1, 2]], one, 0 * one, np.eye(3)),
        ([[0, 1, 2]], one, one, np.eye(2)),
        ([[0, 1, 2]], one, one, np.ones((3, 3))),
    ):
        with pytest.raises(InvalidItems):
            Triplets(traits, loadings, one, noise, correlation)
    triplets, keyed = form(4)
    with pytest.raises(InvalidResponses, match="codes 0 to 5"):
        score_triplets([[6, 0, 0, 0]], triplets)
    with pytest.raises(InvalidResponses, match="persons cannot carry"):
        fit_triplets(np.zeros((10, 4), dtype=int), triplets.traits, keyed)
    with pytest.raises(InvalidResponses, match="Everybody prefers"):
        fit_triplets(np.zeros((300, 4), dtype=int), triplets.traits, keyed)
    with pytest.raises(InvalidItems, match="Keys"):
        fit_triplets(np.zeros((300, 4), dtype=int), triplets.traits, keyed * 2)
