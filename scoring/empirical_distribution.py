"""The distribution function of a weighted sample of scores without error: mid-ranks, straight lines, a kernel density.

Percentile ranks and cuts are read from the sample itself. Its smoothed density serves the standard error of a cut only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MOST_KNOTS = 2_001  # a larger sample is kept at this many of its quantiles: percentile ranks within .05, .15 by a tie
FLOOR = 1e-12  # of the greatest density or weight: the distribution rises everywhere, so it can be inverted
RULE_OF_THUMB = 0.9  # Silverman (1986, eq. 3.31), times min(SD, IQR / 1.34) n^(-1/5): width of the density's kernel
SAME = 1e-9  # scores spread less than this, relative to their mean, are equal
DECIMALS = 9  # scores that agree to these are tied; no theta is known so well
TIED_WIDTH = 0.5  # theta; width when all scores are equal and no width can be estimated


class EmpiricalDistribution(NamedTuple):
    """Columns of shape (G,) and numbers of persons, as a norm table holds them."""

    grid: NDArray[np.float64]
    distribution: NDArray[np.float64]
    density: NDArray[np.float64]
    distribution_error: NDArray[np.float64]
    n: int
    effective_n: float


def mid_rank_distribution(scores: NDArray[np.float64], shares: NDArray[np.float64]) -> EmpiricalDistribution:
    """Give each score its mid-rank, (r - .5)/n where weights are equal.

    Parameters
    ----------
    scores : ndarray, shape (N,)
    shares : ndarray, shape (N,)
        Weights that sum to one. Whose weight vanishes beside the others is not counted.

    References
    ----------
    Crocker & Algina (1986), ch. 19.
    """
    counted = shares > shares.max() * FLOOR
    scores, shares = scores[counted], shares[counted]
    values, where = np.unique(np.round(scores, DECIMALS), return_inverse=True)
    share = np.bincount(where, weights=shares)
    square = np.bincount(where, weights=shares**2)
    rank = np.minimum(np.cumsum(share) - share / 2, 1.0)
    squares = np.cumsum(square) - square / 2
    kept = kept_knots(rank)
    values, rank, squares, share = values[kept], rank[kept], squares[kept], share[kept]
    low, high = ends(values, rank)
    grid = np.concatenate([[low], values, [high]])
    distribution = np.concatenate([[0.0], rank, [1.0]])
    total = float((shares**2).sum())
    squares = np.concatenate([[0.0], squares, [total]])
    variance = squares * (1 - 2 * distribution) + distribution**2 * total  # Σ w² (1[x ≤ grid] - F)²
    density = kernel_density(scores, shares, grid)
    error = np.sqrt(np.maximum(variance, 0.0))
    return EmpiricalDistribution(grid, distribution, density, error, scores.size, 1 / total)


def kept_knots(rank: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the ranks at which a sample is kept: all, or about `MOST_KNOTS` and what stands beside a tie."""
    if rank.size <= MOST_KNOTS:
        return np.arange(rank.size)
    found = np.searchsorted(rank, np.linspace(rank[0], rank[-1], MOST_KNOTS)).clip(0, rank.size - 1)
    kept, times = np.unique(found, return_counts=True)
    jumps = kept[times > 2]  # a tie beside it: without its neighbours a line would be drawn over what lies between
    return np.unique(np.concatenate([kept, jumps - 1, jumps + 1]).clip(0, rank.size - 1))


def ends(values: NDArray[np.float64], rank: NDArray[np.float64]) -> tuple[float, float]:
    """Where the distribution reaches 0 and 1: the outermost slopes go on."""
    if values.size == 1:
        return float(values[0] - TIED_WIDTH), float(values[0] + TIED_WIDTH)
    first = (values[1] - values[0]) / (rank[1] - rank[0])
    last = (values[-1] - values[-2]) / (rank[-1] - rank[-2])
    least = 10.0**-DECIMALS * max(1.0, float(np.abs(values).max()))
    return float(values[0] - max(first * rank[0], least)), float(values[-1] + max(last * (1 - rank[-1]), least))


def kernel_density(
    scores: NDArray[np.float64], shares: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Smooth the sample by a normal kernel, Silverman's rule of thumb wide, on bins a tenth of that."""
    width = kernel_width(scores, shares)
    low, high = scores.min() - 4 * width, scores.max() + 4 * width
    bins = max(int(np.ceil((high - low) / (width / 10))), 2)
    counts, edges = np.histogram(scores, bins=bins, range=(low, high), weights=shares)
    step = edges[1] - edges[0]
    reach = np.arange(-int(4 * width / step), int(4 * width / step) + 1) * step
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), mode="full") / step
    margin = reach.size // 2
    centres = edges[0] + step * (np.arange(smooth.size) - margin + 0.5)
    return np.asarray(np.maximum(np.interp(at, centres, smooth), FLOOR))


def kernel_width(scores: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    """Silverman's rule of thumb for a weighted sample: its effective number of persons in the place of n."""
    mean = shares @ scores
    spread = float(np.sqrt(shares @ (scores - mean) ** 2))
    order = np.argsort(scores, kind="stable")
    middle = np.cumsum(shares[order]) - shares[order] / 2
    quarters = np.interp([0.25, 0.75], middle, scores[order])
    between = float(quarters[1] - quarters[0]) / 1.34
    narrow = min(spread, between) if between > 0 else spread
    if narrow <= SAME * max(1.0, abs(float(mean))):
        return TIED_WIDTH
    return float(RULE_OF_THUMB * narrow * (shares**2).sum() ** 0.2)
