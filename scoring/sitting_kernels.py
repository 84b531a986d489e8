"""Whole adaptive sittings compiled: what `composite`, `selection` and `stopping` do, for many simulated persons.

One person after the other: posterior over both thetas, P(composite >= cut), judgement's share, the stopping rule, the
next item. Every step follows the plain modules to the last rule, and tests hold one against the other; nothing here is
used in a real sitting.
"""

from __future__ import annotations

import math
from collections import namedtuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from scoring.information_share import PATH, PATH_STEPS, SMALLEST_VARIANCE

GO_ON, CERTAIN_ABOVE, CERTAIN_BELOW, LONGEST, UNDECIDED_LONGEST, NO_ITEM = range(6)
BEYOND = 1e-12  # of the greatest likelihood times margin: rows and columns of the grid below it hold nothing
SMALLEST_MASS = 1e-15
SHARE_ALLOWANCE = 0.01
FORGIVEN = 1e-9  # of a facet's share: rounding

# A namedtuple, for compiled code takes those as they are.
Grid = namedtuple("Grid", "nodes margin strays prior below upper places kernel weights correlation")
Bank = namedtuple("Bank", "kinds facets present rows likelihood_judgement likelihood_self tables_judgement tables_self")
Rules = namedtuple(
    "Rules",
    "cut cut_se stray_judgement stray_self fewest_units fewest_scenarios fewest_statements certain_above "
    "certain_below most_units most_units_undecided undecided_from undecided_to least_judgement_share facet_share "
    "most_scenarios best early_best",
)


@njit(cache=True, nogil=True, error_model="numpy")
def _normal_distribution(x: float) -> float:
    return 0.5 * math.erfc(-x * math.sqrt(0.5))


@njit(cache=True, nogil=True, error_model="numpy")
def _softened(like: NDArray[np.float64], strays: NDArray[np.float64], stray: float, out: NDArray[np.float64]) -> None:
    """As `misfit_aware`, the greatest 1."""
    anybody = 0.0
    for q in range(like.size):
        anybody += strays[q] * like[q]
    top = 0.0
    for q in range(like.size):
        out[q] = (1.0 - stray) * like[q] + stray * anybody
        top = max(top, out[q])
    for q in range(like.size):
        out[q] /= top


@njit(cache=True, nogil=True, error_model="numpy")
def _information(like: NDArray[np.float64], grid: Grid) -> float:
    """As `information_share.effective_information`."""
    total = mean = 0.0
    for q in range(like.size):
        total += grid.margin[q] * like[q]
        mean += grid.margin[q] * like[q] * grid.nodes[q]
    mean /= total
    variance = 0.0
    for q in range(like.size):
        variance += grid.margin[q] * like[q] * (grid.nodes[q] - mean) ** 2
    return max(0.0, 1.0 / max(variance / total, SMALLEST_VARIANCE) - 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _judgement_share(judgement: float, self_report: float, grid: Grid) -> float:
    """As `information_share.share_of_judgement`."""
    if judgement == 0.0:
        return 0.0
    if self_report == 0.0:
        return 1.0
    r = grid.correlation
    rest = 1.0 - r * r
    by_judgement = by_self = 0.0
    for k in range(PATH.size):
        own, other = 1.0 / rest + PATH[k] * judgement, 1.0 / rest + PATH[k] * self_report
        determinant = own * other - (r / rest) ** 2
        by_judgement += PATH_STEPS[k] * ((other * grid.weights[0] + r / rest * grid.weights[1]) / determinant) ** 2
        by_self += PATH_STEPS[k] * ((own * grid.weights[1] + r / rest * grid.weights[0]) / determinant) ** 2
    whole = by_judgement * judgement + by_self * self_report
    return by_judgement * judgement / whole if whole > 0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _held(like: NDArray[np.float64], margin: NDArray[np.float64]) -> tuple[int, int]:
    """First and one past the last node that holds anything."""
    top = 0.0
    for q in range(like.size):
        top = max(top, like[q] * margin[q])
    first = 0
    while like[first] * margin[first] < BEYOND * top:
        first += 1
    last = like.size
    while like[last - 1] * margin[last - 1] < BEYOND * top:
        last -= 1
    return first, last


@njit(cache=True, nogil=True, error_model="numpy")
def _posterior(
    a: NDArray[np.float64], b: NDArray[np.float64], grid: Grid, axis: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """Masses along the composite into `axis`; means, covariance (3) and the composite's mean and variance into `found`.

    As `composite.CompositePosterior`.
    """
    first, last = _held(a, grid.margin)
    begin, end = _held(b, grid.margin)
    axis[:] = 0.0
    total = mean_j = mean_s = square_j = square_s = cross = 0.0
    for j in range(first, last):
        row = square_row = mean_row = 0.0
        for k in range(begin, end):
            mass = a[j] * b[k] * grid.prior[j, k]
            row += mass
            mean_row += mass * grid.nodes[k]
            square_row += mass * grid.nodes[k] * grid.nodes[k]
            at = grid.below[j, k]
            upper = mass * grid.upper[j, k]
            axis[at] += mass - upper
            axis[at + 1] += upper
        total += row
        mean_s += mean_row
        square_s += square_row
        mean_j += row * grid.nodes[j]
        square_j += row * grid.nodes[j] * grid.nodes[j]
        cross += mean_row * grid.nodes[j]
    axis /= total
    mean_j, mean_s = mean_j / total, mean_s / total
    found[0], found[1] = mean_j, mean_s
    found[2] = square_j / total - mean_j * mean_j
    found[3] = square_s / total - mean_s * mean_s
    found[4] = cross / total - mean_j * mean_s
    w_j, w_s = grid.weights[0], grid.weights[1]
    found[5] = w_j * mean_j + w_s * mean_s
    found[6] = w_j * w_j * found[2] + w_s * w_s * found[3] + 2.0 * w_j * w_s * found[4]


@njit(cache=True, nogil=True, error_model="numpy")
def _probability(axis: NDArray[np.float64], found: NDArray[np.float64], grid: Grid, cut: float, cut_se: float) -> float:
    """P(composite >= cut), as `CompositePosterior.probability_above`."""
    mean, kernel = found[5], grid.kernel
    variance = 0.0
    for p in range(axis.size):
        variance += axis[p] * (grid.places[p] - mean) ** 2
    wanted = max(found[6], kernel**2)
    scale = math.sqrt(max(wanted - kernel**2, 0.0) / max(variance, kernel**2 * 1e-12))
    spread = math.sqrt(kernel**2 + cut_se**2)
    above = 0.0
    for p in range(axis.size):
        if axis[p] > SMALLEST_MASS:
            above += axis[p] * _normal_distribution((mean + scale * (grid.places[p] - mean) - cut) / spread)
    return min(1.0, above)


@njit(cache=True, nogil=True, error_model="numpy")
def _urgent(
    counts: NDArray[np.int64], present: NDArray[np.bool_], share: float, fewest: int, urgent: NDArray[np.bool_]
) -> None:
    """Facets one of which must come now, as `selection.urgent_facets`."""
    urgent[:] = True
    facets = 0
    for f in range(counts.size):
        facets += present[f]
    share = min(share, 1.0 / max(facets, 1))
    if share <= 0.0:
        return
    units = counts.sum()
    horizon = max(fewest, units) + math.ceil(1.0 / share) + counts.size
    due = np.empty(horizon + counts.size, dtype=np.int64)
    whose = np.empty(horizon + counts.size, dtype=np.int64)
    size = 0
    for f in range(counts.size):
        if not present[f]:
            continue
        held = counts[f]
        while True:
            held += 1
            when = max(math.floor((held - 1) / share + 1e-9) + 1, fewest)
            if when > horizon or held > math.ceil(share * horizon - 1e-9):
                break
            due[size], whose[size] = when, f
            size += 1
    order = np.argsort(due[:size] * counts.size + whose[:size])
    for place in range(size):
        if units + place + 1 >= due[order[place]]:
            urgent[:] = False
            for former in range(place + 1):
                urgent[whose[order[former]]] = True
            return


@njit(cache=True, nogil=True, error_model="numpy")
def _stop(  # noqa: PLR0917  the rule's own clauses
    probability: float, units: int, scenarios: int, share: float, balanced: bool, rules: Rules
) -> int:
    """As `stopping.decide`."""
    heard = (
        units >= rules.fewest_units
        and scenarios >= rules.fewest_scenarios
        and units - scenarios >= rules.fewest_statements
        and balanced
    )
    if heard and probability >= rules.certain_above and share >= rules.least_judgement_share:
        return CERTAIN_ABOVE
    if heard and probability <= rules.certain_below:
        return CERTAIN_BELOW
    if units >= rules.most_units and not rules.undecided_from < probability < rules.undecided_to:
        return LONGEST
    if units >= rules.most_units_undecided:
        return UNDECIDED_LONGEST
    return GO_ON


@njit(cache=True, nogil=True, error_model="numpy")
def _at(table: NDArray[np.float64], item: int, theta: float, nodes: NDArray[np.float64]) -> float:
    position = (theta - nodes[0]) / (nodes[1] - nodes[0])
    below = min(int(position), nodes.size - 2)
    part = position - below
    return float((1.0 - part) * table[below, item] + part * table[below + 1, item])


@njit(cache=True, nogil=True, error_model="numpy")
def _next(  # noqa: PLR0912, PLR0917  one choice, read straight through
    found: NDArray[np.float64],
    probability: float,
    information: NDArray[np.float64],
    available: NDArray[np.bool_],
    facet_counts: NDArray[np.int64],
    scenarios: int,
    uniform: float,
    grid: Grid,
    bank: Bank,
    rules: Rules,
) -> int:
    """As `selection.next_item`; -1 for none."""
    w_j, w_s = grid.weights[0], grid.weights[1]
    towards = (found[2] * w_j + found[4] * w_s, found[4] * w_j + found[3] * w_s)
    off = (rules.cut - found[5]) / max(found[6], 1e-12)
    top = grid.nodes[grid.nodes.size - 1]
    point = (
        min(max(found[0] + towards[0] * off, -top), top),
        min(max(found[1] + towards[1] * off, -top), top),
    )
    gain = np.full(bank.kinds.size, -1.0)
    may_judge = scenarios < rules.most_scenarios
    best_told = np.zeros(rules.best)
    told = 0
    are_scenarios_left = False
    for item in range(bank.kinds.size):
        kind = bank.kinds[item]
        if not available[item] or (kind == 0 and not may_judge):
            continue
        table = bank.tables_judgement if kind == 0 else bank.tables_self
        tells = _at(table, bank.rows[item], point[kind], grid.nodes)
        gain[item] = towards[kind] ** 2 * tells / (1.0 + tells * found[2 + kind])
        if kind == 0:
            are_scenarios_left = True
            continue
        told += 1
        for place in range(rules.best):
            if tells > best_told[place]:
                best_told[place], tells = tells, best_told[place]
    if gain.max() < 0.0:
        return -1
    typical = best_told.sum() / max(min(told, rules.best), 1)
    units = facet_counts.sum()
    after = _judgement_share(information[0], information[1] + typical, grid)
    is_owed = rules.least_judgement_share > 0.0 and probability >= rules.undecided_from
    is_short = is_owed and after < rules.least_judgement_share + SHARE_ALLOWANCE
    want_j = max(rules.fewest_scenarios - scenarios, 0)
    want_s = max(rules.fewest_statements - (units - scenarios), 0)
    left = rules.fewest_units - units
    if is_short and left <= 0 and want_j + want_s == 0 and not are_scenarios_left:
        return -1
    first_kind = -1  # either
    if (want_j > 0) != (want_s > 0) and left <= want_j + want_s:
        first_kind = 0 if want_j > 0 else 1
    elif is_short:
        first_kind = 0
    urgent = np.empty(facet_counts.size, dtype=np.bool_)
    _urgent(facet_counts, bank.present, rules.facet_share, rules.fewest_units, urgent)
    among = rules.best if units >= rules.fewest_units else rules.early_best
    for must_be_urgent in (True, False):
        for kind in (first_kind, 1 - first_kind):
            if kind > 1:  # either kind was looked through already
                break
            chosen = _drawn(gain, kind, must_be_urgent, urgent, uniform, bank, among)
            if chosen >= 0:
                return chosen
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _drawn(  # noqa: PLR0917  as above
    gain: NDArray[np.float64],
    kind: int,
    must_be_urgent: bool,
    urgent: NDArray[np.bool_],
    uniform: float,
    bank: Bank,
    best: int,
) -> int:
    """One of the best few candidates of a kind (-1: either), or -1 when there is none."""
    leading = np.full(best, -1, dtype=np.int64)
    size = 0
    for item in range(gain.size):
        if gain[item] < 0.0 or (kind >= 0 and bank.kinds[item] != kind):
            continue
        if must_be_urgent and not urgent[bank.facets[item]]:
            continue
        size += 1
        moving = item
        for place in range(best):
            held = leading[place]
            if held < 0:
                leading[place] = moving
                break
            if gain[moving] > gain[held] or (gain[moving] == gain[held] and moving < held):
                leading[place], moving = moving, held
    return leading[int(uniform * min(best, size))] if size > 0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def run_sittings(  # noqa: PLR0917  one loop; calls and keywords cost in compiled code
    responses: NDArray[np.int8],
    eligible: NDArray[np.bool_],
    uniforms: NDArray[np.float64],
    grid: Grid,
    bank: Bank,
    rules: Rules,
    shown: NDArray[np.int16],
    results: NDArray[np.float64],
) -> None:
    """Run one sitting for each row of `responses`.

    Parameters
    ----------
    responses : (N, J) what each person answers to each item, were it shown.
    eligible : (N, J)
    uniforms : (N, most units) draws among the best few.
    shown : (N, most units) filled with the items shown, -1 after the last.
    results : (N, 5) filled with P(composite >= cut), units, scenarios, judgement's share, reason.
    """
    size = grid.nodes.size
    axis, found = np.empty(grid.places.size), np.empty(7)
    likes = np.empty((2, size))
    soft = np.empty((2, size))
    information = np.zeros(2)
    for person in range(responses.shape[0]):
        likes[:] = 1.0
        soft[:] = 1.0
        information[:] = 0.0
        shown[person] = -1
        available = eligible[person].copy()
        facet_counts = np.zeros(bank.present.size, dtype=np.int64)
        units = scenarios = 0
        while True:
            _posterior(soft[0], soft[1], grid, axis, found)
            probability = _probability(axis, found, grid, rules.cut, rules.cut_se)
            share = _judgement_share(information[0], information[1], grid)
            balanced = True
            for f in range(facet_counts.size):
                balanced = balanced and (not bank.present[f] or facet_counts[f] >= rules.facet_share * units - FORGIVEN)
            reason = _stop(probability, units, scenarios, share, balanced, rules)
            item = -1
            if reason == GO_ON:
                item = _next(
                    found,
                    probability,
                    information,
                    available,
                    facet_counts,
                    scenarios,
                    uniforms[person, units],
                    grid,
                    bank,
                    rules,
                )
                if item < 0:
                    reason = NO_ITEM
            if reason != GO_ON:
                results[person, 0], results[person, 1], results[person, 2] = probability, units, scenarios
                results[person, 3], results[person, 4] = share, reason
                break
            kind = bank.kinds[item]
            code = responses[person, item]
            table = bank.likelihood_judgement if kind == 0 else bank.likelihood_self
            row = bank.rows[item]
            top = 0.0
            for q in range(size):
                likes[kind, q] *= table[row, code, q]
                top = max(top, likes[kind, q])
            for q in range(size):
                likes[kind, q] /= top
            _softened(likes[kind], grid.strays, rules.stray_judgement if kind == 0 else rules.stray_self, soft[kind])
            information[kind] = _information(soft[kind], grid)
            shown[person, units] = item
            available[item] = False
            facet_counts[bank.facets[item]] += 1
            units += 1
            scenarios += kind == 0
