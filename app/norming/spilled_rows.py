"""Likelihoods of more people than memory should hold: written once to a nameless file, read block by block."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from scoring.likelihood_rows import HeldRows, LikelihoodRows, scaled

MOST_HELD = 50_000  # people; 24 MB


@dataclass(frozen=True, slots=True, eq=False)
class SpilledRows:
    """Rows of a file that has no name, and so is gone with the process whatever happens to it."""

    file: IO[bytes]
    nodes: int
    index: NDArray[np.int64]  # the row of the file of each person, rising
    telling: NDArray[np.bool_]

    @classmethod
    def of(cls, blocks: Iterable[NDArray[np.float64]]) -> Self:
        """Write every block of log-likelihoods, in order, as likelihoods."""
        file, nodes, telling = tempfile.TemporaryFile(), 0, []  # noqa: SIM115  closed when the rows are let go
        for logs in blocks:
            likelihood, tells = scaled(logs)
            file.write(np.ascontiguousarray(likelihood).data)
            nodes = logs.shape[1]
            telling.append(tells)
        file.flush()
        together = np.concatenate(telling)
        return cls(file, nodes, np.arange(together.size), together)

    @property
    def shape(self) -> tuple[int, int]:
        """Persons and nodes."""
        return self.index.size, self.nodes

    def block(self, rows: slice) -> NDArray[np.float64]:
        """These rows, shape (n, Q)."""
        wanted = self.index[rows]
        if wanted.size == 0:
            return np.empty((0, self.nodes))
        first, count = int(wanted[0]), int(wanted[-1] - wanted[0] + 1)
        width = self.nodes * np.float64().itemsize
        read = os.pread(self.file.fileno(), count * width, first * width)  # at a place of its own, so from any thread
        span = np.frombuffer(read, dtype=np.float64).reshape(count, self.nodes)
        return span if count == wanted.size else span[wanted - first]

    def take(self, kept: NDArray[np.bool_]) -> Self:
        """Only the persons for whom `kept`, shape (N,), holds."""
        return type(self)(self.file, self.nodes, self.index[kept], self.telling[kept])


def rows_of(blocks: Iterable[NDArray[np.float64]], people: int) -> LikelihoodRows:
    """The blocks of log-likelihoods as rows: held where they are few, spilled where they are many."""
    return HeldRows.of(np.concatenate(list(blocks))) if people <= MOST_HELD else SpilledRows.of(blocks)
