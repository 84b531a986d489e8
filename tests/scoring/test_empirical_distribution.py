"""The distribution of a sample: mid-ranks, weights, ties, and what a large sample is kept at."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.empirical_distribution import ends, kept_knots, kernel_density, kernel_width
from scoring.norms import NormTable


def test_ranks_in_a_sample_are_mid_ranks() -> None:
    table = NormTable.from_sample([1, 1, 2, 3])
    np.testing.assert_allclose(table.percentile_rank([1, 2, 3]), [25, 62.5, 87.5])
    theta = np.random.default_rng(2).permutation(np.arange(1000.0))
    ranks = np.argsort(np.argsort(theta)) + 1
    np.testing.assert_allclose(NormTable.from_sample(theta).percentile_rank(theta), 100 * (ranks - 0.5) / 1000)


def test_a_weight_of_three_is_three_persons() -> None:
    weighted = NormTable.from_sample([0.0, 1.0, 2.0], weights=[3, 1, 1])
    repeated = NormTable.from_sample([0.0, 0.0, 0.0, 1.0, 2.0])
    np.testing.assert_allclose(weighted.percentile_rank([0, 0.5, 1, 2]), repeated.percentile_rank([0, 0.5, 1, 2]))
    assert weighted.effective_n == pytest.approx(25 / 11)
    assert weighted.n == 3


def test_a_large_sample_keeps_its_ranks_within_a_twentieth_of_a_per_cent() -> None:
    theta = np.random.default_rng(3).standard_normal(50_000)
    table = NormTable.from_sample(theta)
    ranks = np.argsort(np.argsort(theta)) + 1
    assert np.abs(table.percentile_rank(theta) - 100 * (ranks - 0.5) / theta.size).max() < 0.05
    assert table.grid.size < 2_100


def test_a_large_sample_keeps_its_first_and_last_rank() -> None:
    assert kept_knots(np.linspace(0, 1, 2_001)).size == 2_001
    rank = np.sort(np.random.default_rng(7).random(9_000))
    kept = kept_knots(rank)
    assert (kept[0], kept[-1]) == (0, 8_999)
    assert kept.size <= 2_001


def test_a_tie_in_a_large_sample_leaves_the_ranks_beside_it_as_they_are() -> None:
    theta = np.concatenate([np.random.default_rng(11).standard_normal(50_000), np.full(20_000, 0.5)])
    table = NormTable.from_sample(theta)
    inner = np.sort(theta)
    at = np.array([0.49, 0.4985, 0.4995, 0.5, 0.5005, 0.5015, 0.51])
    below, upto = np.searchsorted(inner, at, "left"), np.searchsorted(inner, at, "right")
    np.testing.assert_allclose(table.percentile_rank(at), 50 * (below + upto) / inner.size, atol=0.15)
    assert table.grid.size < 2_100


def test_a_tie_at_either_end_of_a_large_sample_is_kept_once() -> None:
    """Who reached every point, or none, shares one score with many: the real extraversion scores end so."""
    theta = np.random.default_rng(13).standard_normal(50_000).clip(-1.5, 1.5)
    table = NormTable.from_sample(theta)
    at_the_ends = np.array([(theta == -1.5).mean() / 2, 1 - (theta == 1.5).mean() / 2])
    np.testing.assert_allclose(table.percentile_rank([-1.5, 1.5]), 100 * at_the_ends, atol=1e-9)
    assert (np.diff(kept_knots(np.append(np.linspace(0.0, 0.9, 9_000), 0.95))) > 0).all()


def test_a_sample_counts_nobody_whose_weight_vanishes_beside_the_others() -> None:
    assert NormTable.from_sample([0.0, 1.0, 2.0], weights=[1.0, 1.0, 1e-15]).n == 2
    assert NormTable.from_sample([0.0, 1.0, 2.0], weights=[1.0, 1.0, 1e-9]).n == 3


def test_the_outermost_slopes_go_on_to_theends() -> None:
    low, high = ends(np.array([0.0, 1.0, 3.0]), np.array([0.1, 0.5, 0.8]))
    assert (low, high) == pytest.approx((-0.25, 3 + 2 / 0.3 * 0.2))
    low, high = ends(np.array([5.0, 6.0]), np.array([0.0, 1.0]))
    assert 0 < 5 - low < 1e-7
    assert 0 < high - 6 < 1e-7


def test_the_width_of_the_kernel_is_silvermans() -> None:
    scores = np.arange(1.0, 101.0)
    shares = np.full(100, 0.01)
    between = 50.0 / 1.34  # from 25.5 to 75.5: the mid-ranks' quarters
    assert kernel_width(scores, shares) == pytest.approx(0.9 * min(scores.std(), between) * 100**-0.2)
    shuffled = np.random.default_rng(8).permutation(100)
    assert kernel_width(scores[shuffled], shares) == pytest.approx(kernel_width(scores, shares))
    heavy = np.r_[np.zeros(3), np.arange(94.0), 900.0, 950.0, 1000.0]  # tails that the quartiles do not see
    mids = (np.arange(100) + 0.5) / 100
    quarters = np.interp([0.25, 0.75], mids, heavy)
    assert kernel_width(heavy, shares) == pytest.approx(0.9 * (quarters[1] - quarters[0]) / 1.34 * 100**-0.2)
    lumped = np.r_[np.zeros(90), np.full(10, 5.0)]  # quartiles that see nothing at all
    assert kernel_width(lumped, shares) == pytest.approx(0.9 * lumped.std() * 100**-0.2)
    assert kernel_width(np.full(100, 7.0), shares) == 0.5
    pair = np.array([0.0, 1.0, 2.0, 3.0])
    weighted = np.array([0.1, 0.4, 0.4, 0.1])
    mean = weighted @ pair
    spread = np.sqrt(weighted @ (pair - mean) ** 2)
    quarters = np.interp([0.25, 0.75], [0.05, 0.3, 0.7, 0.95], pair)
    narrow = min(spread, (quarters[1] - quarters[0]) / 1.34)
    assert kernel_width(pair, weighted) == pytest.approx(0.9 * narrow * (weighted**2).sum() ** 0.2)


def test_the_density_is_that_of_normal_kernels_on_every_person() -> None:
    rng = np.random.default_rng(9)
    scores, shares = rng.gamma(2.0, 1.0, 400), rng.uniform(0.5, 2.0, 400)
    shares /= shares.sum()
    at = np.linspace(0.0, 8.0, 41)
    width = kernel_width(scores, shares)
    kernels = np.exp(-0.5 * ((at[:, None] - scores) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(kernel_density(scores, shares, at), kernels @ shares, atol=2e-3)
    far = kernel_density(scores, shares, np.array([-50.0, 500.0]))
    assert (far > 0).all()
    assert (far < 1e-9).all()
