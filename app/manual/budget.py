"""The misclassification budget: how many are certified who should not be, and missed who should.

By the model, from each person's probability of standing above the cut: of those certified, the share expected to stand
below it (false-certify); of all expected to stand above it, the share not certified (false-miss). An interval is
Wilson's (1927) around the expected share, which allows for the chance of persons and of their true standing together.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95
FEWEST_IN_CELL = 100  # people; below, a cell keeps its count alone
DECIMALS = 6  # printed and compared; beyond them machines differ
Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Rate:
    """An expected share with its 95 % interval, and among how many."""

    share: float
    low: float
    high: float
    among: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of the budget; rates are None where the cell is too small or nobody could be wronged in it."""

    skill: str
    language: str
    norm: str
    division: str | None  # None: everybody
    group: str | None
    people: int
    certified: int | None
    false_certify: Rate | None
    false_miss: Rate | None

    def as_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return asdict(self)


def rates(probability_above: NDArray[np.float64], confidence: float) -> tuple[int, Rate | None, Rate | None]:
    """How many are certified at this confidence (inclusive), with both rates; None where a rate is among nobody.

    Parameters
    ----------
    probability_above : ndarray, shape (N,)
    confidence : float
        P(above) from which a person is certified.
    """
    certified = probability_above >= confidence
    wrongly = float((1 - probability_above[certified]).sum())
    above, missed = float(probability_above.sum()), float(probability_above[~certified].sum())
    return int(certified.sum()), _rate(wrongly, float(certified.sum())), _rate(missed, above)


def _rate(count: float, among: float) -> Rate | None:
    if among <= 0:
        return None
    share, wide = count / among, Z * Z / among
    middle = (share + wide / 2) / (1 + wide)
    reach = Z * np.sqrt(share * (1 - share) / among + wide / (4 * among)) / (1 + wide)
    figures = (share, max(0.0, middle - reach), min(1.0, middle + reach), among)
    return Rate(*(round(float(figure), DECIMALS) for figure in figures))
