"""Likelihoods of many persons, read some rows at a time: they need not all be in memory.

A million persons over 61 nodes are 490 MB. Whoever estimates from them goes over the rows again and again, in blocks
of a fixed size whose sums are added in order: so the bits are the same whether the rows are held or kept elsewhere,
and however many threads share the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from scoring.errors import ScoringError

T = TypeVar("T")
ROWS_AT_ONCE = 20_000  # persons; 10 MB for 61 nodes
THREADS = 4  # each holds three blocks or four; more than there are processors do no harm
FLAT = 1e-9  # range of a log-likelihood over the nodes below which it says nothing


@runtime_checkable
class LikelihoodRows(Protocol):
    """Likelihoods of shape (N, Q), each row divided by its greatest, of which any rows can be had."""

    @property
    def shape(self) -> tuple[int, int]:
        """Persons and nodes."""
        ...

    @property
    def telling(self) -> NDArray[np.bool_]:
        """Whose responses say anything, shape (N,)."""
        ...

    def block(self, rows: slice) -> NDArray[np.float64]:
        """These rows, shape (n, Q); from any thread."""
        ...

    def take(self, kept: NDArray[np.bool_]) -> LikelihoodRows:
        """Only the persons for whom `kept`, shape (N,), holds."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class HeldRows:
    """Rows that are in memory."""

    likelihood: NDArray[np.float64]
    telling: NDArray[np.bool_]

    @classmethod
    def of(cls, logs: NDArray[np.float64]) -> Self:
        """Of log-likelihoods, shape (N, Q)."""
        return cls(*scaled(logs))

    @property
    def shape(self) -> tuple[int, int]:
        """Persons and nodes."""
        return self.likelihood.shape[0], self.likelihood.shape[1]

    def block(self, rows: slice) -> NDArray[np.float64]:
        """These rows, shape (n, Q)."""
        return self.likelihood[rows]

    def take(self, kept: NDArray[np.bool_]) -> Self:
        """Only the persons for whom `kept`, shape (N,), holds."""
        return type(self)(self.likelihood[kept], self.telling[kept])


def scaled(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Likelihoods with a greatest value of 1 in each row, and which rows say anything, from their logarithms.

    Raises
    ------
    ScoringError
        If a person's is finite nowhere.
    """
    highest = logs.max(axis=1, keepdims=True)
    if np.isnan(logs).any() or not np.isfinite(highest).all():
        raise ScoringError("Every person needs a finite log-likelihood at some node.")
    telling = np.ptp(np.maximum(logs, highest - 1.0), axis=1) > FLAT
    return np.asarray(np.exp(logs - highest)), np.asarray(telling)


def blocks_of(persons: int) -> Iterator[slice]:
    """The blocks in which persons are gone over, in order."""
    return (slice(start, min(start + ROWS_AT_ONCE, persons)) for start in range(0, persons, ROWS_AT_ONCE))


def over_blocks(persons: int, work: Callable[[slice], T]) -> Iterator[T]:
    """What `work` makes of each block, in order; several blocks at a time.

    No more blocks are under way than there are threads, so memory stays bounded.
    """
    blocks = list(blocks_of(persons))
    threads = min(THREADS, len(blocks))
    if threads < 2:
        yield from map(work, blocks)
        return
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, len(blocks), threads):
            yield from pool.map(work, blocks[first : first + threads])
