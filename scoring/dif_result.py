"""What a test of differential functioning finds, for all items and for one, and whether it matters: class A, B or C.

In large samples everything is significant; a class says whether the effect is large as well. The cut-offs are the
published ones; they often miss real differences even in large samples (Zwick 2012).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SIGNIFICANT = 0.05
DELTA_B, DELTA_C = 1.0, 1.5  # ETS delta
ONE_SIDED = 1.645  # standard errors; 5 %, one-sided
SMD_B, SMD_C = 0.17, 0.25  # of the item's standard deviation: Zwick, Thayer & Mazzeo (1997), as NAEP uses it
R2_B, R2_C = 0.035, 0.070  # Jodoin & Gierl (2001)


@dataclass(frozen=True, slots=True, eq=False)
class Dif:
    """What was found for each of J items.

    Attributes
    ----------
    method : str
    groups : tuple
        Labels; the first is the reference group.
    chi_square, p_value, adjusted_p : ndarray, shape (J,)
        `adjusted_p` after Benjamini and Hochberg. An item that cannot be tested has 0, 1 and 1.
    degrees_of_freedom : ndarray of int, shape (J,)
    effect : ndarray, shape (J,)
        Signed; below zero the item is harder for the focal group. Likelihood ratio, and Mantel-Haenszel with more than
        two categories: mean difference of expected item scores for people of the focal group, in score points.
        Mantel-Haenszel with two: ETS delta. Logistic and ordinal: the group's coefficient, in logits.
    standardised : ndarray, shape (J,)
        The size on which the class rests, never below zero: the same difference in standard deviations of the item;
        delta; or the share of variance (Nagelkerke's R²) that the group adds.
    unsigned : ndarray, shape (J,)
        As `effect`, but differences that cancel over theta add up; equal to its size where the method sees none.
    ets : tuple of str
        "A" negligible, "B" moderate, "C" large. "" where the likelihood ratio could not test an item although its
        answers differ: a group used one category only, the grossest difference there is (Mantel-Haenszel can test
        it), or gave none; `notes` name the item and the group.
    uniform_p, nonuniform_p : ndarray, shape (J,)
        Of the logistic methods; for the others `uniform_p` is `p_value` and `nonuniform_p` 1.
    notes : tuple of str
    """

    method: str
    groups: tuple[Any, ...]
    chi_square: Floats
    degrees_of_freedom: NDArray[np.int64]
    p_value: Floats
    adjusted_p: Floats
    effect: Floats
    standardised: Floats
    unsigned: Floats
    ets: tuple[str, ...]
    uniform_p: Floats
    nonuniform_p: Floats
    notes: tuple[str, ...]

    @property
    def flagged(self) -> NDArray[np.bool_]:
        """Items that are significant after adjustment and not of class A, shape (J,)."""
        return np.asarray((self.adjusted_p < SIGNIFICANT) & (np.array(self.ets) != "A"))


@dataclass(frozen=True, slots=True)
class ItemFound:
    """One item's findings; its `size` is what `Dif` calls `standardised`."""

    statistic: float
    freedom: int
    p: float
    effect: float
    size: float
    ets: str
    uniform_p: float
    nonuniform_p: float
    note: str = ""


NOTHING_TO_TEST = ItemFound(0.0, 0, 1.0, 0.0, 0.0, "A", 1.0, 1.0)


def delta_class(size: float, error: float, p: float) -> str:
    """By the size of the ETS delta and its standard error, as ETS classifies items (Holland & Thayer 1988)."""
    if p >= SIGNIFICANT or size < DELTA_B:
        return "A"
    return "C" if size >= DELTA_C and size - DELTA_B > ONE_SIDED * error else "B"


def smd_class(size: float, p: float) -> str:
    """By the standardised mean difference (Zwick, Thayer & Mazzeo 1997), as NAEP classifies items."""
    if p >= SIGNIFICANT or size <= SMD_B:
        return "A"
    return "C" if size > SMD_C else "B"


def r2_class(size: float, p: float) -> str:
    """By the share of variance that the group adds (Jodoin & Gierl 2001)."""
    if p >= SIGNIFICANT or size < R2_B:
        return "A"
    return "C" if size >= R2_C else "B"
