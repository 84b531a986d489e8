"""The picture that explains the product: a norm group's distribution with its top tenth. An example, of nobody."""

from __future__ import annotations

from functools import cache
from statistics import NormalDist

from app.foundation.drawings import Distribution, distribution

NORMAL = NormalDist()
TOP_TENTH = 0.9
POINTS = 97
WIDEST = 3.2  # standard deviations to either side


@cache
def example_of_a_norm() -> Distribution:
    """A normal distribution, cut at its 90th percentile."""
    places = [WIDEST * (2 * number / (POINTS - 1) - 1) for number in range(POINTS)]
    return distribution([(place, NORMAL.pdf(place)) for place in places], NORMAL.inv_cdf(TOP_TENTH))
