"""Did people answer otherwise once an award was at stake? A shift with its interval, held against a bound. Pure.

Composites are shrunk towards the middle of the prior, and the more so the fewer units a sitting has. Each is therefore
read as what its responses alone say: with a normal prior of mean p and variance v, the posterior (m, s^2) comes from a
likelihood around p + (m - p) / r with error variance s^2 / r, where r = 1 - s^2 / v. The mean of these, weighted by
their precision, is compared with the mean of the norm's latent distribution, whatever its shape. A sitting keeps for
this what the normal part of its prior makes of its answers: by the norm group's own shape real shifts would be drawn in
(decision 87). The two one-sided tests of Schuirmann (1987) at 5 % are the 90 % interval within the bound.

One look more after each that failed would let every shift pass in the end, so a later comparison needs half as many
sittings again, and a 98 % interval (decision 82).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.assessment.scored_sittings import Reading
from scoring.composite import Composite

FIRST_REACH = 1.6448536269514722  # standard errors to either side: a 90 % interval, two one-sided tests at 5 %
LATER_REACH = 2.3263478740408408  # after a comparison that failed: 98 %, tests at 1 %
MORE_AGAIN = 1.5  # times the sittings of the comparison that failed
LARGEST_POSTERIOR_VARIANCE = 0.95  # of the prior's: beyond, a sitting says next to nothing by itself


@dataclass(frozen=True, slots=True)
class Shift:
    """How much higher people stand under the norm than the founders behind it, in the group's standard deviations."""

    n: int
    shift: float
    standard_error: float
    reach: float = FIRST_REACH

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return self.shift - self.reach * self.standard_error

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return self.shift + self.reach * self.standard_error

    def is_within(self, bound: float) -> bool:
        """Whether the shift is shown to be smaller than `bound`, whichever way it goes."""
        return -bound < self.low and self.high < bound


def sittings_needed(fewest: int, failed_with: int | None) -> int:
    """First sittings that the next comparison needs, after one that failed with so many or, None, after none."""
    return fewest if failed_with is None else max(fewest, math.ceil(MORE_AGAIN * failed_with))


def shift_of(
    means: ArrayLike,
    standard_errors: ArrayLike,
    *,
    norm_mean: float,
    norm_sd: float,
    norm_n: int,
    prior: tuple[float, float] = (0.0, 1.0),
    reach: float = FIRST_REACH,
) -> Shift:
    """The shift of sittings under a norm; posterior means and standard errors have shape (n,), n >= 2.

    `prior` is the mean and standard deviation of the normal distribution that the sittings began from.
    """
    middle, spread = prior
    m, variance = np.asarray(means, dtype=float), np.asarray(standard_errors, dtype=float) ** 2
    variance = np.minimum(variance, LARGEST_POSTERIOR_VARIANCE * spread**2)
    reliability = 1 - variance / spread**2
    theta, error = middle + (m - middle) / reliability, variance / reliability
    weights = 1 / (norm_sd**2 + error)
    mean = float(np.average(theta, weights=weights))
    of_mean = float((weights**2 * (theta - mean) ** 2).sum() / weights.sum() ** 2)  # robust to another spread
    norm_error = norm_sd**2 / norm_n
    return Shift(len(m), (mean - norm_mean) / norm_sd, float(np.sqrt(of_mean + norm_error)) / norm_sd, reach)


def composites_of(
    readings: Sequence[Reading], composite: Mapping[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Posterior means and standard errors, (n,) each, of the composite that a norm pins."""
    weights = Composite(composite["weights"], composite["correlation"]).weights
    means = np.array([reading.means for reading in readings])
    covariances = np.array([reading.covariance for reading in readings])
    return means @ weights, np.sqrt(np.einsum("nij,i,j->n", covariances, weights, weights))
