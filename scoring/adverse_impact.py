"""Selection rates of groups side by side, in the shape of New York's Local Law 144, from one call.

A ratio below four fifths is a reason to look, not a verdict; a ratio of few people is not even that. So every rate has
its interval, small cells keep their counts and lose their ratio, and people whose category nobody knows are counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError
from scoring.missing import is_missing

FOUR_FIFTHS = (4, 5)  # 29 CFR 1607.4 D: a guide for where to look
SMALLEST_SHARE = 0.02  # of everybody; 6 RCNY 5-301: a category below it may be left out of the impact ratios
FEWEST_PERSONS = 10  # in a category; fewer say nothing about a ratio, whatever their share
CONFIDENCE = 0.95
AS_LIKELY = 1e-7  # relative: two tables whose chances differ by less are equally likely but for rounding
FARTHEST = 60.0  # logarithm of a ratio that no count of people on earth can reach
HALVINGS = 70  # of that range: as near as floating point can tell

REFERENCE = "reference"  # the category the others are compared with: the highest rate of those large enough
TOO_SMALL = "too-small"  # the ratio is left out: fewer than the named share or number of people
NOBODY_SELECTED = "nobody-selected"  # every rate is 0, therefore equal: the ratio is 1 by definition

Groups = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """One category of people.

    Attributes
    ----------
    categories : one for each attribute of the table.
    candidates, selected : people of the category, and those of them who were selected.
    share : of everybody who was assessed, unknown categories included.
    rate, rate_interval : selected / candidates, with Wilson's interval.
    ratio : rate / the highest rate; None where the category is too small.
    ratio_interval : Koopman's; its upper end may be infinite. None beside the reference, for too small a category, and
        where nobody at all was selected.
    below_four_fifths : whether the ratio lies below 0.8; None without a ratio. A guide, not a verdict.
    fisher_p : two-sided exact test of the category against the reference; None where there is nothing to compare.
    note : "reference", "too-small", "nobody-selected", or "" for none.
    """

    categories: tuple[str, ...]
    candidates: int
    share: float
    selected: int
    rate: float
    rate_interval: tuple[float, float]
    ratio: float | None
    ratio_interval: tuple[float, float] | None
    below_four_fifths: bool | None
    fisher_p: float | None
    note: str


@dataclass(frozen=True, slots=True)
class ImpactTable:
    """One attribute, or the intersection of several.

    Attributes
    ----------
    attributes : for example ("sex",) or ("sex", "race").
    measure : "selection" for a decision; "scoring" for the share above the sample's median; "cut" for the share at or
        above a cut.
    threshold : the median or the cut; None for a decision.
    rows : in alphabetical order of their categories.
    unknown, unknown_selected : people with a category unknown in at least one attribute.
    """

    attributes: tuple[str, ...]
    measure: str
    threshold: float | None
    rows: tuple[ImpactRow, ...]
    unknown: int
    unknown_selected: int


@dataclass(frozen=True, slots=True)
class AdverseImpact:
    """Every table of one assessment: each attribute and each intersection, for each measure asked for."""

    candidates: int
    tables: tuple[ImpactTable, ...]

    def table(self, *attributes: str, measure: str = "selection", threshold: float | None = None) -> ImpactTable:
        """Find one table; with several of a measure ("cut"), name the threshold."""
        for table in self.tables:
            if table.attributes == attributes and table.measure == measure and threshold in (None, table.threshold):
                return table
        raise ScoringError(f"There is no table of {measure} by {' and '.join(attributes) or 'nothing'} here.")


def adverse_impact(
    groups: Groups,
    awarded: ArrayLike | None = None,
    scores: ArrayLike | None = None,
    cuts: Sequence[float] = (),
    *,
    smallest_share: float = SMALLEST_SHARE,
    fewest_persons: int = FEWEST_PERSONS,
    confidence: float = CONFIDENCE,
) -> AdverseImpact:
    """Compare selection rates between categories and their intersections.

    Parameters
    ----------
    groups : mapping of attribute to N categories
        For example {"sex": [...], "race": [...]}; None, "", NaN, NaT and pandas' NA are unknown.
    awarded : array-like of bool, shape (N,), optional
        The decision.
    scores : array-like, shape (N,), optional
        A continuous score; its scoring rate is the share strictly above the median of everybody.
    cuts : sequence of float, optional
        Cuts on `scores` to show as decisions (at or above).
    smallest_share : float
        Categories with a smaller share of all N get no ratio.
    fewest_persons : int
        Categories with fewer people get no ratio; at least 1.
    confidence : float
        Of every interval, between 0 and 1.

    Returns
    -------
    AdverseImpact
        Nothing is ever divided by zero: where nobody was selected every ratio is 1, where everybody was it is 1, and
        where nobody of one category was it is 0.

    Raises
    ------
    ScoringError
        Nobody, no attribute, no measure, arrays of different lengths, or scores or cuts that are not finite.

    Notes
    -----
    The reference is the highest of several rates that vary by chance, so ratios lean below 1 even where groups are
    equal, more so with many categories. Fisher's p is for one comparison; a table holds many.

    References
    ----------
    6 RCNY 5-300 ff. (Local Law 144 of 2021); 29 CFR 1607.4 D; Wilson (1927); Koopman (1984); Fisher (1935).
    """
    size = _size(groups, awarded, scores)
    if not 0 < confidence < 1 or fewest_persons < 1 or not 0 <= smallest_share < 1:
        raise ScoringError("Confidence lies between 0 and 1, a smallest share from 0 to below 1, from one person.")
    rule = _Rule(size, smallest_share, fewest_persons, NormalDist().inv_cdf(0.5 + confidence / 2))
    names = sorted(groups) if not isinstance(groups, dict) else list(groups)
    crossings = [chosen for count in range(1, len(names) + 1) for chosen in combinations(names, count)]
    return AdverseImpact(
        size,
        tuple(
            _table(groups, attributes, measure, threshold, selected, rule=rule)
            for measure, threshold, selected in _measures(awarded, scores, cuts)
            for attributes in crossings
        ),
    )


@dataclass(frozen=True, slots=True)
class _Rule:
    size: int
    smallest_share: float
    fewest_persons: int
    z: float

    def admits(self, candidates: int) -> bool:
        return candidates >= self.fewest_persons and candidates / self.size >= self.smallest_share


def _size(groups: Groups, awarded: ArrayLike | None, scores: ArrayLike | None) -> int:
    sizes = {name: len(values) for name, values in groups.items()}
    for name, values in (("awarded", awarded), ("scores", scores)):
        if values is not None:
            sizes[name] = int(np.asarray(values).reshape(-1).size)
    if not groups or (awarded is None and scores is None):
        raise ScoringError("Adverse impact needs at least one attribute, and decisions or scores.")
    if len(set(sizes.values())) != 1 or 0 in sizes.values():
        raise ScoringError(f"One value for each person, at least one person; got {sizes}.")
    return next(iter(sizes.values()))


def _measures(
    awarded: ArrayLike | None, scores: ArrayLike | None, cuts: Sequence[float]
) -> list[tuple[str, float | None, NDArray[np.bool_]]]:
    measures: list[tuple[str, float | None, NDArray[np.bool_]]] = []
    if awarded is not None:
        decisions = np.asarray(awarded).reshape(-1)
        if not np.isin(decisions, (0, 1)).all():
            raise ScoringError("Decisions are true or false, one for each person.")
        measures.append(("selection", None, decisions.astype(bool)))
    if scores is None:
        if np.size(cuts):
            raise ScoringError("A cut needs scores to be laid on.")
        return measures
    values = np.asarray(scores, dtype=float).reshape(-1)
    if not np.isfinite(values).all():
        raise ScoringError("Every score must be a finite number; leave out people without one, and say how many.")
    if not np.isfinite(cuts).all():
        raise ScoringError(f"A cut must be a finite number; got {', '.join(map(str, cuts))}.")
    median = float(np.median(values))
    measures.append(("scoring", median, values > median))
    return measures + [("cut", float(cut), values >= cut) for cut in cuts]


def _table(
    groups: Groups,
    attributes: tuple[str, ...],
    measure: str,
    threshold: float | None,
    selected: NDArray[np.bool_],
    *,
    rule: _Rule,
) -> ImpactTable:
    cells = list(zip(*(groups[name] for name in attributes), strict=True))
    known = [not any(is_missing(category) or category == "" for category in cell) for cell in cells]
    people = Counter(cell for cell, whole in zip(cells, known, strict=True) if whole)
    chosen = Counter(cell for cell, whole, yes in zip(cells, known, selected, strict=True) if whole and yes)
    large = [cell for cell in people if rule.admits(people[cell])]
    best = min(large, key=lambda cell: (-chosen[cell] / people[cell], _named(cell)), default=None)
    compared = None if best is None else (_named(best), chosen[best], people[best])
    return ImpactTable(
        attributes,
        measure,
        threshold,
        tuple(_row(_named(cell), chosen[cell], people[cell], compared, rule) for cell in sorted(people, key=_named)),
        unknown=known.count(False),
        unknown_selected=sum(bool(yes) and not whole for yes, whole in zip(selected, known, strict=True)),
    )


def _named(cell: tuple[str | None, ...]) -> tuple[str, ...]:
    return tuple(str(category) for category in cell)


def _row(
    categories: tuple[str, ...],
    selected: int,
    candidates: int,
    reference: tuple[tuple[str, ...], int, int] | None,
    rule: _Rule,
) -> ImpactRow:
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    fisher: float | None = None
    low: bool | None = None
    note = TOO_SMALL
    if reference is not None and rule.admits(candidates):
        best, best_selected, best_candidates = reference
        note = REFERENCE if categories == best else ""
        ratio = selected * best_candidates / (candidates * best_selected) if best_selected else 1.0
        # in whole numbers: a ratio of four fifths exactly, 12/50 to 15/50, is not below
        low = FOUR_FIFTHS[1] * selected * best_candidates < FOUR_FIFTHS[0] * best_selected * candidates
        if categories != best:
            fisher = _fisher(selected, candidates, best_selected, best_candidates)
            interval = ratio_interval(selected, candidates, best_selected, best_candidates, rule.z)
        if not best_selected:
            note, interval = NOBODY_SELECTED, None
    return ImpactRow(
        categories=categories,
        candidates=candidates,
        share=candidates / rule.size,
        selected=selected,
        rate=selected / candidates,
        rate_interval=rate_interval(selected, candidates, rule.z),
        ratio=ratio,
        ratio_interval=interval,
        below_four_fifths=low,
        fisher_p=fisher,
        note=note,
    )


def _fisher(selected: int, candidates: int, best_selected: int, best_candidates: int) -> float:
    """Two-sided: all tables with the same sums that are no likelier than the one seen."""
    chosen, everybody = selected + best_selected, candidates + best_candidates
    lowest, highest = max(0, chosen - best_candidates), min(candidates, chosen)
    logs = np.array(
        [_log_choices(candidates, k) + _log_choices(best_candidates, chosen - k) for k in range(lowest, highest + 1)]
    )
    chances = np.exp(logs - _log_choices(everybody, chosen))
    no_likelier = chances <= chances[selected - lowest] * (1 + AS_LIKELY)
    return min(1.0, float(chances[no_likelier].sum()))


def _log_choices(everybody: int, chosen: int) -> float:
    return math.lgamma(everybody + 1) - math.lgamma(chosen + 1) - math.lgamma(everybody - chosen + 1)


def rate_interval(selected: int, candidates: int, z: float) -> tuple[float, float]:
    """Wilson's interval of a rate (1927), within 0 … 1.

    Parameters
    ----------
    selected, candidates : int
        0 <= selected <= candidates, candidates >= 1.
    z : float
        Normal quantile, for example 1.96.
    """
    rate, spread = selected / candidates, z * z / candidates
    middle = rate + spread / 2
    half = z * math.sqrt((rate * (1 - rate) + spread / 4) / candidates)
    # at either end the exact bound is 0 or 1; rounding would put it a hair beside
    lower = 0.0 if selected == 0 else (middle - half) / (1 + spread)
    upper = 1.0 if selected == candidates else (middle + half) / (1 + spread)
    return lower, upper


def ratio_interval(x: int, m: int, y: int, n: int, z: float) -> tuple[float, float]:
    """Koopman's score interval of (x / m) / (y / n): defined for zero counts too (1984).

    Parameters
    ----------
    x, m : int
        Selected and all of the category.
    y, n : int
        Selected and all of the category it is compared with.
    z : float
        Normal quantile, for example 1.96.

    Returns
    -------
    (lower, upper)
        0 below when x is 0; infinite above when y is 0.
    """
    if x == 0 and y == 0:
        return 0.0, math.inf
    observed = [math.log(x / m) if x else -FARTHEST, math.log(y / n) if y else -FARTHEST]
    middle = min(max(observed[0] - observed[1], -FARTHEST), FARTHEST)

    def end(outside: float) -> float:
        inside = middle
        for _ in range(HALVINGS):
            between = (inside + outside) / 2
            if _score_statistic(x, m, y, n, math.exp(between)) < z * z:
                inside = between
            else:
                outside = between
        return math.exp(inside)

    return 0.0 if x == 0 else end(-FARTHEST), math.inf if y == 0 else end(FARTHEST)


def _score_statistic(x: int, m: int, y: int, n: int, ratio: float) -> float:
    """Squared score statistic of "the rates have this ratio", with the rates that fit best under it."""
    a = ratio * (m + n)
    b = -(ratio * (m + y) + x + n)
    best_y = 2 * (x + y) / (-b + math.sqrt(max(b * b - 4 * a * (x + y), 0.0)))  # the smaller root, all digits kept
    best_y = min(max(best_y, 0.0), 1.0, 1.0 / ratio)
    best_x = ratio * best_y
    difference = x / m - ratio * y / n
    variance = best_x * (1 - best_x) / m + ratio * ratio * best_y * (1 - best_y) / n
    if variance <= 0:
        return 0.0 if abs(difference) < 1e-15 else math.inf
    return difference * difference / variance
