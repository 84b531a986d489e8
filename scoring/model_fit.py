"""Does the model as a whole reproduce how items go together? Limited-information statistics.

A table of all response patterns is empty almost everywhere, so patterns cannot be tested; means and products of pairs
can. M2* uses a mean per item and a product per pair, C2 the share of every category and a product per pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities, cumulative_probabilities, refuse_misfits
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.responses import MISSING, ResponseMatrix

Floats = NDArray[np.float64]

STATISTICS = ("M2*", "C2")
SINGULAR = 1e-10  # relative; directions of the moments' covariance below this hold no evidence
CONFIDENCE = 0.90  # of the interval of RMSEA, as it is commonly reported


@dataclass(frozen=True, slots=True)
class ModelFit:
    """Overall fit.

    Attributes
    ----------
    statistic, p_value : float
    degrees_of_freedom : int
    rmsea : float
        Misfit per degree of freedom, whatever N; with its 90 % interval.
    rmsea_interval : (float, float)
    srmsr : float
        Root mean squared difference between observed and reproduced correlations of items, over the pairs that somebody
        answered. With missing responses a correlation rests on fewer persons, and their sampling error raises it.
    persons : int
        Behind the statistic.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    rmsea: float
    rmsea_interval: tuple[float, float]
    srmsr: float
    persons: int


def model_fit(
    responses: ResponseMatrix | ArrayLike,
    items: ItemParameters,
    statistic: str = "C2",
    *,
    mean: float = 0.0,
    sd: float = 1.0,
    estimates_slopes: bool = True,
    estimates_sd: bool = False,
    complete_cases: bool = False,
) -> ModelFit:
    """Test all items together.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
    items : ItemParameters of the same J items, estimated from these responses.
    statistic : {"C2", "M2*"}
        For two categories they are the same. M2* keeps fewer moments and runs out of degrees of freedom on short
        scales with many categories.
    mean, sd : float
        Of the latent distribution, in logits.
    estimates_slopes : bool
        False for the Rasch and partial credit models, whose slopes are 1 by definition ("rasch" items always).
    estimates_sd : bool
        True where the latent standard deviation was estimated too, as under the Rasch model.
    complete_cases : bool
        Leave out persons with missing responses. Otherwise every moment is taken over the persons who answered its
        items, and one that nobody answered costs its degree of freedom. That holds for items left out by design or by
        chance. Where answers decide what is asked next, as in an adaptive test, the persons behind a moment are no
        sample of those it is compared with.

    Returns
    -------
    ModelFit

    Raises
    ------
    ScoringError
        When there are no degrees of freedom, also because too few items were answered by the same persons, or the
        statistic is unknown.
    InvalidResponses
        For responses that do not fit the items, or when there is nobody to count.

    References
    ----------
    Maydeu-Olivares & Joe (2006) for M2; Cai & Hansen (2013) for M2*; Cai & Monroe (2014) for C2; Browne & Cudeck
    (1993) for RMSEA and its interval.
    """
    if statistic not in STATISTICS:
        raise ScoringError(f"Unknown statistic {statistic!r}; known are {', '.join(STATISTICS)}.")
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    refuse_misfits(codes, items)
    answered = codes != MISSING
    counted = codes[answered.all(axis=1) if complete_cases else answered.any(axis=1)]
    if counted.shape[0] == 0 or len(items) < 2:
        raise InvalidResponses("Overall fit needs two items, and persons who answered them.")
    moments = _Moments.of(items, normal_prior(NODES, mean, sd), by_category=statistic == "C2")
    change = moments.derivatives(
        items, mean, sd, slopes=estimates_slopes and items.model != "rasch", spread=estimates_sd
    )
    n = counted.shape[0]
    value, freedom = _tested(moments, change, counted)
    if freedom < 1:
        raise ScoringError(f"{statistic} has no degrees of freedom: no more moments than parameters.")
    return ModelFit(
        value,
        freedom,
        float(chi2.sf(value, freedom)),
        _rmsea(value, freedom, n),
        _rmsea_interval(value, freedom, n),
        moments.srmsr(counted),
        n,
    )


def _tested(moments: _Moments, change: Floats, counted: NDArray[np.int8]) -> tuple[float, int]:
    """Give the statistic, and its degrees of freedom.

    Every residual is summed over the persons who answered its moment, and divided by all. Two such sums vary together
    as far as the same persons are in both, and a parameter moves each by the share of persons in it; so weighted, the
    statistic is chi-square in spite of what was left out.
    """
    together = moments.answered_together(counted != MISSING)
    share = np.diag(together)
    seen = share > 0
    residual = (moments.observed(counted) - moments.expected) * share
    covariance = (moments.covariance() * together)[np.ix_(seen, seen)]
    change = (change * share[:, None])[seen]
    change = change[:, change.any(axis=0)]
    return counted.shape[0] * _left_over(residual[seen], covariance, change), int(seen.sum()) - change.shape[1]


def _left_over(residual: Floats, covariance: Floats, change: Floats) -> float:
    """Squared length of the residuals, in units of their errors, outside what the parameters can explain."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > SINGULAR * values[-1]
    root = vectors[:, kept] / np.sqrt(values[kept])
    own, free = root.T @ residual, root.T @ change
    scale = np.linalg.norm(free, axis=0)
    explained = np.linalg.lstsq(free / np.where(scale > 0, scale, 1.0), own, rcond=SINGULAR)[0]
    return float(((own - free / np.where(scale > 0, scale, 1.0) @ explained) ** 2).sum())


def _rmsea(value: float, freedom: int, n: int) -> float:
    return float(np.sqrt(max(value - freedom, 0.0) / (freedom * max(n - 1, 1))))


def _rmsea_interval(value: float, freedom: int, n: int) -> tuple[float, float]:
    """From the noncentralities under which the statistic lies at the interval's ends."""

    def noncentrality(share: float) -> float:
        if chi2.cdf(value, freedom) <= share:
            return 0.0
        highest = max(2.0 * value, 100.0)
        return float(brentq(lambda at: ncx2.cdf(value, freedom, at) - share, 1e-9, highest))

    tail = (1 - CONFIDENCE) / 2
    low, high = noncentrality(1 - tail), noncentrality(tail)
    scale = freedom * max(n - 1, 1)
    return float(np.sqrt(low / scale)), float(np.sqrt(high / scale))


@dataclass(frozen=True, slots=True, eq=False)
class _Moments:
    """First moments of items and products of pairs, under the model; categories are counted from the item's average.

    With complete data it does not matter what they are counted from. Where a product lacks a few of the persons behind
    its items' means, products of raw categories vary mostly with who those are, and misfit is lost in it.
    """

    probabilities: Floats  # (Q, J, K)
    prior: Floats  # (Q,)
    average: Floats  # (J,) category expected of all
    means: Floats  # (Q, J) expected category given theta, from the average
    variances: Floats  # (Q, J)
    features: tuple[tuple[int, int], ...]  # item and category of a share; category 0 stands for the item's mean
    pairs: tuple[NDArray[np.int64], NDArray[np.int64]]

    @classmethod
    def of(cls, items: ItemParameters, prior: Floats, *, by_category: bool) -> _Moments:
        probabilities = category_probabilities(items, NODES)
        score = np.arange(probabilities.shape[2], dtype=float)
        means = probabilities @ score
        average = prior @ means
        if by_category:
            features = tuple((j, k) for j in range(len(items)) for k in range(1, int(items.categories[j])))
        else:
            features = tuple((j, 0) for j in range(len(items)))
        one, other = np.triu_indices(len(items), 1)
        variances = probabilities @ score**2 - means**2
        return cls(probabilities, prior, average, means - average, variances, features, (one, other))

    @property
    def conditional(self) -> Floats:
        """Expectation of every moment given theta, (Q, D)."""
        single = [self.probabilities[:, j, k] if k else self.means[:, j] for j, k in self.features]
        one, other = self.pairs
        return np.concatenate([np.stack(single, axis=1), self.means[:, one] * self.means[:, other]], axis=1)

    @property
    def expected(self) -> Floats:
        return np.asarray(self.prior @ self.conditional)

    def observed(self, codes: NDArray[np.int8]) -> Floats:
        """Every moment among those who answered its items."""
        answered, whole = _answers(codes, self.average)
        single, (one, other) = np.maximum(answered.sum(axis=0), 1.0), self.pairs
        shares = [(codes[:, j] == k if k else whole[:, j]).sum() / single[j] for j, k in self.features]
        products = whole.T @ whole / np.maximum(answered.T @ answered, 1.0)
        return np.concatenate([np.array(shares, dtype=float), products[one, other]])

    def answered_together(self, answered: NDArray[np.bool_]) -> Floats:
        """Share of persons who answered the items of both of two moments, (D, D)."""
        patterns, persons = np.unique(answered, axis=0, return_counts=True)
        one, other = self.pairs
        single = patterns[:, [j for j, _ in self.features]]
        complete = np.concatenate([single, patterns[:, one] & patterns[:, other]], axis=1).astype(float)
        return np.asarray((complete * persons[:, None]).T @ complete / answered.shape[0])

    def covariance(self) -> Floats:
        """Of one person's moments: that of their expectations given theta, and what is left given theta.

        Given theta items are independent, so only moments that share an item vary together.
        """
        given = self.conditional
        centred = given - self.prior @ given
        out = (centred * self.prior[:, None]).T @ centred
        first = len(self.features)
        one, other = self.pairs
        for j in range(self.means.shape[1]):
            mine = np.nonzero((one == j) | (other == j))[0]
            partner = self.means[:, np.where(one[mine] == j, other[mine], one[mine])]
            at = first + mine
            weight = self.prior * self.variances[:, j]
            out[np.ix_(at, at)] += (partner * weight[:, None]).T @ partner
            own = np.array([f for f, (item, _) in enumerate(self.features) if item == j])
            together = self._with_mean(j, own)
            cross = (together * self.prior[:, None]).T @ partner
            out[np.ix_(own, at)] += cross
            out[np.ix_(at, own)] += cross.T
            out[np.ix_(own, own)] += self._within(j, own)
        both = self.prior @ (self.variances[:, one] * self.variances[:, other])
        out[first + np.arange(one.size), first + np.arange(one.size)] += both
        return out

    def _with_mean(self, j: int, own: NDArray[np.int64]) -> Floats:
        """Covariance of an item's features with its category given theta, (Q, features)."""
        columns = []
        for f in own:
            k = self.features[int(f)][1]
            share = self.probabilities[:, j, k]
            columns.append(share * (k - self.average[j] - self.means[:, j]) if k else self.variances[:, j])
        return np.stack(columns, axis=1)

    def _within(self, j: int, own: NDArray[np.int64]) -> Floats:
        """Covariance of an item's features given theta, averaged."""
        categories = [self.features[int(f)][1] for f in own]
        if categories == [0]:
            return np.array([[self.prior @ self.variances[:, j]]])
        shares = self.probabilities[:, j, categories]
        return np.asarray(np.diag(self.prior @ shares) - (shares * self.prior[:, None]).T @ shares)

    def derivatives(self, items: ItemParameters, mean: float, sd: float, *, slopes: bool, spread: bool) -> Floats:
        """Of the expected moments by the parameters estimated, (D, P)."""
        one, other = self.pairs
        columns = []
        for j, change in enumerate(probability_derivatives(items, NODES)):
            score = np.arange(change.shape[1], dtype=float)
            first = 0 if slopes else _slopes_of(items, j)
            for by in change[:, :, first:].transpose(2, 0, 1):
                single = [
                    (by[:, k] if k else by @ score) if item == j else 0.0 * self.prior for item, k in self.features
                ]
                own = (by @ score)[:, None]
                paired = np.where(one == j, own * self.means[:, other], 0.0)
                paired += np.where(other == j, own * self.means[:, one], 0.0)
                columns.append(self.prior @ np.concatenate([np.stack(single, axis=1), paired], axis=1))
        if spread:
            z = ((NODES - mean) / sd) ** 2
            columns.append((self.prior * (z - self.prior @ z) / sd) @ self.conditional)
        return np.stack(columns, axis=1)

    def srmsr(self, codes: NDArray[np.int8]) -> float:
        one, other = self.pairs
        spread = np.sqrt(self.prior @ (self.variances + self.means**2))
        model = self.prior @ (self.means[:, one] * self.means[:, other]) / (spread[one] * spread[other])
        observed, known = _correlations(codes)
        residual = (observed[one, other] - model)[known[one, other]]
        return float(np.sqrt((residual**2).mean())) if residual.size else 0.0


def _answers(codes: NDArray[np.int8], average: ArrayLike = 0.0) -> tuple[Floats, Floats]:
    """1 for every answer, and its category counted from the item's average; both 0 where there is none."""
    answered = codes != MISSING
    return answered.astype(float), np.where(answered, codes - np.asarray(average), 0.0)


def _correlations(codes: NDArray[np.int8]) -> tuple[Floats, NDArray[np.bool_]]:
    """Correlation of every pair of items among those who answered both, and where there is one."""
    answered, whole = _answers(codes)
    both, sums, squares = answered.T @ answered, whole.T @ answered, (whole**2).T @ answered
    covariance = both * (whole.T @ whole) - sums * sums.T  # whole numbers, hence exact: an item of one category has 0
    variance = both * squares - sums**2
    scale = np.sqrt(variance * variance.T)
    return covariance / np.where(scale > 0, scale, 1.0), scale > 0


def _slopes_of(items: ItemParameters, j: int) -> int:
    return int(items.categories[j]) - 1 if items.model == "nominal" else 1


def probability_derivatives(items: ItemParameters, theta: ArrayLike) -> list[Floats]:
    """Derivatives of P(X_j = k | theta) by each item's slope(s), then intercepts.

    Returns
    -------
    list of ndarray, shape (Q, K, parameters)
        Slope-intercept form: a theta + d_k; of a nominal item all but the first category's slope and intercept.
    """
    points = np.asarray(theta, dtype=float).reshape(-1)
    probabilities = category_probabilities(items, points)
    if items.model in {"gpcm", "nominal"}:
        return [
            _exponential_derivatives(probabilities[:, j, : int(size)], points, nominal=items.model == "nominal")
            for j, size in enumerate(items.categories)
        ]
    above, below = cumulative_probabilities(items, points)
    out = []
    for j, size in enumerate(items.categories):
        density = (above * below)[:, j, : int(size) - 1]
        change = np.zeros((points.size, int(size), int(size)))
        for k in range(1, int(size)):
            change[:, k, k] += density[:, k - 1]
            change[:, k - 1, k] -= density[:, k - 1]
        change[:, :, 0] = points[:, None] * change[:, :, 1:].sum(axis=2)
        out.append(change)
    return out


def _exponential_derivatives(probabilities: Floats, points: Floats, *, nominal: bool) -> Floats:
    """By exponents: dP_k / dz_m = P_k (1[k = m] - P_m)."""
    size = probabilities.shape[1]
    by_exponent = probabilities[:, :, None] * (np.eye(size)[None] - probabilities[:, None, :])
    by_slope = by_exponent * points[:, None, None]
    if nominal:
        return np.concatenate([by_slope[:, :, 1:], by_exponent[:, :, 1:]], axis=2)
    return np.concatenate([by_slope @ np.arange(size, dtype=float)[:, None], by_exponent[:, :, 1:]], axis=2)
