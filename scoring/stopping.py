"""When a sitting may end: it is a classification test at one cut, so it ends when the decision is clear enough.

A stop at a given standard error ends where nothing is decided; see the simulation in the scoring methods, section 4.
`decide` is the rule in use, by posterior bounds; `sprt` and `glr` are the likelihood-ratio tests it is compared with.
Every number is an argument: they are policy, and none lives here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError

CERTAIN_ABOVE = "certain-above"
CERTAIN_BELOW = "certain-below"
LONGEST = "longest"
UNDECIDED_LONGEST = "undecided-longest"
GO_ON = ""


@dataclass(frozen=True, slots=True)
class StopDecision:
    """Whether the sitting ends here, and why; the reason is empty while it goes on."""

    stop: bool
    reason: str


def decide(
    probability: float | None,
    *,
    units: int,
    scenarios: int,
    statements: int,
    is_balanced: bool,
    judgement_share: float,
    fewest_units: int,
    fewest_scenarios: int,
    fewest_statements: int,
    certain_above: float,
    certain_below: float,
    most_units: int,
    most_units_undecided: int,
    undecided_from: float,
    undecided_to: float,
    least_judgement_share: float,
) -> StopDecision:
    """Decide after a scored unit whether the sitting ends.

    Parameters
    ----------
    probability : float or None
        P(composite >= cut | responses), cut uncertainty included; None while there is no cut, when only the length
        ends a sitting.
    units, scenarios, statements : int
        Scored units so far, in all and by kind of evidence.
    is_balanced : bool
        Every facet has its share of the units.
    judgement_share : float
        Share of the composite's information that comes from scenarios.
    fewest_units, fewest_scenarios, fewest_statements : int
        Below any of these no certainty ends the sitting: every facet and kind of evidence is heard first.
    certain_above, certain_below : float
        Certain enough at or above the first, at or below the second.
    most_units : int
        Length at which a sitting ends unless it is undecided.
    most_units_undecided : int
        Length at which every sitting ends.
    undecided_from, undecided_to : float
        Undecided strictly between the two.
    least_judgement_share : float
        Needed to end as certain above, for an award rests on it. Certain below ends without it: nothing is awarded.

    Raises
    ------
    ScoringError
        When the probability is not between 0 and 1: a sitting must not go on, or end, by a number that means nothing.

    References
    ----------
    Posterior bounds for sequential classification: Spray & Reckase (1996); Eggen (1999).
    """
    if probability is not None and not 0.0 <= probability <= 1.0:
        raise ScoringError(f"The probability of reaching the cut must lie between 0 and 1; got {probability}.")
    heard = units >= fewest_units and scenarios >= fewest_scenarios and statements >= fewest_statements and is_balanced
    position = math.nan if probability is None else probability  # NaN compares false with every bound
    if heard and position >= certain_above and judgement_share >= least_judgement_share:
        return StopDecision(stop=True, reason=CERTAIN_ABOVE)
    if heard and position <= certain_below:
        return StopDecision(stop=True, reason=CERTAIN_BELOW)
    undecided = undecided_from < position < undecided_to
    if units >= most_units and not undecided:
        return StopDecision(stop=True, reason=LONGEST)
    if units >= most_units_undecided:
        return StopDecision(stop=True, reason=UNDECIDED_LONGEST)
    return StopDecision(stop=False, reason=GO_ON)


def sprt(
    log_likelihood: ArrayLike, nodes: ArrayLike, cut: float, *, half_width: float, alpha: float, beta: float
) -> StopDecision:
    """Sequential probability ratio test of theta = cut + half_width against theta = cut - half_width.

    Parameters
    ----------
    log_likelihood : array-like, shape (Q,)
        Of the responses so far at each node.
    nodes : array-like, shape (Q,)
        Rising, in logits; they must reach beyond the cut's indifference region.
    cut, half_width : float
        The region in which either decision would do, in logits.
    alpha : float
        Chance of deciding "above" at its lower end.
    beta : float
        Chance of deciding "below" at its upper end.

    Returns
    -------
    StopDecision

    References
    ----------
    Wald (1947); Reckase (1983); Eggen (1999).
    """
    logs, points = _curve(log_likelihood, nodes, cut, half_width, (alpha, beta))
    above, below = np.interp([cut + half_width, cut - half_width], points, logs)
    return _by_ratio(float(above - below), alpha, beta)


def glr(
    log_likelihood: ArrayLike, nodes: ArrayLike, cut: float, *, half_width: float, alpha: float, beta: float
) -> StopDecision:
    """Generalised likelihood ratio: the best theta at or beyond either end of the region, in place of its ends.

    It stops no later than `sprt` does, for a person far from the cut much earlier. Arguments as there.

    References
    ----------
    Huang (2004); Thompson (2009), Practical Assessment, Research & Evaluation 14(3).
    """
    logs, points = _curve(log_likelihood, nodes, cut, half_width, (alpha, beta))
    ends = np.interp([cut + half_width, cut - half_width], points, logs)
    above = max(float(ends[0]), float(logs[points >= cut + half_width].max(initial=-math.inf)))
    below = max(float(ends[1]), float(logs[points <= cut - half_width].max(initial=-math.inf)))
    return _by_ratio(above - below, alpha, beta)


def _curve(
    log_likelihood: ArrayLike, nodes: ArrayLike, cut: float, half_width: float, errors: tuple[float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    logs, points = np.asarray(log_likelihood, dtype=float), np.asarray(nodes, dtype=float)
    if logs.shape != points.shape or logs.ndim != 1 or not np.isfinite(logs).all() or not (np.diff(points) > 0).all():
        raise ScoringError("A likelihood ratio needs one finite log-likelihood for each of the rising nodes.")
    if not (half_width > 0 and points[0] <= cut - half_width and cut + half_width <= points[-1]):
        raise ScoringError(f"The region {cut} ± {half_width} must have a width and lie within the nodes.")
    if not all(0.0 < error < 0.5 for error in errors):
        raise ScoringError(f"Error rates lie between 0 and .5; got {errors[0]} and {errors[1]}.")
    return logs, points


def _by_ratio(ratio: float, alpha: float, beta: float) -> StopDecision:
    if ratio >= math.log((1.0 - beta) / alpha):
        return StopDecision(stop=True, reason=CERTAIN_ABOVE)
    if ratio <= math.log(beta / (1.0 - alpha)):
        return StopDecision(stop=True, reason=CERTAIN_BELOW)
    return StopDecision(stop=False, reason=GO_ON)
