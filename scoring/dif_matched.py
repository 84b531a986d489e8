"""Differential functioning among people of the same score: no model is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from scoring.dif_regression import nested_regressions
from scoring.dif_result import NOTHING_TO_TEST, Dif, ItemFound
from scoring.mantel_haenszel import mantel, mantel_haenszel
from scoring.multiple_testing import benjamini_hochberg
from scoring.responses import MISSING, ResponseMatrix

Floats = NDArray[np.float64]


@dataclass(slots=True, eq=False)
class Matched:
    """Tests among people of the same score."""

    TOO_FEW_LEFT: ClassVar = "Purification would leave fewer than two items to match by; it was stopped."

    matrix: ResponseMatrix
    group: NDArray[np.int64]
    labels: tuple[Any, ...]
    method: str

    def tested(self, flagged: NDArray[np.bool_]) -> Dif:
        """Test every item, matching by the score on items that are not flagged."""
        columns = [self._item(j, ~flagged) for j in range(self.matrix.items)]
        values = np.array([[c.statistic, c.p, c.effect, c.size, c.uniform_p, c.nonuniform_p] for c in columns])
        statistic, p, effect, size, uniform, nonuniform = values.T
        return Dif(
            self.method,
            self.labels,
            statistic,
            np.array([c.freedom for c in columns], dtype=np.int64),
            p,
            benjamini_hochberg(p),
            effect,
            size,
            np.abs(effect),
            tuple(c.ets for c in columns),
            uniform,
            nonuniform,
            tuple(f"Item {j}: {c.note}" for j, c in enumerate(columns) if c.note),
        )

    def _item(self, j: int, matching: NDArray[np.bool_]) -> ItemFound:
        """One item; the studied item is part of the score it is matched by (Holland & Thayer 1988)."""
        among = matching.copy()
        among[j] = True
        answered = self.matrix.codes[:, j] != MISSING
        codes = self.matrix.codes[answered, j].astype(np.int64)
        used, category = np.unique(codes, return_inverse=True)
        group = self.group[answered]
        if used.size < 2 or np.unique(group).size < 2:
            return NOTHING_TO_TEST
        score = self._score(among)[answered]
        strata, stratum = np.unique(score, return_inverse=True)
        shape = (strata.size, 2, used.size)
        table = np.bincount(np.ravel_multi_index((stratum, group, category), shape), minlength=int(np.prod(shape)))
        cells: Floats = table.reshape(shape).astype(float)
        if self.method == "mantel_haenszel":
            return mantel_haenszel(cells) if used.size == 2 else mantel(cells, used.astype(float))
        return nested_regressions(cells, strata)

    def _score(self, among: NDArray[np.bool_]) -> Floats:
        codes = self.matrix.codes[:, among]
        answered = codes != MISSING
        top = np.maximum(codes.max(axis=0, initial=1), 1).astype(float)
        reached = np.where(answered, codes, 0).sum(axis=1)
        possible = (answered * top).sum(axis=1)
        return np.asarray(np.round(reached * top.sum() / np.maximum(possible, 1.0)))
