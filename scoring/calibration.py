"""Marginal maximum likelihood calibration: item parameters from response vectors (Bock & Aitkin 1981).

Expectation-maximisation with one Fisher-scoring step per item and pass, accelerated by Anderson's mixing, guarded by
the log-likelihood, and finished by unaccelerated passes. A fit is called converged only when such a pass moves
nothing and the information matrix says the optimum is not elsewhere. Everything is computed from slopes and
intercepts; thresholds are taken at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_data import PreparedResponses, prepare
from scoring.calibration_fit import Fitted, fit
from scoring.calibration_models import CLOSE, FAR, WEAKEST_SLOPE, CategoryModel, Floats, Graded, PartialCredit
from scoring.errors import InvalidItems, InvalidResponses
from scoring.items import ItemParameters
from scoring.responses import ResponseMatrix

MODELS = ("graded", "2pl", "gpcm")
FEWEST_COMPILED = 50_000  # responses from which the compiled pass repays loading


@dataclass(frozen=True, slots=True, eq=False)
class StandardErrors:
    """Standard errors of slopes (J,) and thresholds (J, K - 1, NaN padded); infinite where there is no information."""

    slopes: Floats
    thresholds: Floats


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
    n : int
        Persons with at least one response.
    nodes, latent_density : ndarray, shape (Q,)
        The grid, and the mean posterior over it.
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


def calibrate(
    responses: ResponseMatrix | ArrayLike,
    model: str = "graded",
    *,
    quadrature: int = 61,
    bounds: tuple[float, float] = (-6.0, 6.0),
    tolerance: float = 1e-6,
    weights: ArrayLike | None = None,
    compiled: bool | None = None,
) -> Calibration:
    """Fit item parameters by marginal maximum likelihood with theta ~ N(0, 1).

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Integers from 0; missing is -1 or NaN and is left out person by person.
    model : {"graded", "2pl", "gpcm"}
    quadrature : int
        Equally spaced nodes over `bounds`, with normal weights normalised to one.
    bounds : (float, float)
        Theta.
    tolerance : float
        Greatest change of a slope or intercept in an unaccelerated pass, in logits.
    weights : array-like, shape (N,), optional
        Person weights; the log-likelihood is their weighted sum. Standard errors are then of the sandwich kind.
    compiled : bool, optional
        Force the compiled (True) or the plain pass (False); by default, by the size of the data.

    Returns
    -------
    Calibration
        Graded thresholds rise where the slope is positive and fall where it is negative.

    Raises
    ------
    InvalidResponses
        No response at all, a matrix of impossible codes, or more than two categories under "2pl".
    InvalidItems
        An unknown model.

    References
    ----------
    Bock & Aitkin (1981); Lange (1995) for the one-step maximisation; Anderson (1965), Walker & Ni (2011).
    """
    if model not in MODELS:
        raise InvalidItems(f"Unknown model {model!r}; calibration knows {', '.join(MODELS)}.")
    matrix = responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)
    if model == "2pl" and matrix.codes.max(initial=0) > 1:
        raise InvalidResponses("The 2pl takes responses 0 and 1; recode, or use the graded model.")
    data = prepare(matrix, weights)
    nodes = np.linspace(*bounds, quadrature)
    prior = np.exp(-0.5 * nodes**2)
    prior /= prior.sum()
    if data.fitted.size == 0:
        return _result(data, model, nodes, _nothing_fitted(prior))
    kernels = _kernels() if (data.codes.size >= FEWEST_COMPILED if compiled is None else compiled) else None
    return _result(
        data, model, nodes, fit(data, _model(data, model), nodes, prior, tolerance=tolerance, kernels=kernels)
    )


def _model(data: PreparedResponses, model: str) -> CategoryModel:
    if model != "gpcm":
        return Graded(data.categories)
    scores = np.zeros((data.fitted.size, int(data.categories.max())))
    for at, j in enumerate(data.fitted):
        scores[at, : data.used[j].size] = data.used[j] - data.used[j][0]
    return PartialCredit(data.categories, scores)


def _kernels() -> ModuleType:
    from scoring import calibration_kernels  # noqa: PLC0415  numba takes half a second to import; small fits do without

    return calibration_kernels


def _nothing_fitted(prior: Floats) -> Fitted:
    none = np.zeros((0, 0))
    problem = "No item has two categories in use: there is nothing to estimate."
    return Fitted(np.zeros(0), none, none, 0.0, prior, 0, (problem,), is_determined=False)


def _result(data: PreparedResponses, model: str, nodes: Floats, fitted: Fitted) -> Calibration:
    slopes, thresholds = np.full(len(data.used), WEAKEST_SLOPE), [np.zeros(0)] * len(data.used)
    slope_errors = np.full(len(data.used), np.inf)
    threshold_errors = [np.zeros(0)] * len(data.used)
    first = 0
    for j, used in enumerate(data.used):
        if used.size < 2:
            thresholds[j] = _silent_thresholds(used, model)
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
        spread = _step_thresholds if model == "gpcm" else _graded_thresholds
        thresholds[j], change = spread(a, d, used)
        slope_errors[j] = np.sqrt(max(block[0, 0], 0.0))
        threshold_errors[j] = np.sqrt(np.maximum(np.einsum("tp,pq,tq->t", change, block, change), 0.0))
        if not fitted.is_determined:
            slope_errors[j], threshold_errors[j] = np.inf, np.full(thresholds[j].size, np.inf)
    return Calibration(
        items=ItemParameters(slopes, _padded(thresholds), model),
        log_likelihood=fitted.log_likelihood,
        converged=not fitted.problems,
        iterations=fitted.passes,
        standard_errors=StandardErrors(slope_errors, _padded(threshold_errors)),
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


def _silent_thresholds(used: NDArray[np.int64], model: str) -> Floats:
    """Thresholds that give all probability to the one category in use, or to category 0 when none was."""
    only = int(used[0]) if used.size else 0
    far = FAR / WEAKEST_SLOPE
    steps = np.arange(1, max(only, 1) + 1, dtype=float)
    if model == "gpcm":
        return np.full(steps.size, -far) if only else np.full(1, far)
    return -far - (only - steps) if only else np.full(1, far)


def _graded_thresholds(a: float, d: Floats, used: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Thresholds b = -d / a of every code, and their derivatives by (a, d).

    An unused code between used ones gets almost no width; unused codes below the lowest lie far out.
    """
    top = int(used[-1])
    intercepts = np.zeros(top)
    change = np.zeros((top, d.size + 1))
    lowest = int(used[0])
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

    An unused code has an intercept FAR below its neighbours'.
    """
    top = int(used[-1])
    lowest = int(used[0])
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
    return thresholds, change
