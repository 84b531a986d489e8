"""Differential functioning by the likelihood ratio: one item's parameters equal across groups, against free in each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from scoring.calibration_data import person_weights, prepare
from scoring.calibration_design import Design, design_of
from scoring.calibration_groups import GroupFitted, fit_groups
from scoring.calibration_models import Floats
from scoring.calibration_parts import load_kernels
from scoring.dif_result import Dif, smd_class
from scoring.errors import InvalidResponses
from scoring.multiple_testing import benjamini_hochberg
from scoring.normal import NODES
from scoring.responses import MISSING, ResponseMatrix

TOLERANCE = 1e-5  # logits; a likelihood ratio is then right to about 1e-6
FEWEST_COMPILED = 10_000  # responses from which the compiled pass, run for every item, repays loading
TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class _Free:
    """A calibration with some items free in each group."""

    fitted: GroupFitted
    design: Design
    parameters: int
    place: dict[tuple[int, int], int]  # item and group -> row of the fitted table
    codes: tuple[NDArray[np.int64], ...]  # of each row of the table, the response codes of its categories
    equal_weight: float  # of a person in a sample without weights that tells as much: Σw² / Σw


@dataclass(slots=True, eq=False)
class LikelihoodRatio:
    """Two nested calibrations per item, from one baseline."""

    TOO_FEW_LEFT: ClassVar = "Purification would leave fewer than two anchors; it was stopped."

    matrix: ResponseMatrix
    group: NDArray[np.int64]
    labels: tuple[Any, ...]
    model: str
    weights: ArrayLike | None

    def tested(self, flagged: NDArray[np.bool_]) -> Dif:
        """Test every item against the calibration in which flagged items, and no others, are free."""
        freed = frozenset(np.nonzero(flagged)[0].tolist())
        base = self._fit(freed, None)
        if base is None:
            raise InvalidResponses("No item has two categories in use: there is nothing to compare.")
        size = self.matrix.items
        statistic, freedom = np.zeros(size), np.zeros(size, dtype=np.int64)
        effect, standardised, unsigned = np.zeros(size), np.zeros(size), np.zeros(size)
        notes = [f"Baseline: {problem}" for problem in base.fitted.problems]
        for j in range(size):
            with_item = base if j in freed else self._fit(freed | {j}, base)
            without = self._fit(freed - {j}, base) if j in freed else base
            notes.extend(self._unused(j))
            if with_item is None or without is None:  # a group apart uses one category at most: nothing to compare
                continue
            freedom[j] = with_item.parameters - without.parameters
            if freedom[j] <= 0 or (j, 0) not in with_item.place:
                freedom[j] = 0
                continue
            gain = with_item.fitted.log_likelihood - without.fitted.log_likelihood
            statistic[j] = max(2 * gain / with_item.equal_weight, 0.0)
            notes.extend(f"Item {j}: {problem}" for problem in with_item.fitted.problems)
            effect[j], standardised[j], unsigned[j] = self._difference(with_item, j)
        p = np.where(freedom > 0, chi2.sf(statistic, np.maximum(freedom, 1)), 1.0)
        ets = tuple(
            "" if freedom[j] == 0 and self._used(j).size > 1 else smd_class(standardised[j], p[j]) for j in range(size)
        )
        return Dif(
            "likelihood_ratio",
            self.labels,
            statistic,
            freedom,
            p,
            benjamini_hochberg(p),
            effect,
            standardised,
            unsigned,
            ets,
            p,
            np.ones(size),
            tuple(dict.fromkeys(notes)),
        )

    def _fit(self, freed: frozenset[int], base: _Free | None) -> _Free | None:
        """Free items by giving each group a column of its own for them; None when no column has two categories."""
        codes = [self.matrix.codes]
        columns = {(j, g): j for j in range(self.matrix.items) for g in range(len(self.labels))}
        own = self.matrix.codes.copy()
        for j in sorted(freed):
            for g in range(1, len(self.labels)):
                columns[j, g] = self.matrix.items + len(codes) - 1
                codes.append(np.where(self.group == g, self.matrix.codes[:, j], MISSING)[:, None].astype(np.int8))
            own[:, j] = np.where(self.group == 0, own[:, j], MISSING)
        codes[0] = own
        data = prepare(ResponseMatrix(np.concatenate(codes, axis=1)), self.weights, groups=self.group)
        if data.fitted.size == 0:
            return None
        design = design_of(data, self.model, len(self.labels), None)
        rows = {column: int(np.searchsorted(data.fitted, column)) for column in data.fitted.tolist()}
        place = {key: rows[column] for key, column in columns.items() if column in rows}
        if base is not None:
            design = self._from(design, base, place)
        kernels = load_kernels() if data.codes.size >= FEWEST_COMPILED else None
        fitted = fit_groups(data, design, NODES, tolerance=TOLERANCE, kernels=kernels, exact=False)
        codes_in_use = tuple(data.used[column] for column in data.fitted.tolist())
        equal_weight = float(data.squares.sum() / data.weights.sum())
        return _Free(fitted, design, int(design.exists.sum()), place, codes_in_use, equal_weight)

    def _from(self, design: Design, base: _Free, place: dict[tuple[int, int], int]) -> Design:
        """Begin where the baseline ended, as far as items have the same categories there; otherwise from scratch."""
        table = np.zeros(design.exists.shape)
        begun = np.zeros(design.exists.shape[0], dtype=bool)
        for key, row in place.items():
            former = base.place.get(key)
            if former is None:
                continue
            had, has = base.design.exists[former], design.exists[row]
            if had.sum() == has.sum():
                table[row, has] = base.fitted.table[former, had]
                begun[row] = True
        if not begun.all():
            return design
        return replace(design, start=table, start_means=base.fitted.means, start_sds=base.fitted.sds)

    def _used(self, j: int, g: int | None = None) -> NDArray[np.int8]:
        """Categories of an item in use, by one group or by all; people of weight 0 are not there."""
        counted = person_weights(self.weights, self.matrix.persons) > 0
        if g is not None:
            counted &= self.group == g
        answers = self.matrix.codes[counted, j]
        return np.unique(answers[answers != MISSING])

    def _unused(self, j: int) -> list[str]:
        """What keeps an item whose answers differ from being tested, or a group of several from taking part."""
        if self._used(j).size < 2:
            return []
        sizes = [self._used(j, g).size for g in range(len(self.labels))]
        short = [g for g, size in enumerate(sizes) if size < 2]
        how = ("gave no answer", "uses one category only")
        outcome = "not tested" if sizes[0] < 2 or len(short) == len(sizes) - 1 else "not in the effect"
        return [f"Item {j}: group {self.labels[g]!r} {how[sizes[g]]}; {outcome}." for g in short]

    def _difference(self, free: _Free, j: int) -> tuple[float, float, float]:
        """Difference of expected scores, focal less reference, over the focal group; the largest of several groups."""
        deviation = max(self._deviation(j), TINY)
        reference = _expected_score(free, free.place[j, 0])
        found = [(0.0, 0.0)]
        for g in range(1, len(self.labels)):
            if (j, g) in free.place:
                mass = free.fitted.posterior[g] / free.fitted.posterior[g].sum()
                apart = _expected_score(free, free.place[j, g]) - reference
                found.append((float(mass @ apart), float(mass @ np.abs(apart))))
        signed, unsigned = max(found, key=lambda pair: pair[1])
        return signed, abs(signed) / deviation, unsigned

    def _deviation(self, j: int) -> float:
        answers = self.matrix.codes[:, j]
        answered = answers != MISSING
        weights = (
            np.ones(answers.size) if self.weights is None else np.asarray(self.weights, dtype=float).reshape(-1)
        )[answered]
        apart = answers[answered] - np.average(answers[answered], weights=weights)
        return float(np.sqrt(np.average(apart**2, weights=weights)))


def _expected_score(free: _Free, row: int) -> Floats:
    """Of one row of the fitted table, on the nodes."""
    table = free.fitted.table
    probabilities = free.design.model.probabilities(table[:, 0], table[:, 1:], NODES)[row]
    codes = free.codes[row]
    return np.asarray(codes.astype(float) @ probabilities[: codes.size])
