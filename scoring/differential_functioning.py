"""Differential item functioning: an item harder for one group than for another of the same standing.

The likelihood ratio compares two calibrations and is the one to trust; Mantel and Haenszel's, and the two logistic
ones, match people by their score and need no model. All report an effect size: in large samples everything is
significant, and a class A, B or C says whether it matters.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from scoring.calibration_data import numbered_groups, person_weights, prepare
from scoring.calibration_design import Design, design_of
from scoring.calibration_groups import GroupFitted, fit_groups
from scoring.calibration_models import Floats
from scoring.calibration_parts import load_kernels
from scoring.errors import InvalidResponses, ScoringError
from scoring.normal import NODES
from scoring.proportional_odds import proportional_odds
from scoring.responses import MISSING, ResponseMatrix

METHODS = ("likelihood_ratio", "mantel_haenszel", "logistic", "ordinal")
MODELS = ("graded", "2pl", "gpcm")
SIGNIFICANT = 0.05
TOLERANCE = 1e-5  # logits; a likelihood ratio is then right to about 1e-6
FEWEST_COMPILED = 10_000  # responses from which the compiled pass, run for every item, repays loading
MOST_ROUNDS = 10  # of purification
DELTA_PER_LOGIT = -2.35  # ETS delta scale, Holland & Thayer (1988)
ADDED = 0.5  # to each cell of an item whose odds ratio would be 0 or infinite
DELTA_B, DELTA_C = 1.0, 1.5
ONE_SIDED = 1.645  # standard errors; 5 %, one-sided
SMD_B, SMD_C = 0.17, 0.25  # of the item's standard deviation: Zwick, Thayer & Mazzeo (1997), as NAEP uses it
R2_B, R2_C = 0.035, 0.070  # Jodoin & Gierl (2001)
TINY = 1e-12
UNSETTLED = f"Purification did not settle in {MOST_ROUNDS} rounds; the flags are those of the last."


@dataclass(frozen=True, slots=True, eq=False)
class Dif:
    """What was found for each of J items.

    Attributes
    ----------
    method : str
    groups : tuple
        Labels; the first is the reference group.
    chi_square, p_value, adjusted_p : ndarray, shape (J,)
        `adjusted_p` after Benjamini and Hochberg. An item that cannot be tested has 0, 1 and 1.
    degrees_of_freedom : ndarray of int, shape (J,)
    effect : ndarray, shape (J,)
        Signed; below zero the item is harder for the focal group. Likelihood ratio, and Mantel-Haenszel with more than
        two categories: mean difference of expected item scores for people of the focal group, in score points.
        Mantel-Haenszel with two: ETS delta. Logistic and ordinal: the group's coefficient, in logits.
    standardised : ndarray, shape (J,)
        The size on which the class rests, never below zero: the same difference in standard deviations of the item;
        delta; or the share of variance (Nagelkerke's R²) that the group adds.
    unsigned : ndarray, shape (J,)
        As `effect`, but differences that cancel over theta add up; equal to its size where the method sees none.
    ets : tuple of str
        "A" negligible, "B" moderate, "C" large. "" where the likelihood ratio could not test an item although its
        answers differ: a group used one category only, the grossest difference there is (Mantel-Haenszel can test
        it), or gave none; `notes` name the item and the group.
    uniform_p, nonuniform_p : ndarray, shape (J,)
        Of the logistic methods; for the others `uniform_p` is `p_value` and `nonuniform_p` 1.
    notes : tuple of str
    """

    method: str
    groups: tuple[Any, ...]
    chi_square: Floats
    degrees_of_freedom: NDArray[np.int64]
    p_value: Floats
    adjusted_p: Floats
    effect: Floats
    standardised: Floats
    unsigned: Floats
    ets: tuple[str, ...]
    uniform_p: Floats
    nonuniform_p: Floats
    notes: tuple[str, ...]

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """Items that are significant after adjustment and not of class A, shape (J,)."""
        return np.asarray((self.adjusted_p < SIGNIFICANT) & (np.array(self.ets) != "A"))


def dif(
    responses: ResponseMatrix | ArrayLike,
    groups: ArrayLike,
    method: str = "likelihood_ratio",
    *,
    model: str = "graded",
    purify: bool = False,
    weights: ArrayLike | None = None,
) -> Dif:
    """Test every item for differential functioning.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
    groups : array-like, shape (N,)
        A label per person; the label that sorts first is the reference group. Two groups; "likelihood_ratio" takes
        more.
    method : {"likelihood_ratio", "mantel_haenszel", "logistic", "ordinal"}
        "logistic" is "ordinal" for items of two categories.
    model : {"graded", "2pl", "gpcm"}
        Of "likelihood_ratio": all parameters equal across groups, against one item's free in each; means and standard
        deviations of all groups but the reference are estimated in both.
    purify : bool
        Test again with flagged items not among the anchors (or not in the matching score), until the flags settle.
    weights : array-like, shape (N,), optional
        Person weights, for "likelihood_ratio" alone; their scale does not matter. The likelihood ratio is divided by
        the design effect of unequal weights, to first order: right on average where weights have nothing to do with
        the responses to an item given theta.

    Returns
    -------
    Dif

    Raises
    ------
    ScoringError
        For an unknown method or model, or weights where there can be none.
    InvalidResponses
        For labels that do not fit, or a group that answered nothing or whose persons all weigh nothing.

    Notes
    -----
    The matching score of a person with missing responses is the share of points reached among the answered items, in
    points of the whole test, rounded.

    References
    ----------
    Thissen, Steinberg & Wainer (1993); Meade (2010) for the differences of expected scores; Holland & Thayer (1988);
    Mantel (1963); Swaminathan & Rogers (1990); Zumbo (1999); Crane, Gibbons, Jolley & van Belle (2006); Benjamini &
    Hochberg (1995); Kish (1965) and Rao & Scott (1984) for weights. The classes often miss real differences even in
    large samples (Zwick 2012).
    """
    if method not in METHODS:
        raise ScoringError(f"Unknown method {method!r}; known are {', '.join(METHODS)}.")
    if model not in MODELS:
        raise ScoringError(f"Unknown model {model!r}; the likelihood ratio knows {', '.join(MODELS)}.")
    matrix = responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)
    labels, group = _labels(matrix, groups, weights)
    if method == "likelihood_ratio":
        return _LikelihoodRatio(matrix, group, labels, model, weights).tested(purify=purify)
    if len(labels) != 2 or weights is not None:
        raise ScoringError(f"{method} compares two groups without weights; use the likelihood ratio.")
    if method == "logistic" and matrix.codes.max(initial=0) > 1:
        raise ScoringError('Items have more than two categories; use method "ordinal".')
    return _Matched(matrix, group, labels, method).tested(purify=purify)


def _labels(
    matrix: ResponseMatrix, groups: ArrayLike, weights: ArrayLike | None
) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    labels, where = numbered_groups(groups, matrix.persons)
    counted = matrix.answered.any(axis=1) & (person_weights(weights, matrix.persons) > 0)
    if len(labels) < 2 or (np.bincount(where[counted], minlength=len(labels)) == 0).any():
        raise InvalidResponses("Differential functioning needs two groups or more that gave responses and have weight.")
    return labels, where


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Adjust p-values so that, at .05, one in twenty of the flagged is expected to be false."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)[::-1]
    scaled = p[order] * p.size / np.arange(p.size, 0, -1)
    out = np.empty(p.size)
    out[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return out


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
class _LikelihoodRatio:
    """Two nested calibrations per item, from one baseline."""

    matrix: ResponseMatrix
    group: NDArray[np.int64]
    labels: tuple[Any, ...]
    model: str
    weights: ArrayLike | None

    def tested(self, *, purify: bool) -> Dif:
        freed: frozenset[int] = frozenset()
        notes: list[str] = []
        for _ in range(MOST_ROUNDS if purify else 1):
            found = self._round(freed)
            flagged = frozenset(int(j) for j in np.nonzero(found.flagged)[0])
            if not purify or flagged == freed:
                break
            if len(flagged) > self.matrix.items - 2:
                notes.append("Purification would leave fewer than two anchors; it was stopped.")
                break
            freed = flagged
        else:
            notes.append(UNSETTLED)
        return replace(found, notes=(*found.notes, *notes))

    def _round(self, freed: frozenset[int]) -> Dif:
        """Test every item against the calibration in which `freed` items, and no others, are free."""
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
            "" if freedom[j] == 0 and self._used(j).size > 1 else _smd_class(standardised[j], p[j]) for j in range(size)
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


def _smd_class(size: float, p: float) -> str:
    if p >= SIGNIFICANT or size <= SMD_B:
        return "A"
    return "C" if size > SMD_C else "B"


@dataclass(slots=True, eq=False)
class _Matched:
    """Tests among people of the same score."""

    matrix: ResponseMatrix
    group: NDArray[np.int64]
    labels: tuple[Any, ...]
    method: str

    def tested(self, *, purify: bool) -> Dif:
        matching = np.ones(self.matrix.items, dtype=bool)
        notes: list[str] = []
        for _ in range(MOST_ROUNDS if purify else 1):
            found = self._round(matching)
            flagged = found.flagged
            if not purify or (flagged == ~matching).all():
                break
            if flagged.sum() > self.matrix.items - 2:
                notes.append("Purification would leave fewer than two items to match by; it was stopped.")
                break
            matching = ~flagged
        else:
            notes.append(UNSETTLED)
        return replace(found, notes=(*found.notes, *notes))

    def _round(self, matching: NDArray[np.bool_]) -> Dif:
        columns = [self._item(j, matching) for j in range(self.matrix.items)]
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

    def _item(self, j: int, matching: NDArray[np.bool_]) -> _Found:
        """One item; the studied item is part of the score it is matched by (Holland & Thayer 1988)."""
        among = matching.copy()
        among[j] = True
        answered = self.matrix.codes[:, j] != MISSING
        codes = self.matrix.codes[answered, j].astype(np.int64)
        used, category = np.unique(codes, return_inverse=True)
        group = self.group[answered]
        if used.size < 2 or np.unique(group).size < 2:
            return _NOTHING
        score = self._score(among)[answered]
        strata, stratum = np.unique(score, return_inverse=True)
        shape = (strata.size, 2, used.size)
        table = np.bincount(np.ravel_multi_index((stratum, group, category), shape), minlength=int(np.prod(shape)))
        cells: Floats = table.reshape(shape).astype(float)
        if self.method == "mantel_haenszel":
            return _mantel_haenszel(cells) if used.size == 2 else _mantel(cells, used.astype(float))
        return _regressed(cells, strata)

    def _score(self, among: NDArray[np.bool_]) -> Floats:
        codes = self.matrix.codes[:, among]
        answered = codes != MISSING
        top = np.maximum(codes.max(axis=0, initial=1), 1).astype(float)
        reached = np.where(answered, codes, 0).sum(axis=1)
        possible = (answered * top).sum(axis=1)
        return np.asarray(np.round(reached * top.sum() / np.maximum(possible, 1.0)))


@dataclass(frozen=True, slots=True)
class _Found:
    """One item's findings."""

    statistic: float
    freedom: int
    p: float
    effect: float
    size: float
    ets: str
    uniform_p: float
    nonuniform_p: float
    note: str = ""


_NOTHING = _Found(0.0, 0, 1.0, 0.0, 0.0, "A", 1.0, 1.0)


def _mantel_haenszel(table: Floats) -> _Found:
    """Common odds ratio over strata (S, 2 groups, 2 categories), on the ETS delta scale, with its error.

    Holland & Thayer (1988); the variance of the log odds ratio after Robins, Breslow & Greenland (1986).
    """
    total = table.sum(axis=(1, 2))
    table, total = table[total > 1], total[total > 1]
    a, b, c, d = table[:, 0, 1], table[:, 0, 0], table[:, 1, 1], table[:, 1, 0]  # reference right, wrong; focal
    row, column = a + b, a + c
    expected = row * column / total
    variance = row * (c + d) * column * (b + d) / (total**2 * (total - 1))
    if not variance.any():
        return _NOTHING
    statistic = max(abs(float((a - expected).sum())) - 0.5, 0.0) ** 2 / float(variance.sum())
    log_odds, error, note = _common_log_odds(table[variance > 0])
    delta = DELTA_PER_LOGIT * log_odds
    p = float(chi2.sf(statistic, 1))
    size = abs(delta)
    ets = "B"
    if p >= SIGNIFICANT or size < DELTA_B:
        ets = "A"
    elif size >= DELTA_C and size - DELTA_B > ONE_SIDED * abs(DELTA_PER_LOGIT) * error:
        ets = "C"
    return _Found(statistic, 1, p, delta, size, ets, p, 1.0, note)


def _common_log_odds(table: Floats) -> tuple[float, float, str]:
    """Of strata that can say something of it: the log odds ratio, its standard error, and what had to be added.

    Where no stratum has somebody right in the one group and wrong in the other, the ratio is 0 or infinite: then a half
    is added to every cell (Haldane 1956).
    """
    (r, s), note = _cross_products(table), ""
    if r.sum() <= 0 or s.sum() <= 0:
        table, note = table + ADDED, f"A cross-product of its odds ratio was empty; {ADDED} was added to each cell."
        r, s = _cross_products(table)
    a, b, c, d = table[:, 0, 1], table[:, 0, 0], table[:, 1, 1], table[:, 1, 0]
    total = table.sum(axis=(1, 2))
    p_share, q_share = (a + d) / total, (b + c) / total
    error = np.sqrt(
        (p_share * r).sum() / (2 * r.sum() ** 2)
        + (p_share * s + q_share * r).sum() / (2 * r.sum() * s.sum())
        + (q_share * s).sum() / (2 * s.sum() ** 2)
    )
    return float(np.log(r.sum() / s.sum())), float(error), note


def _cross_products(table: Floats) -> tuple[Floats, Floats]:
    total = table.sum(axis=(1, 2))
    return table[:, 0, 1] * table[:, 1, 0] / total, table[:, 0, 0] * table[:, 1, 1] / total


def _mantel(table: Floats, codes: Floats) -> _Found:
    """Mantel's test for ordered categories (1963), and the standardised mean difference (Dorans & Schmitt 1991)."""
    total = table.sum(axis=(1, 2))
    table, total = table[total > 1], total[total > 1]
    size = table.sum(axis=2)  # (S, 2)
    both = (size > 0).all(axis=1)
    if not both.any():
        return _NOTHING
    table, total, size = table[both], total[both], size[both]
    everyone = table.sum(axis=1)
    mean, square = everyone @ codes / total, everyone @ codes**2 / total
    focal = table[:, 1] @ codes
    variance = size[:, 0] * size[:, 1] * (square - mean**2) / np.maximum(total - 1, 1)
    statistic = float(((focal - size[:, 1] * mean).sum()) ** 2 / max(float(variance.sum()), TINY))
    weight = size[:, 1] / size[:, 1].sum()
    difference = float(weight @ (focal / size[:, 1] - table[:, 0] @ codes / size[:, 0]))
    shares = everyone.sum(axis=0) / total.sum()
    deviation = max(float(np.sqrt(shares @ codes**2 - (shares @ codes) ** 2)), TINY)
    p = float(chi2.sf(statistic, 1))
    standardised = abs(difference) / deviation
    return _Found(statistic, 1, p, difference, standardised, _smd_class(standardised, p), p, 1.0)


def _regressed(table: Floats, score: Floats) -> _Found:
    """Score alone; with the group; with the group and its product with the score: three nested regressions."""
    n = table.sum()
    spread = np.repeat(score[:, None], 2, axis=1).ravel()
    counts = table.reshape(-1, table.shape[2])
    there = counts.sum(axis=1) > 0
    counts, spread = counts[there], spread[there]
    group = np.tile([0.0, 1.0], score.size)[there]
    persons = counts.sum(axis=1)
    spread = spread - persons @ spread / n
    spread /= max(float(np.sqrt(persons @ spread**2 / n)), TINY)
    columns = np.stack([spread, group, spread * group], axis=1)
    null, alone, uniform, full = (proportional_odds(counts, columns[:, :k]) for k in range(4))
    steps = np.diff([alone.log_likelihood, uniform.log_likelihood, full.log_likelihood])
    first, second = np.maximum(2 * steps, 0.0)
    gained = _nagelkerke(null.log_likelihood, full.log_likelihood, n) - _nagelkerke(
        null.log_likelihood, alone.log_likelihood, n
    )
    p = float(chi2.sf(first + second, 2))
    size = max(gained, 0.0)
    ets = "A" if p >= SIGNIFICANT or size < R2_B else ("C" if size >= R2_C else "B")
    return _Found(
        float(first + second),
        2,
        p,
        float(uniform.coefficients[1]),
        size,
        ets,
        float(chi2.sf(first, 1)),
        float(chi2.sf(second, 1)),
    )


def _nagelkerke(null: float, model: float, n: float) -> float:
    """Share of variance explained (Nagelkerke 1991)."""
    most = -np.expm1(2 * null / n)
    return float(-np.expm1(2 * (null - model) / n) / max(most, TINY))
