"""Where a person stands on one theta, from the responses and known item parameters.

Sittings use EAP with its posterior standard deviation: finite for every pattern. MAP is its mode. WLE (Warm 1989) is
finite as well and nearly unbiased; ML is neither, and says so: see `Ability.is_finite`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_expectation import FEWEST_COMPILED, placed
from scoring.calibration_models import SMALLEST, WEAKEST_SLOPE
from scoring.continuous import KERNEL_STEPS, drawn_together, refuse_cut
from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import (
    SMALLEST_PROBABILITY,
    category_probabilities,
    cumulative_probabilities,
    log_likelihood,
    refuse_misfits,
)
from scoring.items import ItemParameters
from scoring.normal import BOUNDS, NODES, QUADRATURE, even_nodes, normal_distribution, normal_prior
from scoring.responses import MISSING, ResponseMatrix

__all__ = ["BOUNDS", "NODES", "QUADRATURE", "Ability", "estimate_ability", "normal_prior", "probability_above"]

METHODS = ("eap", "map", "wle", "ml")
ROWS_AT_ONCE = 2_000  # persons; bounds the memory of one pass, and keeps it near the processor
FARTHEST = 40.0  # logits; where the search for a mode begins from both sides
SEARCH_GRID = np.linspace(-12.0, 12.0, 121)  # logits; where the highest of several modes is looked for
MOST_STEPS = 200  # bisection alone needs about 45
TOLERANCE = 1e-10  # logits
PRIOR_REACH = 3.0  # standard deviations of a prior that its nodes hold on either side
NARROW = 0.505  # steps; a posterior this narrow, or one that falls between two nodes, may be narrower than they show
FINER = 20  # nodes for each, where it is
LARGEST_ERROR = 1e6  # logits; where Warm's function falls no faster it says nothing
DIFFERENCE = 1e-5  # logits, to either side, for the fall of Warm's function at its root


@dataclass(frozen=True, slots=True, eq=False)
class Ability:
    """Estimates of N persons.

    Attributes
    ----------
    theta : ndarray, shape (N,)
        In logits of the calibration's scale. Maximum likelihood has no finite estimate for an all-lowest or
        all-highest pattern: theta is then -inf or +inf and its standard error +inf. Every other method is finite.
    standard_error : ndarray, shape (N,)
        The posterior standard deviation for "eap"; for the others from the curvature, at its highest point, of the
        function that the method maximises.
    """

    theta: NDArray[np.float64]
    standard_error: NDArray[np.float64]

    @property
    def is_finite(self) -> NDArray[np.bool_]:
        """Where there is an estimate at all, shape (N,); only "ml" has persons without one."""
        return np.isfinite(self.theta)


def estimate_ability(
    responses: ResponseMatrix | ArrayLike,
    items: ItemParameters,
    method: str = "eap",
    *,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
    quadrature: int = QUADRATURE,
    bounds: tuple[float, float] = BOUNDS,
) -> Ability:
    """Estimate theta and its standard error for every person.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Missing responses are left out person by person.
    items : ItemParameters of the same J items.
    method : {"eap", "map", "wle", "ml"}
    prior_mean, prior_sd : float
        Of the normal prior of "eap" and "map", in logits; "wle" and "ml" have none.
    quadrature : int
        Number of equally spaced nodes of "eap". Whose posterior is too narrow for them is looked at on twenty times as
        many, enough for standard errors down to a fiftieth of a step.
    bounds : (lowest, highest)
        Of the nodes of "eap", in logits. Modes are searched for without bounds.

    Raises
    ------
    ScoringError
        For an unknown method, a prior or a grid that is none, or for "eap" a prior that the nodes do not hold: its
        mean and three standard deviations to either side lie within the bounds.
    InvalidResponses
        For responses that do not fit the items; for "wle" and "ml" also when a person has no response (or none to an
        item that discriminates): without a prior such a person has no estimate. For "wle" as well where items are so
        steep that nothing is known between two of them.

    References
    ----------
    Bock & Mislevy (1982) for EAP; Samejima (1969) for MAP; Warm (1989) and, for ordered categories, Penfield &
    Bergeron (2005) for WLE.
    """
    if method not in METHODS:
        raise ScoringError(f"Unknown method {method!r}; known are {', '.join(METHODS)}.")
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    nodes = even_nodes(quadrature, bounds)
    prior = normal_prior(nodes, prior_mean, prior_sd)
    if method == "eap":
        _refuse_cut_off(nodes, prior_mean, prior_sd, remedy='give wider `bounds`, or use "map"')
    refuse_misfits(codes, items)
    if method != "eap":
        return Ability(*_by_blocks(codes, lambda block: _mode(block, items, method, prior_mean, prior_sd)))
    mean, error = _eap_of_all(codes, items, nodes, prior)
    narrow = error < NARROW * (nodes[1] - nodes[0])
    if narrow.any():
        finer = np.linspace(*bounds, (quadrature - 1) * FINER + 1)
        again = _eap_of_all(codes[narrow], items, finer, normal_prior(finer, prior_mean, prior_sd))
        mean[narrow], error[narrow] = again
    return Ability(mean, error)


def probability_above(
    responses: ResponseMatrix | ArrayLike,
    items: ItemParameters,
    cut: float,
    *,
    cut_se: float = 0.0,
    prior_mean: float = 0.0,
    prior_sd: float = 1.0,
) -> NDArray[np.float64]:
    """P(theta >= cut | responses), averaged over a cut that is itself N(cut, cut_se²).

    The posterior of the 61 nodes is made continuous as a composite's is: a normal kernel of half a step on every
    node, drawn towards the mean so that mean and variance stay exact. A posterior narrower than that kernel, .1 logits,
    becomes the kernel: nothing finer is said of whoever stands that near the cut.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    ScoringError
        For a cut or a prior that is none, or a prior whose mean and three standard deviations to either side do not
        lie within the nodes' -6 … 6.
    InvalidResponses
        For responses that do not fit the items.
    """
    refuse_cut(cut, cut_se)
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    prior = normal_prior(NODES, prior_mean, prior_sd)
    _refuse_cut_off(NODES, prior_mean, prior_sd, remedy="put items, cut and prior on a scale around 0")
    kernel = KERNEL_STEPS * float(NODES[1] - NODES[0])
    spread = math.hypot(kernel, cut_se)
    parts = []
    for start in range(0, max(codes.shape[0], 1), ROWS_AT_ONCE):
        posterior = _posterior(codes[start : start + ROWS_AT_ONCE], items, NODES, prior)
        mean, variance = _moments(posterior, NODES)
        places = drawn_together(NODES, mean[:, None], variance[:, None], kernel_sd=kernel, wanted=variance[:, None])
        parts.append((normal_distribution((places - cut) / spread) * posterior).sum(axis=1))
    return np.asarray(np.minimum(np.concatenate(parts), 1.0))


def _refuse_cut_off(nodes: NDArray[np.float64], mean: float, sd: float, *, remedy: str) -> None:
    """Refuse a prior that reaches beyond the nodes: on these it would be another one."""
    if mean - PRIOR_REACH * sd < nodes[0] or mean + PRIOR_REACH * sd > nodes[-1]:
        raise ScoringError(
            f"A prior of mean {mean:g} and sd {sd:g} does not lie between the nodes' {nodes[0]:g} and {nodes[-1]:g}; "
            f"{remedy}."
        )


def _posterior(
    codes: NDArray[np.int8], items: ItemParameters, nodes: NDArray[np.float64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    logs = log_likelihood(codes, items, nodes)
    with np.errstate(divide="ignore"):
        logs += np.log(prior)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _moments(
    posterior: NDArray[np.float64], nodes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = posterior @ nodes
    return mean, np.asarray((posterior * (nodes - mean[:, None]) ** 2).sum(axis=1))


def _eap(
    codes: NDArray[np.int8], items: ItemParameters, nodes: NDArray[np.float64], prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean, variance = _moments(_posterior(codes, items, nodes, prior), nodes)
    return mean, np.sqrt(variance)


def _eap_of_all(
    codes: NDArray[np.int8], items: ItemParameters, nodes: NDArray[np.float64], prior: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Compiled where there are many responses, unless a response is too improbable somewhere for that way's floor."""
    if codes.size >= FEWEST_COMPILED:
        probabilities = np.moveaxis(category_probabilities(items, nodes), 0, 2)
        if _least_of_chosen(codes, probabilities.min(axis=2)) >= SMALLEST:
            return placed(codes, items.categories, probabilities, prior, nodes)
    return _by_blocks(codes, lambda block: _eap(block, items, nodes, prior))


def _least_of_chosen(codes: NDArray[np.int8], least: NDArray[np.float64]) -> float:
    """The least, (J, K) of a category on all nodes, among the categories that somebody chose."""
    counts = [np.bincount(column + 1, minlength=least.shape[1] + 1)[1:] for column in codes.T]
    return float(least[np.stack(counts) > 0].min(initial=1.0))


def _by_blocks(
    codes: NDArray[np.int8],
    estimate: Callable[[NDArray[np.int8]], tuple[NDArray[np.float64], NDArray[np.float64]]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    starts = range(0, max(codes.shape[0], 1), ROWS_AT_ONCE)
    thetas, errors = zip(*(estimate(codes[start : start + ROWS_AT_ONCE]) for start in starts), strict=True)
    return np.concatenate(thetas), np.concatenate(errors)


def _mode(
    codes: NDArray[np.int8], items: ItemParameters, method: str, prior_mean: float, prior_sd: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if method == "map":
        return _map(codes, items, prior_mean, prior_sd)
    _require_evidence(codes, items)
    return _wle(codes, items) if method == "wle" else _ml(codes, items)


def _require_evidence(codes: NDArray[np.int8], items: ItemParameters) -> None:
    without = ~((codes != MISSING) & _tells(items)[None, :]).any(axis=1)
    if without.any():
        raise InvalidResponses(
            f"Person {int(np.argmax(without))} has no response to an item that discriminates, and this method has no "
            'prior to fall back on; leave the person out or use "eap" or "map".'
        )


def _map(
    codes: NDArray[np.int8], items: ItemParameters, mean: float, sd: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    def slope_and_curvature(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        slope, curvature = _derivatives(codes, items, theta)
        return slope - (theta - mean) / sd**2, curvature + 1 / sd**2

    # At the mode the prior's pull equals the responses', and their slope is at most the items' reach.
    reach = sd**2 * float(_reach(items).sum()) + 1.0
    everyone = np.ones(codes.shape[0])
    theta = _climb(slope_and_curvature, (mean - reach) * everyone, (mean + reach) * everyone)
    return theta, 1 / np.sqrt(slope_and_curvature(theta)[1])


def _ml(codes: NDArray[np.int8], items: ItemParameters) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Maximum likelihood; the log-likelihood of every model here is concave, so a mode is the only one."""
    lowest, highest = _extremes(codes, items)
    everyone = np.ones(codes.shape[0])
    theta = _climb(lambda at: _derivatives(codes, items, at), -FARTHEST * everyone, FARTHEST * everyone)
    curvature = np.maximum(_derivatives(codes, items, theta)[1], SMALLEST_PROBABILITY)
    unbounded = lowest | highest
    theta = np.where(unbounded, np.where(highest, np.inf, -np.inf), theta)
    return theta, np.where(unbounded, np.inf, 1 / np.sqrt(curvature))


def _extremes(codes: NDArray[np.int8], items: ItemParameters) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Who gave the lowest, and who the highest, response to every answered item, in the direction of theta."""
    silent = (codes == MISSING) | ~_tells(items)[None, :]
    if items.category_slopes is not None:
        own = items.category_slopes[np.arange(len(items))[None, :], np.maximum(codes, 0)]
        least, most = np.nanmin(items.category_slopes, axis=1), np.nanmax(items.category_slopes, axis=1)
        return ((own == least) | silent).all(axis=1), ((own == most) | silent).all(axis=1)
    bottom, top = codes == 0, codes == (items.categories - 1)[None, :]
    rising = (items.slopes > 0)[None, :]
    low = (np.where(rising, bottom, top) | silent).all(axis=1)
    high = (np.where(rising, top, bottom) | silent).all(axis=1)
    return low, high


def _tells(items: ItemParameters) -> NDArray[np.bool_]:
    """Which items discriminate, shape (J,); a calibration gives its least slope to those that say nothing."""
    return _reach(items) > WEAKEST_SLOPE * (items.categories - 1)


def _reach(items: ItemParameters) -> NDArray[np.float64]:
    """How far the slope of an item's log-likelihood can differ between two responses, shape (J,)."""
    if items.category_slopes is not None:
        return np.asarray(np.nanmax(items.category_slopes, axis=1) - np.nanmin(items.category_slopes, axis=1))
    return np.asarray(np.abs(items.slopes) * (items.categories - 1))


def _wle(codes: NDArray[np.int8], items: ItemParameters) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Warm's estimate: the root of l' + J / (2 I) where the integral of that function is highest."""

    def weighted_slope(theta: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        answered = codes != MISSING
        probability, slope, curvature = _category_scores(items, theta)
        information = ((probability * slope**2).sum(axis=2) * answered).sum(axis=1)
        skew = ((probability * slope * (slope**2 + curvature)).sum(axis=2) * answered).sum(axis=1)
        own = (_of_response(slope, codes) * answered).sum(axis=1)
        return own + skew / (2 * np.maximum(information, SMALLEST_PROBABILITY)), information

    low, high = _cell_of_highest_mode(codes, items)
    theta = _climb(weighted_slope, low, high)
    fall = weighted_slope(theta - DIFFERENCE)[0] - weighted_slope(theta + DIFFERENCE)[0]
    error = 1 / np.sqrt(np.maximum(fall / (2 * DIFFERENCE), SMALLEST_PROBABILITY))
    if (error > LARGEST_ERROR).any():
        raise InvalidResponses(
            "For a person's answers the items say nothing where this method looks: they are too steep, or all but "
            'silent; use "eap" or "map".'
        )
    return theta, error


def _cell_of_highest_mode(
    codes: NDArray[np.int8], items: ItemParameters
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Brackets, shape (N,) each, of the highest mode: Warm's function may have more than one root."""
    answered = (codes != MISSING).astype(float)
    probability, slope, curvature = _category_scores(items, SEARCH_GRID)
    information = answered @ (probability * slope**2).sum(axis=2).T
    skew = answered @ (probability * slope * (slope**2 + curvature)).sum(axis=2).T
    own = np.zeros_like(skew)
    for item in range(len(items)):
        own += np.where(answered[:, item : item + 1] > 0, slope[:, item, :].T[np.maximum(codes[:, item], 0)], 0.0)
    weighted = own + skew / (2 * np.maximum(information, SMALLEST_PROBABILITY))
    climbed = np.cumsum(0.5 * (weighted[:, 1:] + weighted[:, :-1]), axis=1)
    best = np.argmax(np.concatenate([np.zeros((codes.shape[0], 1)), climbed], axis=1), axis=1)
    last = SEARCH_GRID.size - 1
    low = np.where(best == 0, -FARTHEST, SEARCH_GRID[np.maximum(best - 1, 0)])
    high = np.where(best == last, FARTHEST, SEARCH_GRID[np.minimum(best + 1, last)])
    return low, high


def _climb(
    function: Callable[[NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Root of a falling function between low and high: Newton's steps, kept inside a bracket that shrinks.

    `function` gives the value and (minus) the slope, or anything near it, at each person's theta.
    """
    theta = np.clip(0.0, low, high)
    for _ in range(MOST_STEPS):
        value, curvature = function(theta)
        low = np.where(value > 0, theta, low)
        high = np.where(value > 0, high, theta)
        newton = theta + value / np.maximum(curvature, SMALLEST_PROBABILITY)
        inside = (newton > low) & (newton < high)
        following = np.where(inside, newton, 0.5 * (low + high))
        moved = np.abs(following - theta).max(initial=0.0)
        theta = following
        if moved < TOLERANCE:
            break
    return np.asarray(theta)


def _derivatives(
    codes: NDArray[np.int8], items: ItemParameters, theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First derivative of each person's log-likelihood at that person's theta, and minus the second; (N,) each."""
    answered = codes != MISSING
    _, slope, curvature = _category_scores(items, theta)
    return (
        np.asarray((_of_response(slope, codes) * answered).sum(axis=1)),
        np.asarray(-(_of_response(curvature, codes) * answered).sum(axis=1)),
    )


def _of_response(table: NDArray[np.float64], codes: NDArray[np.int8]) -> NDArray[np.float64]:
    """Entry of each person's category, (N, J), from (N, J, K); anything where the response is missing."""
    place = np.maximum(codes, 0).astype(np.int64)[:, :, None]
    return np.asarray(np.take_along_axis(table, place, axis=2)[:, :, 0])


def _category_scores(
    items: ItemParameters, theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """P_k, d log P_k / d theta and d² log P_k / d theta², shape (Q, J, K) each; 0 where there is no such category."""
    probability = category_probabilities(items, theta)
    a = items.slopes[None, :, None]
    exists = np.arange(probability.shape[2])[None, None, :] < items.categories[None, :, None]
    if items.category_slopes is not None:
        own = np.nan_to_num(items.category_slopes)[None]
        centre = (probability * own).sum(axis=2, keepdims=True)
        fall = -(probability * (own - centre) ** 2).sum(axis=2, keepdims=True)
        return probability, np.where(exists, own - centre, 0.0), np.where(exists, fall, 0.0)
    if items.model == "gpcm":
        scores = np.arange(probability.shape[2])
        mean = (probability @ scores)[:, :, None]
        spread = (probability * (scores - mean) ** 2).sum(axis=2, keepdims=True)
        return probability, np.where(exists, a * (scores - mean), 0.0), np.where(exists, -(a**2) * spread, 0.0)
    above, below = cumulative_probabilities(items, theta)
    edge = np.zeros((theta.size, len(items), 1))
    reached = np.concatenate([above, edge], axis=2)  # P(X >= k + 1); nothing lies above the highest category
    short = np.concatenate([edge, below], axis=2)  # P(X < k)
    product = np.concatenate([edge, above * below, edge], axis=2)
    curvature = -(a**2) * (product[:, :, :-1] + product[:, :, 1:])
    return probability, np.where(exists, a * (short - reached), 0.0), np.where(exists, curvature, 0.0)
