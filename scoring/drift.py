"""Whether the share above the cut is still what the norm promised.

A cut at the 90th percentile promises one in ten. The share of each period is laid against the limits within which
chance alone would keep it; outside them the items, the people or the honesty of sittings have changed, and a person
must find out which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import ScoringError

FALSE_ALARMS = 0.0027  # per period, both sides together; Shewhart's three standard deviations
WITHIN, ABOVE, BELOW = "within", "above", "below"


@dataclass(frozen=True, slots=True)
class PeriodShare:
    """One period laid against its control limits.

    Attributes
    ----------
    above, sittings : people at or above the cut, and all.
    share : above / sittings; 0 in a period without sittings.
    lower, upper : fewest and most above the cut that chance alone explains, in people.
    state : "within", "above" or "below" the limits.
    p : two-sided probability of a count as far out or farther, were nothing changed.
    """

    above: int
    sittings: int
    share: float
    lower: int
    upper: int
    state: str
    p: float


@dataclass(frozen=True, slots=True)
class ShareDrift:
    """Every period, and all of them together: a slow drift shows there first."""

    expected_share: float
    periods: tuple[PeriodShare, ...]
    together: PeriodShare

    @property
    def signals(self) -> tuple[int, ...]:
        """Places of the periods outside their limits."""
        return tuple(k for k, period in enumerate(self.periods) if period.state != WITHIN)


def share_drift(
    above: Sequence[int] | ArrayLike,
    sittings: Sequence[int] | ArrayLike,
    expected_share: float,
    *,
    expected_standard_error: float = 0.0,
    false_alarms: float = FALSE_ALARMS,
) -> ShareDrift:
    """Lay the share above the cut of each period against binomial control limits.

    Parameters
    ----------
    above, sittings : array-like of int, shape (T,)
        People at or above the cut, and all people, in each period. T >= 1.
    expected_share : float
        What the norm promises, between 0 and 1; for example 0.10.
    expected_standard_error : float
        Of that promise, from the norm's own sample: limits widen by it (beta-binomial). 0 takes the promise as exact.
    false_alarms : float
        Probability of a signal in a period where nothing changed, at most; both sides together.

    Returns
    -------
    ShareDrift
        A period without sittings is within its limits, 0 to 0.

    Raises
    ------
    ScoringError
        Counts that are not whole, negative, or larger than their sittings; shares and errors that are none.

    References
    ----------
    Shewhart (1931) and Montgomery (2019), ch. 7, with exact limits instead of the normal ones.
    """
    counts, totals = _counts(above, sittings)
    if not (0 < expected_share < 1 and 0 < false_alarms < 1 and expected_standard_error >= 0):
        raise ScoringError(
            "An expected share and a rate of false alarms lie between 0 and 1; an error is not negative."
        )
    spread = expected_standard_error**2
    if spread >= expected_share * (1 - expected_share):
        raise ScoringError("The expected share's standard error is as large as a share's can be: nothing is promised.")
    rule = _Limits(expected_share, spread, false_alarms)
    return ShareDrift(
        expected_share,
        tuple(rule.laid_on(x, n) for x, n in zip(counts, totals, strict=True)),
        rule.laid_on(sum(counts), sum(totals)),
    )


@dataclass(frozen=True, slots=True)
class _Limits:
    share: float
    variance: float
    false_alarms: float

    def laid_on(self, above: int, sittings: int) -> PeriodShare:
        if sittings == 0:
            return PeriodShare(0, 0, 0.0, 0, 0, WITHIN, 1.0)
        chance = self._chances(sittings)
        below, beyond = np.cumsum(chance), np.cumsum(chance[::-1])[::-1]  # P(X <= k), P(X >= k)
        # discrete counts leave at most half the false alarms beyond either side
        lower = int(np.argmax(below > self.false_alarms / 2))
        upper = sittings - int(np.argmax(beyond[::-1] > self.false_alarms / 2))
        state = BELOW if above < lower else ABOVE if above > upper else WITHIN
        p = min(1.0, 2 * min(float(below[above]), float(beyond[above])))
        return PeriodShare(above, sittings, above / sittings, lower, upper, state, p)

    def _chances(self, sittings: int) -> NDArray[np.float64]:
        """Probability of 0 … n people above the cut."""
        from scipy.stats import betabinom, binom  # noqa: PLC0415  a quarter of a worker's start, for one job of the night

        people = np.arange(sittings + 1)
        if self.variance == 0:
            return np.asarray(binom.pmf(people, sittings, self.share))
        size = self.share * (1 - self.share) / self.variance - 1
        return np.asarray(betabinom.pmf(people, sittings, self.share * size, (1 - self.share) * size))


def _counts(above: Sequence[int] | ArrayLike, sittings: Sequence[int] | ArrayLike) -> tuple[list[int], list[int]]:
    counts, totals = np.asarray(above).reshape(-1), np.asarray(sittings).reshape(-1)
    if counts.size == 0 or counts.size != totals.size:
        raise ScoringError("Each period needs a count above the cut and a count of sittings; at least one period.")
    whole = np.issubdtype(counts.dtype, np.integer) and np.issubdtype(totals.dtype, np.integer)
    if not whole or (counts < 0).any() or (counts > totals).any():
        raise ScoringError("Counts are whole numbers from 0, and nobody is above the cut who did not sit.")
    return [int(x) for x in counts], [int(n) for n in totals]
