"""The expectation step over one part of the persons, wherever that part is held.

Persons are divided into the same parts whatever does the work, and the parts' sums are added in the same order: so a
calibration has the same bits in one process, in threads and on many machines with processors of one kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PARTS = 8  # whatever the number of threads or machines
FEWEST_ROWS_IN_PARTS = 4_096  # fewer are one part
LEAST = 1e-240  # added to products: times the floors of two items it is still a normal number, in either precision
LEAST_SINGLE = 1e-27
NODES_PER_VECTOR = 16  # single-precision numbers in the widest register in use


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some persons: their table rows (n, S), 0 for no response, and their weights (n,)."""

    rows: NDArray[np.uint16] | NDArray[np.uint32]
    weights: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What a pass is taken at: probabilities (R, Q) and prior (Q,), both in the precision of the pass."""

    probabilities: NDArray[Any]
    prior: NDArray[Any]

    @property
    def least(self) -> np.float32 | np.float64:
        """What is added to every product, in the precision of the pass."""
        is_single = self.probabilities.dtype == np.float32
        return np.float32(LEAST_SINGLE) if is_single else np.float64(LEAST)


PartialSums = tuple[float, Floats]  # log-likelihood, and expected counts (R, Q)


class HeldParts(Protocol):
    """Parts that lie somewhere, over which steps are taken again and again."""

    def esteps(self, at: Tables) -> Sequence[PartialSums]:
        """The sums of each part, in the order of the parts."""
        ...


Placing = Callable[[Sequence[Part]], HeldParts]  # where the parts of one calibration are to be held


def estep(part: Part, at: Tables) -> PartialSums:
    """The sums of one part. They depend on these two arguments alone, to the last bit on processors of one kind."""
    rows, weights, probabilities, prior = (
        np.require(given, requirements=["C", "W"])  # compiled for such arrays; what came over a network may be neither
        for given in (part.rows, part.weights, at.probabilities, at.prior)
    )
    counts, partial = np.zeros(probabilities.shape), np.zeros_like(probabilities)
    height = load_kernels().count_persons(
        rows, probabilities, prior, weights, at.least, 0, rows.shape[0], partial, counts
    )
    return float(height), counts


def parts_of(rows: NDArray[np.uint16] | NDArray[np.uint32], weights: Floats) -> tuple[Part, ...]:
    """The persons in their parts; views, no copies."""
    persons = rows.shape[0]
    edges = np.linspace(0, persons, PARTS + 1).astype(int) if persons >= FEWEST_ROWS_IN_PARTS else [0, persons]
    return tuple(Part(rows[a:b], weights[a:b]) for a, b in pairwise(edges))


@dataclass(frozen=True, slots=True, eq=False)
class PartsHere:
    """Parts in this process, gone over by as many threads as it may use."""

    parts: Sequence[Part]

    def esteps(self, at: Tables) -> list[PartialSums]:
        """The sums of each part, in order."""
        if len(self.parts) == 1:
            return [estep(self.parts[0], at)]
        with ThreadPoolExecutor(min(len(self.parts), load_kernels().threads())) as pool:
            return list(pool.map(lambda part: estep(part, at), self.parts))


def load_kernels() -> ModuleType:
    """The compiled passes."""
    from scoring import calibration_kernels  # noqa: PLC0415  numba takes half a second to import; small fits do without

    return calibration_kernels


def fingerprint() -> str:
    """SHA-256 of steps over an invented part in both precisions: where it is the same, all steps have the same bits.

    Processors that add in vectors of other widths round differently, and so do other versions of the compiler.
    """
    size, persons = 37, 3 * 2048 + 5
    weights = 1 + np.arange(persons) % 7 / 8
    part = Part((np.arange(persons)[:, None] * np.array([3, 5, 11, 17]) % size).astype(np.uint16), weights)
    nodes = np.linspace(-4, 4, 4 * NODES_PER_VECTOR)
    probabilities = 1 / (1 + np.exp(np.linspace(-3, 3, size)[:, None] - nodes))
    digest = hashlib.sha256()
    for kind in (np.float32, np.float64):
        height, counts = estep(part, Tables(probabilities.astype(kind), np.exp(-(nodes**2) / 2).astype(kind)))
        digest.update(np.float64(height).tobytes() + counts.tobytes())
    return digest.hexdigest()
