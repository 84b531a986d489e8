"""How figures are printed, so that no display can contradict the decision taken on the unrounded number.

A percentile rank of 89.96 must not read 90.0, nor a confidence of .4999 read .50: both are rounded down.
A band may only be printed wider than it is: its low end is rounded down, its high end up.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

NOISE_PLACES = 9  # digits beyond are the noise of double arithmetic: 89.9999999999999 is 90
RANK_PLACES = 1
CONFIDENCE_PLACES = 2
THETA_PLACES = 3


def percentile_rank(rank: float) -> str:
    """One decimal, rounded down."""
    return _printed(rank, RANK_PLACES, ROUND_FLOOR)


def band_high(rank: float) -> str:
    """One decimal, rounded up."""
    return _printed(rank, RANK_PLACES, ROUND_CEILING)


def confidence(probability: float) -> str:
    """Two decimals, rounded down."""
    return _printed(probability, CONFIDENCE_PLACES, ROUND_FLOOR)


def of_hundred(probability: float) -> int:
    """How many of 100, rounded down: .4999 must not read 50. Under one is 0, for which pages say "fewer than 1"."""
    return int(_printed(100 * probability, 0, ROUND_FLOOR))


def theta(value: float) -> str:
    """Three decimals, rounded to nearest: no decision is read off it."""
    return _printed(value, THETA_PLACES, ROUND_HALF_EVEN)


def top_share(cut_percentile: float) -> str:
    """`10` for a cut at the 90th percentile."""
    return f"{Decimal(repr(round(100 - cut_percentile, NOISE_PLACES))).normalize():f}"


def _printed(value: float, places: int, rounding: str) -> str:
    denoised = Decimal(repr(round(float(value), NOISE_PLACES)))
    return f"{denoised.quantize(Decimal(1).scaleb(-places), rounding=rounding):f}"
