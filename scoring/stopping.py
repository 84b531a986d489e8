"""When a sitting may end: it is a classification test at one cut, so it ends when the decision is clear enough.

A stop at a given standard error ends where nothing is decided; see the simulation in the scoring methods, section 4.
Every number is an argument: they are policy, and none lives here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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
