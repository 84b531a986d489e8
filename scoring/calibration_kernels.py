"""The expectation step compiled: likelihoods, posteriors and expected counts of many persons.

Each person is a row of table rows: one per item, or per pair of items, holding the probability of that response at
every node; row 0 is all ones and stands for "no response". Probabilities are multiplied and rescaled, never logged; a
trifle is added to every product, for subnormal numbers cost some processors a hundred times as much as others.
Rows are summed in blocks of fixed size, so the same data give the same bits on any number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import get_num_threads, njit
from numpy.typing import NDArray

ROWS_PER_BLOCK = 2048  # partial sums in the tables' own precision are no longer than this
FACTORS_PER_RESCALE = 12  # table rows multiplied before rescaling; the greatest number of each is 1


@njit(inline="always")
def joint(
    row: NDArray[np.uint16],
    tables: NDArray[np.float64],
    prior: NDArray[np.float64],
    least: float,
    like: NDArray[np.float64],
) -> tuple[float, float]:
    """Write prior times likelihood of one person to `like`, (Q,): its sum, and the logarithm of a factor left out."""
    nodes = tables.shape[1]
    log_scale = 0.0
    for q in range(nodes):
        like[q] = prior[q]
    since = 0
    for s in range(row.size):
        r = row[s]
        if r == 0:
            continue
        if since == FACTORS_PER_RESCALE:
            since = 0
            total = like[0] * 0
            for q in range(nodes):
                total += like[q]
            inverse = 1 / total
            log_scale += np.log(np.float64(total))
            for q in range(nodes):
                like[q] *= inverse
        for q in range(nodes):
            like[q] = like[q] * tables[r, q] + least
        since += 1
    total = like[0] * 0
    for q in range(nodes):
        total += like[q]
    return np.float64(total), log_scale


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def count_persons(  # noqa: PLR0917  keywords cost in compiled code
    rows: NDArray[np.uint16],
    tables: NDArray[np.float64],
    prior: NDArray[np.float64],
    weights: NDArray[np.float64],
    least: float,
    first: int,
    last: int,
    partial: NDArray[np.float64],
    counts: NDArray[np.float64],
) -> float:
    """Add persons first … last - 1 to `counts`; return their weighted log-likelihood.

    Parameters
    ----------
    rows : (N, S) table row of each person's response to each item or pair; 0 for none.
    tables : (R, Q) probabilities, each row divided by its greatest: the log-likelihood is of these.
    prior : (Q,) masses.
    weights : (N,)
    least : added to every product; times the smallest number of `tables` it is a normal number of their precision.
    partial, counts : (R, Q) scratch in the tables' precision, and the sum in double precision.
    """
    nodes = tables.shape[1]
    like = np.empty(nodes, tables.dtype)
    total_log = 0.0
    for block in range(first, last, ROWS_PER_BLOCK):
        partial[:] = 0
        for i in range(block, min(block + ROWS_PER_BLOCK, last)):
            total, log_scale = joint(rows[i], tables, prior, least, like)
            total_log += weights[i] * (np.log(total) + log_scale)
            share = tables.dtype.type(weights[i] / total)
            for q in range(nodes):
                like[q] *= share
            for s in range(rows.shape[1]):
                row = rows[i, s]
                if row == 0:
                    continue
                for q in range(nodes):
                    partial[row, q] += like[q]
            for q in range(nodes):
                partial[0, q] += like[q]
        for r in range(counts.shape[0]):
            for q in range(nodes):
                counts[r, q] += partial[r, q]
    return total_log


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def place_persons(
    rows: NDArray[np.uint16],
    tables: NDArray[np.float64],
    prior: NDArray[np.float64],
    least: float,
    posterior: NDArray[np.float64],
) -> None:
    """Write each person's posterior masses to `posterior`, (N, Q); the rest as in `count_persons`."""
    for i in range(rows.shape[0]):
        inverse = 1 / joint(rows[i], tables, prior, least, posterior[i])[0]
        for q in range(posterior.shape[1]):
            posterior[i, q] *= inverse


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def moments_of_persons(  # noqa: PLR0917  keywords cost in compiled code
    rows: NDArray[np.uint16],
    tables: NDArray[np.float64],
    prior: NDArray[np.float64],
    nodes: NDArray[np.float64],
    least: float,
    moments: NDArray[np.float64],
) -> None:
    """Write each person's posterior mean and standard deviation over `nodes`, (Q,), to `moments`, (N, 2)."""
    like = np.empty(nodes.size)
    for i in range(rows.shape[0]):
        total = joint(rows[i], tables, prior, least, like)[0]
        mean = 0.0
        for q in range(nodes.size):
            mean += like[q] * nodes[q]
        mean /= total
        variance = 0.0
        for q in range(nodes.size):
            variance += like[q] * (nodes[q] - mean) ** 2
        moments[i, 0] = mean
        moments[i, 1] = np.sqrt(variance / total)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
def score_persons(
    codes: NDArray[np.int8],
    posterior: NDArray[np.float64],
    table: NDArray[np.float64],
    first: NDArray[np.int64],
    scores: NDArray[np.float64],
) -> None:
    """Write posterior means of derivatives of log P to `scores`, (N, P), zero before.

    Parameters
    ----------
    codes : (N, J), -1 for none.
    posterior : (N, Q)
    table : (K, J, K, Q) category, item, by which parameter, node; an item's live parameters come first.
    first : (J + 1,) column of each item's first parameter.
    """
    nodes = posterior.shape[1]
    for i in range(codes.shape[0]):
        for j in range(codes.shape[1]):
            k = codes[i, j]
            if k < 0:
                continue
            for p in range(first[j + 1] - first[j]):
                total = 0.0
                for q in range(nodes):
                    total += posterior[i, q] * table[k, j, p, q]
                scores[i, first[j] + p] = total


def threads() -> int:
    """How many processors this process may use."""
    return int(get_num_threads())
