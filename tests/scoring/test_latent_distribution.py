"""The distribution of a latent density: how far it reaches, and what nodes can show."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import ScoringError
from scoring.latent_density import LatentDensity
from scoring.latent_distribution import distribution_of, error_of_distribution, nodes_for
from scoring.normal import normal_distribution
from scoring.norms import NormTable


def test_a_flat_latent_density_reaches_half_a_step_beyond_its_nodes() -> None:
    table = NormTable.from_latent([[0.0], [1.0], [2.0], [3.0]], [1, 1, 1, 1], 100)
    inside = np.array([-0.4, 0.0, 1.0, 2.5, 3.4])
    np.testing.assert_allclose(table.percentile_rank(inside), 100 * (inside + 0.5) / 4, atol=0.4)
    assert table.percentile_rank([-0.6, 3.6]) == pytest.approx([0, 100], abs=1e-6)
    assert (table.mean, table.sd) == pytest.approx((1.5, 4 / np.sqrt(12)), abs=0.01)
    assert table.distribution_error[240] == pytest.approx(
        np.sqrt(table.distribution[240] * (1 - table.distribution[240]) / 100)
    )
    stated = NormTable.from_latent([0.0, 1.0, 2.0, 3.0], [1, 1, 1, 1], 100, standard_error=[0.01, 0.03, 0.03, 0.01])
    at = np.interp([0.5, 1.5], stated.grid, stated.distribution_error)
    assert at == pytest.approx([0.02, 0.03], abs=1e-6)


@pytest.mark.parametrize("outlier", [40.0, -100.0])
def test_a_score_far_out_does_not_coarsen_the_norm_of_the_others_in_silence(outlier: float) -> None:
    rng = np.random.default_rng(12)
    scores = np.append(rng.standard_normal(500) + rng.normal(0, 0.3, 500), outlier)
    with pytest.raises(ScoringError, match="Person 500: a score of"):
        NormTable.from_sample(scores, 0.3)
    assert NormTable.from_sample(scores).n == 501
    near = NormTable.from_sample(np.append(scores[:-1], 8.0), 0.3)
    assert near.cut(0.9).theta == pytest.approx(NormTable.from_sample(scores[:-1], 0.3).cut(0.9).theta, abs=0.05)
    assert NormTable.from_sample(100 + 15 * scores[:-1], 4.5).n == 500


def test_nodes_reach_six_to_both_sides_and_further_where_scores_do() -> None:
    usual = nodes_for(np.array([-1.0, 0.0, 2.0]), np.full(3, 0.3))
    np.testing.assert_allclose(usual, np.linspace(-6, 6, 121))
    wide = nodes_for(np.array([-7.0, 0.0, 9.0]), np.full(3, 0.3))
    np.testing.assert_allclose(wide, np.linspace(-7, 9, 121))


def test_scores_are_too_far_apart_when_four_nodes_reach_beyond_their_spread() -> None:
    """Nodes of -6 … 14 are a sixth apart, so the others have to spread by four sixths, in scores or in errors."""
    inner = np.linspace(-1, 1, 1001)
    spread = 1.0 / 1.349  # of the inner scores' quartiles, which one score more hardly moves
    assert nodes_for(np.append(inner, 14.0), np.full(1002, 0.3))[-1] == 14
    with pytest.raises(ScoringError, match="Person 1001"):
        nodes_for(np.append(inner * 0.85, 14.0), np.full(1002, 0.3))
    assert nodes_for(np.append(inner * 0.85, 14.0), np.full(1002, 0.7))[-1] == 14
    assert 0.85 * spread < 4 / 6 < spread


def test_who_is_too_far_out_is_named_with_the_spread_of_the_others() -> None:
    with pytest.raises(ScoringError, match=r"^Person 4: a score of 100 .* spread by 1\.48 around 2;"):
        nodes_for(np.array([0.0, 1.0, 2.0, 3.0, 100.0]), np.full(5, 0.3))  # 2 between quartiles, 1.349 of them an SD
    high = np.append(np.full(50, 10.0), -10.0)
    with pytest.raises(ScoringError, match=r"^Person 50: a score of -10 .* spread by 0\.3 around 10;"):
        nodes_for(high, np.full(51, 0.3))


def test_scores_that_hardly_spread_are_taken_on_the_usual_nodes() -> None:
    assert nodes_for(np.full(20, 0.5), np.full(20, 0.01)).size == 121


def test_a_normal_latent_density_has_the_normal_distribution() -> None:
    nodes = np.linspace(-5, 5, 41)
    grid, distribution, density = distribution_of(nodes, 7 * np.exp(-0.5 * nodes**2))
    np.testing.assert_allclose(grid, np.linspace(-6, 6, 481))
    np.testing.assert_allclose(distribution, normal_distribution(grid), atol=1e-4)
    np.testing.assert_allclose(density, np.exp(-0.5 * grid**2) / np.sqrt(2 * np.pi), atol=1e-4)
    assert (distribution[0], distribution[-1]) == (0.0, 1.0)
    far, rising, _ = distribution_of(np.linspace(-8, 9, 18), np.ones(18))
    assert (far[0], far[-1]) == (-8.5, 9.5)
    assert (np.diff(rising) > 0).all()


def test_the_error_of_a_distribution_is_that_of_nudged_log_masses() -> None:
    rng = np.random.default_rng(14)
    nodes, logs, root = np.arange(-2.0, 3.0), rng.normal(0, 1, 5), rng.normal(0, 0.1, (5, 5))
    grid = np.array([-2.2, -0.7, 0.0, 1.4])

    def below(log_masses: np.ndarray) -> np.ndarray:
        masses = np.exp(log_masses) / np.exp(log_masses).sum()
        return np.clip(grid[:, None] - nodes + 0.5, 0, 1) @ masses

    nudge = 1e-6
    slopes = np.stack([(below(logs + nudge * one) - below(logs - nudge * one)) / (2 * nudge) for one in np.eye(5)])
    masses = np.exp(logs) / np.exp(logs).sum()
    latent = LatentDensity(nodes, masses, root @ root.T, 100, 100.0, converged=True)
    found = error_of_distribution(latent, grid, below(logs))
    np.testing.assert_allclose(found, np.sqrt(((slopes.T @ root) ** 2).sum(axis=1)), rtol=1e-6)
