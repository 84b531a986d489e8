"""The expectation step: what each person's responses say about where on the grid the person is.

Two ways, one answer: compiled for many persons, plain NumPy for few and as the check of the other.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from scoring.calibration_data import PreparedResponses
from scoring.calibration_models import SMALLEST, Floats
from scoring.calibration_parts import (
    LEAST,
    NODES_PER_VECTOR,
    PARTS,
    HeldParts,
    PartsHere,
    Placing,
    Tables,
    load_kernels,
    parts_of,
)
from scoring.responses import MISSING

MOST_PAIR_ROWS = 64  # a pair of items is one factor while its table stays in a processor's fast memory
FEWEST_IN_SINGLE = 50_000  # rows from which all passes but the last are in single precision
SMALLEST_SINGLE = 1e-5  # floor of an item's probability in single precision, where only coarse steps are taken
FEWEST_COMPILED = 50_000  # responses from which the compiled pass repays loading
LOGS_AT_ONCE = 4_000_000  # numbers in one block of the plain path


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """Sums over persons at one set of parameters."""

    log_likelihood: float
    counts: Floats  # (J, K, Q) expected number of persons who gave category k at node q
    posterior: Floats  # (Q,) expected number of persons at node q


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Responses as rows of tables: one factor per item, or per pair of items."""

    rows: NDArray[np.uint16] | NDArray[np.uint32]  # (N, S)
    members: tuple[tuple[int, ...], ...]  # the items of each factor
    offsets: tuple[int, ...]  # first table row of each factor
    size: int  # R, table rows
    widths: NDArray[np.int64]  # (J,) categories of each item, and one for "no response"
    held: Floats  # (R,) weight of the persons in each table row

    def take(self, which: slice | NDArray[np.int64], weights: Floats) -> Factors:
        """Some of the persons, of these weights."""
        rows = self.rows[which].copy()
        return replace(self, rows=rows, held=_held(rows, weights, self.size))


def factors_of(codes: NDArray[np.int8], categories: NDArray[np.int64], weights: Floats) -> Factors:
    """Pair the items off and number every combination of categories, "no response" included.

    Parameters
    ----------
    codes : (N, J), 0 … categories[j] - 1 or MISSING
    categories : (J,)
    weights : (N,)
    """
    width = categories + 1  # the last code stands for "no response"
    members: list[tuple[int, ...]] = []
    j = 0
    while j < categories.size:
        pair = j + 1 < categories.size and width[j] * width[j + 1] <= MOST_PAIR_ROWS
        members.append((j, j + 1) if pair else (j,))
        j += 2 if pair else 1
    offsets = []
    size = 1
    largest = 1 + sum(int(np.prod(width[list(items)])) for items in members)
    kind = np.uint16 if largest < np.iinfo(np.uint16).max else np.uint32
    rows = np.zeros((codes.shape[0], len(members)), dtype=kind)
    for s, items in enumerate(members):
        offsets.append(size)
        lookup = (np.arange(int(np.prod(width[list(items)]))) + size).astype(kind)
        lookup[-1] = 0  # nothing answered
        size += lookup.size
        index = _coded(codes[:, items[0]], int(width[items[0]]))
        if len(items) == 2:
            index = index * int(width[items[1]]) + _coded(codes[:, items[1]], int(width[items[1]]))
        rows[:, s] = lookup[index]
    return Factors(rows, tuple(members), tuple(offsets), size, width, _held(rows, weights, size))


def _held(rows: NDArray[np.uint16] | NDArray[np.uint32], weights: Floats, size: int) -> Floats:
    return np.asarray(sum(np.bincount(column, weights=weights, minlength=size) for column in rows.T))


def _coded(column: NDArray[np.int8], width: int) -> NDArray[np.int64]:
    return np.where(column == MISSING, width - 1, column).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Passes:
    """Persons over whom expectations are taken again and again."""

    codes: NDArray[np.int8]  # (rows, J)
    weights: Floats
    squares: Floats  # sum of squared weights in each row
    factors: Factors | None  # None for the plain way
    kernels: ModuleType | None
    held: HeldParts | None = None  # the rows in parts, wherever these lie

    @classmethod
    def of(cls, data: PreparedResponses, kernels: ModuleType | None) -> Passes:
        """All rows, compiled if `kernels` are given."""
        factors = None if kernels is None else factors_of(data.codes, data.categories, data.weights)
        held = None if factors is None else PartsHere(parts_of(factors.rows, data.weights))
        return cls(data.codes, data.weights, data.squares, factors, kernels, held)

    def placed_by(self, placing: Placing) -> Passes:
        """The same, compiled passes being taken wherever `placing` holds the parts."""
        if self.factors is None:
            return self
        return replace(self, held=placing(parts_of(self.factors.rows, self.weights)))

    def subset(self, rows: int) -> Passes:
        """Every so-manieth row, about `rows` of them; all when there are not twice as many."""
        if self.weights.size < 2 * rows:
            return self
        return self.take(slice(None, None, self.weights.size // rows))

    def take(self, which: slice | NDArray[np.int64]) -> Passes:
        """Some of the rows."""
        weights = self.weights[which]
        factors = None if self.factors is None else self.factors.take(which, weights)
        held = None if factors is None else PartsHere(parts_of(factors.rows, weights))
        return Passes(self.codes[which], weights, self.squares[which], factors, self.kernels, held)

    @property
    def is_compiled(self) -> bool:
        """Whether passes run compiled, and so can be had in single precision."""
        return self.kernels is not None

    @property
    def prefers_single(self) -> bool:
        """Whether single precision saves time worth having."""
        return self.kernels is not None and self.weights.size >= FEWEST_IN_SINGLE

    def expectation(self, probabilities: Floats, prior: Floats, *, single: bool) -> Expectation:
        """Sums over the rows at these category probabilities (J, K, Q)."""
        if self.factors is None or self.held is None:
            return plain_expectation(self.codes, self.weights, probabilities, prior)
        return _compiled(self.held, self.factors, probabilities, prior, single=single)

    def posteriors(self, probabilities: Floats, prior: Floats) -> Floats:
        """Posterior masses of each row, (rows, Q)."""
        if self.kernels is None or self.factors is None:
            return posteriors(self.codes, probabilities, prior)[0]
        tables, start = _padded(_tables(self.factors, probabilities, SMALLEST)[0], 1.0), _padded(prior, 0.0)
        out = np.empty((self.weights.size, start.size))
        self.kernels.place_persons(self.factors.rows, tables, start, LEAST, out)
        return out[:, : prior.size]

    def scores(self, posterior: Floats, table: Floats, live: NDArray[np.bool_]) -> Floats:
        """Gradient of each row's marginal log-likelihood, (rows, P), from derivatives (J, K, K, Q) of log P."""
        first = np.concatenate([[0], np.cumsum(live.sum(axis=1))]).astype(np.int64)
        out = np.zeros((self.weights.size, int(first[-1])))
        if self.kernels is None:
            for j in range(live.shape[0]):
                own = table[j][:, live[j]]
                for k in range(own.shape[0]):
                    rows = np.nonzero(self.codes[:, j] == k)[0]
                    out[rows, first[j] : first[j + 1]] = posterior[rows] @ own[k].T
        else:
            packed = np.ascontiguousarray(_padded(np.moveaxis(table, 1, 0), 0.0))
            self.kernels.score_persons(self.codes, np.ascontiguousarray(_padded(posterior, 0.0)), packed, first, out)
        return out


def placed(
    codes: NDArray[np.int8], categories: NDArray[np.int64], probabilities: Floats, prior: Floats, nodes: Floats
) -> tuple[Floats, Floats]:
    """Posterior means and standard deviations (N,) of many persons, compiled, from probabilities (J, K, Q)."""
    kernels = load_kernels()
    factors = factors_of(codes, categories, np.ones(codes.shape[0]))
    tables, start = _padded(_tables(factors, probabilities, SMALLEST)[0], 1.0), _padded(prior, 0.0)
    moments = np.empty((codes.shape[0], 2))

    def part(span: slice) -> None:
        kernels.moments_of_persons(factors.rows[span], tables, start, _padded(nodes, 0.0), LEAST, moments[span])

    edges = np.linspace(0, codes.shape[0], PARTS + 1).astype(int)
    with ThreadPoolExecutor(min(PARTS, kernels.threads())) as pool:
        list(pool.map(part, map(slice, edges[:-1], edges[1:])))
    return moments[:, 0], moments[:, 1]


def _compiled(held: HeldParts, factors: Factors, probabilities: Floats, prior: Floats, *, single: bool) -> Expectation:
    kind = np.float32 if single else np.float64
    scaled, log_scales = _tables(factors, probabilities, SMALLEST_SINGLE if single else SMALLEST)
    sums = held.esteps(Tables(_padded(scaled, 1.0).astype(kind), _padded(prior, 0.0).astype(kind)))
    counts = np.sum([part for _, part in sums], axis=0)[:, : prior.size]
    log_likelihood = float(sum(height for height, _ in sums) + factors.held @ log_scales)
    return Expectation(log_likelihood, _item_counts(factors, counts), counts[0])


def _tables(factors: Factors, probabilities: Floats, floor: float) -> tuple[Floats, Floats]:
    """Table rows (R, Q) with a greatest number of 1, and the logarithms of what they were divided by (R,)."""
    nodes = probabilities.shape[2]
    tables = np.ones((factors.size, nodes))
    ones = np.ones((1, nodes))
    ends = (*factors.offsets[1:], factors.size)
    for items, first, last in zip(factors.members, factors.offsets, ends, strict=True):
        own = [_present(probabilities[j], floor) for j in items]
        table = np.concatenate([own[0], ones])
        if len(items) == 2:
            table = (table[:, None] * np.concatenate([own[1], ones])[None]).reshape(-1, nodes)
        tables[first:last] = table
    greatest = tables.max(axis=1)
    return tables / greatest[:, None], np.log(greatest)


def _padded(table: Floats, fill: float) -> Floats:
    """Fill the nodes up to whole vectors of the processor; nodes of prior 0 change no sum."""
    lacking = -table.shape[-1] % NODES_PER_VECTOR
    return np.pad(table, [(0, 0)] * (table.ndim - 1) + [(0, lacking)], constant_values=fill)


def _present(item: Floats, floor: float) -> Floats:
    return np.maximum(item[item[:, 0] > 0], floor)


def _item_counts(factors: Factors, counts: Floats) -> Floats:
    """Counts by item from counts by pair: sum over the other item of the pair, its "no response" included."""
    nodes = counts.shape[1]
    out = np.zeros((factors.widths.size, int(factors.widths.max()) - 1, nodes))
    ends = (*factors.offsets[1:], factors.size)
    for items, first, last in zip(factors.members, factors.offsets, ends, strict=True):
        block = counts[first:last].reshape(*(factors.widths[j] for j in items), nodes)
        for axis, j in enumerate(items):
            own = block if len(items) == 1 else block.sum(axis=1 - axis)
            out[j, : own.shape[0] - 1] = own[:-1]
    return out


def plain_expectation(codes: NDArray[np.int8], weights: Floats, probabilities: Floats, prior: Floats) -> Expectation:
    """The same sums in NumPy, in logarithms throughout."""
    items, categories, nodes = probabilities.shape
    counts = np.zeros((items, categories, nodes))
    total = np.zeros(nodes)
    log_likelihood = 0.0
    at_once = max(LOGS_AT_ONCE // nodes, 1)
    for first in range(0, codes.shape[0], at_once):
        block = codes[first : first + at_once]
        posterior, logs = posteriors(block, probabilities, prior)
        posterior *= weights[first : first + at_once, None]
        log_likelihood += float(weights[first : first + at_once] @ logs)
        total += posterior.sum(axis=0)
        for k in range(categories):
            counts[:, k] += (block == k).T.astype(float) @ posterior
    return Expectation(log_likelihood, counts, total)


def posteriors(codes: NDArray[np.int8], probabilities: Floats, prior: Floats) -> tuple[Floats, Floats]:
    """Posterior masses (N, Q) and log marginal likelihoods (N,)."""
    logs = np.log(np.maximum(probabilities, SMALLEST))
    nothing = np.zeros((1, probabilities.shape[2]))
    joint = np.tile(np.log(np.maximum(prior, SMALLEST)), (codes.shape[0], 1))
    for j in range(codes.shape[1]):
        joint += np.concatenate([logs[j], nothing])[codes[:, j]]  # MISSING, -1, takes the last row
    most = joint.max(axis=1, keepdims=True)
    joint = np.exp(joint - most)
    total = joint.sum(axis=1)
    joint /= total[:, None]
    return joint, most[:, 0] + np.log(total)
