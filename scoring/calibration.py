"""Marginal maximum likelihood calibration: item parameters from response vectors (Bock & Aitkin 1981).

Expectation-maximisation with one Fisher-scoring step per item and pass, accelerated by Anderson's mixing, guarded by
the log-likelihood, and finished by unaccelerated passes. A fit is called converged only when such a pass moves
nothing and the information matrix says the optimum is not elsewhere. Everything is computed from slopes and
intercepts; thresholds are taken at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_data import PreparedResponses, numbered_groups, prepare
from scoring.calibration_design import Anchors, check_anchored, checked_nodes, design_of, model_of, unlinked_groups
from scoring.calibration_expectation import FEWEST_COMPILED
from scoring.calibration_fit import Fitted, fit
from scoring.calibration_groups import GroupFitted, fit_groups
from scoring.calibration_models import CLOSE, FAR, WEAKEST_SLOPE, Floats, Nominal
from scoring.calibration_parts import PartsHere, Placing, load_kernels
from scoring.errors import InvalidItems, InvalidResponses
from scoring.items import ItemParameters
from scoring.responses import ResponseMatrix

MODELS = ("graded", "2pl", "rasch", "gpcm", "nominal")
RIDGE = 1.0  # persons answering at random, added where an option too rare to place would run away


@dataclass(frozen=True, slots=True, eq=False)
class StandardErrors:
    """Standard errors of slopes (J,) and thresholds (J, K - 1, NaN padded); infinite where there is no information.

    So they are of marks: the thresholds of graded categories below the lowest in use, and of partial credit both steps
    beside a category that nobody chose.
    """

    slopes: Floats
    thresholds: Floats
    group_means: Floats = field(default_factory=lambda: np.zeros(1))  # 0 where nothing was estimated
    group_sds: Floats = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A fitted set of items, and how far to trust it.

    Attributes
    ----------
    items : ItemParameters
    log_likelihood : float
        Marginal, of the weighted persons.
    converged : bool
        True only after the checks named in `calibrate`; otherwise `notes` says why not.
    iterations : int
        Passes over the persons.
    standard_errors : StandardErrors
    notes : tuple of str
        Everything the fit did to the data, and every doubt.
    group_means, group_sds : ndarray, shape (G,)
        Latent, in the order of `groups`.
    n : int
        Persons with at least one response.
    nodes, latent_density : ndarray, shape (Q,)
        The grid, and the mean posterior over it.
    groups : tuple
        Labels of the groups, sorted; empty for a calibration without.
    """

    items: ItemParameters
    log_likelihood: float
    converged: bool
    iterations: int
    standard_errors: StandardErrors
    notes: tuple[str, ...]
    group_means: Floats
    group_sds: Floats
    n: int
    nodes: Floats
    latent_density: Floats
    groups: tuple[Any, ...] = ()


def calibrate(
    responses: ResponseMatrix | ArrayLike,
    model: str = "graded",
    *,
    quadrature: int = 61,
    bounds: tuple[float, float] = (-6.0, 6.0),
    tolerance: float = 1e-6,
    weights: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    fixed: tuple[ArrayLike, ItemParameters] | None = None,
    ridge: float | None = None,
    compiled: bool | None = None,
    placing: Placing = PartsHere,
) -> Calibration:
    """Fit item parameters by marginal maximum likelihood.

    Theta is N(0, 1) in the only or first group. Means and standard deviations of further groups are estimated, those
    of all groups when there are fixed items, and under the Rasch model the first group's standard deviation.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Integers from 0; missing is -1 or NaN and is left out person by person.
    model : {"graded", "2pl", "rasch", "gpcm", "nominal"}
        With more than two categories "rasch" is the partial credit model with slopes of 1, and its items say "gpcm".
    quadrature : int
        Equally spaced nodes over `bounds`, at least 11, with normal weights normalised to one.
    bounds : (float, float)
        Theta, from -3 or below to 3 or above.
    tolerance : float
        Greatest change of a slope or intercept in an unaccelerated pass, in logits.
    weights : array-like, shape (N,), optional
        Person weights; the log-likelihood is their weighted sum. Standard errors are then of the sandwich kind.
    groups : array-like, shape (N,), optional
        A label per person. Item parameters are the same in all groups; the group whose label sorts first is N(0, 1).
    fixed : (columns, ItemParameters), optional
        Items whose parameters are given: new items are placed on their scale (fixed-parameter calibration).
    ridge : float, optional
        Persons who answer every item at random, added to the data. By default none, except when an option of a
        nominal item is so rare that its parameters run away: then 1, and `notes` says so.
    compiled : bool, optional
        Force the compiled (True) or the plain pass (False); by default, by the size of the data.
    placing : callable, optional
        Given the parts of the persons, where compiled passes over them are taken; by default in this process. The
        parts and the order of their sums are the same everywhere, so the parameters are too, to the last bit.

    Returns
    -------
    Calibration
        Graded thresholds rise where the slope is positive and fall where it is negative.

    Raises
    ------
    InvalidResponses
        No response at all, a matrix of impossible codes, more than two categories under "2pl", labels that do not
        fit, or a group without responses.
    InvalidItems
        An unknown model, or fixed items that do not fit the responses.
    ScoringError
        Too few nodes, bounds that do not hold the prior, a tolerance or a ridge that is negative or not finite.

    References
    ----------
    Bock & Aitkin (1981); Lange (1995) for the one-step maximisation; Anderson (1965), Walker & Ni (2011); Bock &
    Zimowski (1997) for groups; Kim (2006) for fixed items; Masters (1982); Bock (1972).
    """
    if model not in MODELS:
        raise InvalidItems(f"Unknown model {model!r}; calibration knows {', '.join(MODELS)}.")
    nodes = checked_nodes(quadrature, bounds, tolerance, ridge)
    matrix = responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)
    if model == "2pl" and matrix.codes.max(initial=0) > 1:
        raise InvalidResponses("The 2pl takes responses 0 and 1; recode, or use the graded model.")
    labels, group = _groups(groups, matrix)
    anchors = None if fixed is None else Anchors.of(fixed, model, matrix.items)
    if anchors is not None:
        check_anchored(matrix.codes, anchors)
    whole = None if anchors is None else anchors.categories
    data = prepare(matrix, weights, groups=group, whole=whole)
    prior = np.exp(-0.5 * nodes**2)
    prior /= prior.sum()
    if data.fitted.size == 0:
        return _result(data, model, nodes, _nothing_fitted(prior))
    kernels = load_kernels() if (data.codes.size >= FEWEST_COMPILED if compiled is None else compiled) else None
    if len(labels) < 2 and anchors is None and not ridge and model not in {"rasch", "nominal"}:
        plain = fit(data, model_of(data, model), nodes, prior, tolerance=tolerance, kernels=kernels, placing=placing)
        return replace(_result(data, model, nodes, plain), groups=labels)
    _every_group_answers(labels, data)
    fitted, note = _fitted_groups(
        data,
        model,
        max(len(labels), 1),
        anchors,
        ridge=ridge,
        nodes=nodes,
        tolerance=tolerance,
        kernels=kernels,
        placing=placing,
    )
    astray = unlinked_groups(data, max(len(labels), 1), anchors)
    if astray:
        names = ", ".join(repr(labels[g]) if labels else "these persons" for g in astray)
        problem = f"No common item links {names} to the rest: where they stand cannot be determined."
        fitted = replace(fitted, problems=(*fitted.problems, problem), is_determined=False)
    return _group_result(data, model, nodes, fitted, anchors=anchors, labels=labels, note=note)


def _groups(groups: ArrayLike | None, matrix: ResponseMatrix) -> tuple[tuple[Any, ...], NDArray[np.int64] | None]:
    if groups is None:
        return (), None
    return numbered_groups(groups, matrix.persons)


def _every_group_answers(labels: tuple[Any, ...], data: PreparedResponses) -> None:
    size = np.bincount(data.groups, weights=data.weights, minlength=max(len(labels), 1))
    if (size <= 0).any():
        raise InvalidResponses(f"Group {labels[int(np.argmin(size))]!r} has no response that varies.")


def _fitted_groups(
    data: PreparedResponses,
    model: str,
    groups: int,
    anchors: Anchors | None,
    *,
    ridge: float | None,
    nodes: Floats,
    tolerance: float,
    kernels: ModuleType | None,
    placing: Placing,
) -> tuple[GroupFitted, str]:
    """Fit, and fit again with a ridge where a nominal option ran away and nothing was said about one."""
    design = design_of(data, model, groups, anchors, ridge=ridge or 0.0)
    fitted = fit_groups(data, design, nodes, tolerance=tolerance, kernels=kernels, placing=placing)
    runs_away = any("without end" in problem for problem in fitted.problems)
    if model != "nominal" or ridge is not None or not runs_away:
        return fitted, ""
    held = fit_groups(data, replace(design, ridge=RIDGE), nodes, tolerance=tolerance, kernels=kernels, placing=placing)
    return held, f"An option too rare to place ran away; {RIDGE:g} person answering at random was added to hold it."


def _nothing_fitted(prior: Floats) -> Fitted:
    none = np.zeros((0, 0))
    problem = "No item has two categories in use: there is nothing to estimate."
    return Fitted(np.zeros(0), none, none, 0.0, prior, 0, (problem,), is_determined=False)


def _group_result(
    data: PreparedResponses,
    model: str,
    nodes: Floats,
    fitted: GroupFitted,
    *,
    anchors: Anchors | None,
    labels: tuple[Any, ...],
    note: str,
) -> Calibration:
    """The result of a fit with groups, anchors or a ridge; anchors come back exactly as given."""
    posterior = fitted.posterior.sum(axis=0)
    plain = Fitted(
        fitted.table[:, 0],
        fitted.table[:, 1:],
        fitted.covariance,
        fitted.log_likelihood,
        posterior / posterior.sum(),
        fitted.passes,
        fitted.problems,
        fitted.is_determined,
    )
    result = _nominal_result(data, nodes, plain) if model == "nominal" else _result(data, model, nodes, plain)
    unknown = np.where((fitted.mean_errors > 0) | (fitted.sd_errors > 0), 0.0 if fitted.is_determined else np.inf, 0.0)
    errors = replace(
        result.standard_errors, group_means=fitted.mean_errors + unknown, group_sds=fitted.sd_errors + unknown
    )
    return replace(
        result,
        items=result.items if anchors is None else _as_given(result.items, anchors),
        standard_errors=errors,
        notes=(*result.notes, note) if note else result.notes,
        group_means=fitted.means,
        group_sds=fitted.sds,
        groups=labels,
    )


def _as_given(items: ItemParameters, anchors: Anchors) -> ItemParameters:
    """Put the anchors' own numbers in place of the same after a journey through intercepts."""
    given = anchors.items
    if items.category_slopes is not None and items.category_intercepts is not None:
        slopes, intercepts = items.category_slopes.copy(), items.category_intercepts.copy()
        assert given.category_slopes is not None  # noqa: S101  `Anchors.of` saw to it that both are nominal
        assert given.category_intercepts is not None  # noqa: S101
        wide = given.category_slopes.shape[1]
        slopes[anchors.columns, :wide] = given.category_slopes[:, : slopes.shape[1]]
        intercepts[anchors.columns, :wide] = given.category_intercepts[:, : slopes.shape[1]]
        return ItemParameters.nominal(slopes, intercepts)
    slopes, thresholds = items.slopes.copy(), items.thresholds.copy()
    slopes[anchors.columns] = given.slopes
    for row, j in enumerate(anchors.columns):
        own = given.thresholds[row][~np.isnan(given.thresholds[row])]
        thresholds[j] = np.nan
        thresholds[j, : own.size] = own
    return ItemParameters(slopes, thresholds, items.model)


def _nominal_result(data: PreparedResponses, nodes: Floats, fitted: Fitted) -> Calibration:
    """Category slopes and intercepts of every code; one that nobody chose gets an intercept FAR below the others."""
    sizes = [int(used[-1]) + 1 if used.size else 2 for used in data.used]
    widest = max(*sizes, 2)
    slopes, intercepts = np.full((len(sizes), widest), np.nan), np.full((len(sizes), widest), np.nan)
    slope_errors, fall_errors = np.full(len(sizes), np.inf), np.full((len(sizes), widest - 1), np.nan)
    first = 0
    for j, used in enumerate(data.used):
        size = max(sizes[j], 2)
        slopes[j, :size], intercepts[j, :size] = 0.0, -FAR
        fall_errors[j, : size - 1] = np.inf
        if used.size < 2:
            intercepts[j, used if used.size else [0]] = 0.0
            continue
        at = int(np.searchsorted(data.fitted, j))
        model = Nominal(data.categories)
        a, c = (part[at, : used.size] for part in model.parts(fitted.slopes, fitted.intercepts))
        slopes[j, :size], slopes[j, used] = a.mean(), a
        intercepts[j, :size], intercepts[j, used] = c.min() - FAR, c
        free = 2 * (used.size - 1)
        block = fitted.covariance[first : first + free, first : first + free]
        first += free
        if fitted.is_determined:
            slope_errors[j], falls = _nominal_errors(block, used)
            fall_errors[j, : size - 1] = np.where(np.isfinite(falls), falls, np.inf)
    items = ItemParameters.nominal(slopes, intercepts)
    return _calibration(data, nodes, fitted, items, StandardErrors(slope_errors, fall_errors))


def _nominal_errors(block: Floats, used: NDArray[np.int64]) -> tuple[float, Floats]:
    """Standard errors of the mean step of the slopes, and of the falls between neighbouring codes' intercepts."""
    half = used.size - 1
    top = int(used[-1])
    falls = np.full(top, np.inf)
    variance = np.pad(block[half:, half:], ((1, 0), (1, 0)))
    for at in range(half):
        if used[at + 1] == used[at] + 1:
            pair = variance[at, at] + variance[at + 1, at + 1] - 2 * variance[at, at + 1]
            falls[used[at]] = np.sqrt(max(pair, 0.0))
    return float(np.sqrt(max(block[half - 1, half - 1], 0.0)) / max(top, 1)), falls


def _result(data: PreparedResponses, model: str, nodes: Floats, fitted: Fitted) -> Calibration:
    weakest = 1.0 if model == "rasch" else WEAKEST_SLOPE
    slopes, thresholds = np.full(len(data.used), weakest), [np.zeros(0)] * len(data.used)
    slope_errors = np.full(len(data.used), np.inf)
    threshold_errors = [np.zeros(0)] * len(data.used)
    first = 0
    for j, used in enumerate(data.used):
        if used.size < 2:
            thresholds[j] = _silent_thresholds(used, model, weakest)
            threshold_errors[j] = np.full(thresholds[j].size, np.inf)
            continue
        at = int(np.searchsorted(data.fitted, j))
        size = used.size
        block = fitted.covariance[first : first + size, first : first + size]
        first += size
        a = float(fitted.slopes[at])
        a = np.copysign(max(abs(a), WEAKEST_SLOPE), a)
        d = fitted.intercepts[at, : size - 1]
        slopes[j] = a
        spread = _step_thresholds if model in {"gpcm", "rasch"} else _graded_thresholds
        thresholds[j], change = spread(a, d, used)
        slope_errors[j] = np.sqrt(max(block[0, 0], 0.0))
        threshold_errors[j] = np.sqrt(np.maximum(np.einsum("tp,pq,tq->t", change, block, change), 0.0))
        threshold_errors[j][~change.any(axis=1)] = np.inf
        if not fitted.is_determined:
            slope_errors[j], threshold_errors[j] = np.inf, np.full(thresholds[j].size, np.inf)
    table = _padded(thresholds)
    named = "gpcm" if model == "rasch" and table.shape[1] > 1 else model
    errors = StandardErrors(slope_errors, _padded(threshold_errors))
    return _calibration(data, nodes, fitted, ItemParameters(slopes, table, named), errors)


def _calibration(
    data: PreparedResponses, nodes: Floats, fitted: Fitted, items: ItemParameters, errors: StandardErrors
) -> Calibration:
    return Calibration(
        items=items,
        log_likelihood=fitted.log_likelihood,
        converged=not fitted.problems,
        iterations=fitted.passes,
        standard_errors=errors,
        notes=(*data.notes, *fitted.problems),
        group_means=np.zeros(1),
        group_sds=np.ones(1),
        n=data.persons,
        nodes=nodes,
        latent_density=fitted.posterior,
    )


def _padded(rows: list[Floats]) -> Floats:
    out = np.full((len(rows), max(row.size for row in rows)), np.nan)
    for j, row in enumerate(rows):
        out[j, : row.size] = row
    return out


def _silent_thresholds(used: NDArray[np.int64], model: str, slope: float) -> Floats:
    """Thresholds that give all probability to the one category in use, or to category 0 when none was."""
    only = int(used[0]) if used.size else 0
    far = FAR / slope
    steps = np.arange(1, max(only, 1) + 1, dtype=float)
    if model in {"gpcm", "rasch"}:
        return np.full(steps.size, -far) if only else np.full(1, far)
    return -far - (only - steps) if only else np.full(1, far)


def _graded_thresholds(a: float, d: Floats, used: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Thresholds b = -d / a of every code, and their derivatives by (a, d).

    An unused code between used ones gets almost no width; unused codes below the lowest lie far out, marks that move
    with nothing.
    """
    lowest, top = int(used[0]), int(used[-1])
    intercepts = np.zeros(top)
    change = np.zeros((top, d.size + 1))
    for k in range(1, top + 1):
        at = int(np.searchsorted(used, k))  # the first code in use from k upwards
        if k <= lowest:
            intercepts[k - 1] = d[0] + FAR + (lowest - k) * CLOSE
        else:
            intercepts[k - 1] = d[at - 1] + (int(used[at]) - k) * CLOSE
            change[k - 1, at] = -1 / a
            change[k - 1, 0] = d[at - 1] / a**2
    return -intercepts / a, change


def _step_thresholds(a: float, d: Floats, used: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Step parameters of every code from exp(s_k a theta + d_k), and their derivatives by (a, d).

    An unused code has an intercept FAR below its neighbours': both steps beside it are marks that move with nothing.
    """
    lowest, top = int(used[0]), int(used[-1])
    intercepts = np.empty(top + 1)
    which = np.full(top + 1, -1)
    own = np.concatenate([[0.0], d])
    for k in range(top + 1):
        at = int(np.searchsorted(used, k))
        if used[at] == k:
            intercepts[k], which[k] = own[at], at
        else:
            intercepts[k] = min(own[at], own[max(at - 1, 0)]) - FAR * (1 + lowest - min(k, lowest))
    thresholds = -np.diff(intercepts) / a
    change = np.zeros((top, d.size + 1))
    change[:, 0] = -thresholds / a
    for k in range(1, top + 1):
        for code, sign in ((k, -1.0), (k - 1, 1.0)):
            if which[code] > 0:
                change[k - 1, which[code]] += sign / a
    change[np.minimum(which[1:], which[:-1]) < 0] = 0.0
    return thresholds, change
