"""Does an item behave as its model says? By score groups, by residuals, by curves, and in pairs.

Four looks at the same question, because each is blind somewhere: S-X² needs complete cases but has a distribution;
infit and outfit tell noise from surprise; RMSD is a size, whatever N; Q3 finds what two items share beside theta.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import SMALLEST_PROBABILITY, category_probabilities, log_likelihood, refuse_misfits
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.responses import MISSING, ResponseMatrix

Floats = NDArray[np.float64]

LEAST_EXPECTED = 1.0  # persons; cells of a score table are joined until they expect as many
SPARSE_COLUMN = (
    0.1  # of the score groups: a last column that expects fewer persons than that is joined to the one before
)
LEAST_VARIANCE = 1e-6  # score points squared; an answer surer than this surprises no more than this much
ROWS_AT_ONCE = 20_000  # persons; bounds the memory of one pass


@dataclass(frozen=True, slots=True, eq=False)
class ItemFit:
    """How each of J items fits.

    Attributes
    ----------
    s_x2, degrees_of_freedom, p_value, rmsea : ndarray, shape (J,)
        Orlando and Thissen's statistic over complete cases. An item whose table is too small to test has no degrees
        of freedom, and p = 1.
    infit, outfit : ndarray, shape (J,)
        Mean squared residuals, weighted by information and not; 1 is expected, above it noise, below it redundancy.
    infit_z, outfit_z : ndarray, shape (J,)
        Their distance from 1 in standard errors, where the parameters are not of the same responses. Parameters fitted
        to these follow them, so that z lies near 0 by construction; judge by S-X² then.
    rmsd : ndarray, shape (J,)
        Root mean squared distance between observed and model curves, averaged over categories and the population.
    category_rmsd : ndarray, shape (J, K)
        The same for each category; NaN-free, 0 where an item has no such category.
    complete_cases : int
        Persons behind S-X².
    """

    s_x2: Floats
    degrees_of_freedom: NDArray[np.int64]
    p_value: Floats
    rmsea: Floats
    infit: Floats
    outfit: Floats
    infit_z: Floats
    outfit_z: Floats
    rmsd: Floats
    category_rmsd: Floats
    complete_cases: int


def item_fit(
    responses: ResponseMatrix | ArrayLike,
    items: ItemParameters,
    *,
    mean: float = 0.0,
    sd: float = 1.0,
    estimated: ArrayLike | None = None,
) -> ItemFit:
    """Judge the fit of every item.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
    items : ItemParameters of the same J items.
    mean, sd : float
        Of the persons' latent distribution, in logits: a calibration's group mean and standard deviation.
    estimated : array-like of int, shape (J,), optional
        Parameters estimated of each item, which S-X² loses as degrees of freedom; by default all of the model. Give
        0 for items with fixed parameters.

    Returns
    -------
    ItemFit

    Raises
    ------
    InvalidResponses
        When responses do not fit the items, or there is none.
    ScoringError
        When `estimated` are no counts, one for each item.

    Notes
    -----
    Residuals are averaged over each person's posterior, so that under a true model their expectation is 1 exactly; at
    an estimate of theta it would not be.

    References
    ----------
    Orlando & Thissen (2000), Kang & Chen (2008) for S-X²; Wright & Masters (1982) for infit and outfit; Joo,
    Khorramdel, Yamamoto, Shin & Robin (2021) for RMSD.
    """
    matrix = responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)
    prior = normal_prior(NODES, mean, sd)
    lost = free_parameters(items) if estimated is None else _counts(estimated, len(items))
    if not matrix.answered.any():
        raise InvalidResponses("There is no response to judge the items by.")
    refuse_misfits(matrix.codes, items)
    statistic, freedom, complete = _s_x2(matrix.codes, items, prior, lost)
    excess = np.maximum(statistic - freedom, 0.0) / np.maximum(freedom * max(complete - 1, 1), 1)
    sums = _Residuals.of(matrix.codes, items, prior)
    return ItemFit(
        statistic,
        freedom,
        np.where(freedom > 0, chi2.sf(statistic, np.maximum(freedom, 1)), 1.0),
        np.sqrt(np.where(freedom > 0, excess, 0.0)),
        *sums.mean_squares(),
        *sums.rmsd(),
        complete,
    )


def _counts(estimated: ArrayLike, size: int) -> NDArray[np.int64]:
    given = np.asarray(estimated, dtype=float).reshape(-1)
    if given.size != size or not np.isfinite(given).all() or (given < 0).any():
        raise ScoringError(f"There are {size} items; they need as many numbers of estimated parameters, from 0.")
    return given.astype(np.int64)


def free_parameters(items: ItemParameters) -> NDArray[np.int64]:
    """Parameters of each item under its model, shape (J,): K, for rasch K - 1, for nominal 2 (K - 1)."""
    steps = items.categories - 1
    return np.asarray({"rasch": steps, "nominal": 2 * steps}.get(items.model, steps + 1), dtype=np.int64)


def _s_x2(
    codes: NDArray[np.int8], items: ItemParameters, prior: Floats, lost: NDArray[np.int64]
) -> tuple[Floats, NDArray[np.int64], int]:
    complete = codes[(codes != MISSING).all(axis=1)]
    statistic, freedom = np.zeros(len(items)), np.zeros(len(items), dtype=np.int64)
    if complete.shape[0] == 0 or len(items) < 2:
        return statistic, freedom, int(complete.shape[0])
    expected, possible = expected_by_score(items, prior)
    score = complete.astype(np.int64).sum(axis=1)
    highest = int((items.categories - 1).sum())
    persons = np.bincount(score, minlength=highest + 1)
    for j in range(len(items)):
        size = int(items.categories[j])
        observed = np.bincount(score * size + complete[:, j], minlength=(highest + 1) * size).reshape(-1, size)
        table = ScoreTable.of(observed.astype(float), persons[:, None] * expected[j][:, :size], possible[j][:, :size])
        statistic[j], cells = table.joined().statistic()
        freedom[j] = max(cells - int(lost[j]), 0)
    return np.where(freedom > 0, statistic, 0.0), freedom, int(complete.shape[0])


def expected_by_score(items: ItemParameters, prior: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """P(X_j = k | total score), shape (J, S + 1, K), and which of these are possible at all.

    The distribution of the score without item j is put together from those of the items before and after it
    (Lord & Wingersky 1984); nothing is divided out again, which would lose all digits.
    """
    probabilities = category_probabilities(items, NODES)
    sizes = items.categories
    before, after = _running_scores(probabilities, sizes), _running_scores(probabilities[:, ::-1], sizes[::-1])
    highest = int((sizes - 1).sum())
    expected = np.zeros((len(items), highest + 1, int(sizes.max())))
    possible = np.zeros(expected.shape, dtype=bool)
    for j, size in enumerate(sizes):
        rest = _convolved(before[j], after[len(items) - 1 - j]) * prior[:, None]
        for k in range(int(size)):
            expected[j, k : k + rest.shape[1], k] = probabilities[:, j, k] @ rest
            possible[j, k : k + rest.shape[1], k] = True
    total = expected.sum(axis=2, keepdims=True)
    return expected / np.maximum(total, SMALLEST_PROBABILITY), possible


def _running_scores(probabilities: Floats, sizes: NDArray[np.int64]) -> list[Floats]:
    """Distributions, (Q, scores), of the score on the first 0, 1, … J - 1 items."""
    scores = [np.ones((probabilities.shape[0], 1))]
    for j in range(sizes.size - 1):
        scores.append(_convolved(scores[-1], probabilities[:, j, : int(sizes[j])]))
    return scores


def _convolved(one: Floats, other: Floats) -> Floats:
    """Distribution of a sum, node by node."""
    if one.shape[1] < other.shape[1]:
        one, other = other, one
    out = np.zeros((one.shape[0], one.shape[1] + other.shape[1] - 1))
    for k in range(other.shape[1]):
        out[:, k : k + one.shape[1]] += one * other[:, k : k + 1]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class ScoreTable:
    """Persons by score group and category: observed, and expected under the model. 0 expected marks a joined cell."""

    observed: Floats
    expected: Floats

    @classmethod
    def of(cls, observed: Floats, expected: Floats, possible: NDArray[np.bool_]) -> ScoreTable:
        """Start with scores 1 … S - 1, those at which not all categories are possible joined to the nearest that is.

        Everybody at the lowest and at the highest score answers alike: these say nothing.
        """
        whole = np.nonzero(possible.all(axis=1))[0]
        first, last = (int(whole[0]), int(whole[-1])) if whole.size else (1, 1)
        first, last = max(first, 1), min(last, observed.shape[0] - 2)
        if last < first:
            return cls(observed[:0], expected[:0])
        edges = np.array([1, *range(first + 1, last + 1)])
        inner = slice(0, observed.shape[0] - 1)
        table = [np.add.reduceat(part[inner], edges, axis=0) for part in (observed, expected)]
        return cls(*table)

    def joined(self) -> ScoreTable:
        """Join cells until each expects `LEAST_EXPECTED` persons: within a row first, then across rows.

        Within a row the smallest cell joins the smaller of its neighbours, while more than two are left; across rows
        a row with a small cell joins the neighbour with fewer persons. The rule is the one under which mirt's
        published figures are met.
        """
        rows = _without_lone_rows([(o, e) for o, e in zip(self.observed, self.expected, strict=True) if o.sum() > 0])
        if not rows:
            return ScoreTable(self.observed[:0], self.expected[:0])
        width = self.observed.shape[1]
        if width > 2:
            rows = _without_sparse_columns([_packed(*_joined_cells(o, e), width) for o, e in rows])
        rows = _joined_rows(rows)
        return ScoreTable(np.array([o for o, _ in rows]), np.array([e for _, e in rows]))

    def statistic(self) -> tuple[float, int]:
        """Pearson's X², and the cells that are free: each row's sum is given."""
        live = self.expected > 0
        difference = np.where(live, self.observed - self.expected, 0.0)
        return float((difference**2 / np.where(live, self.expected, 1.0)).sum()), int(live.sum()) - live.shape[0]


Row = tuple[Floats, Floats]  # observed and expected persons, by category


def _sum(one: Row, other: Row) -> Row:
    return one[0] + other[0], one[1] + other[1]


def _without_lone_rows(rows: list[Row]) -> list[Row]:
    """Score groups of one person join the next group up; the last one, the group below."""
    out: list[Row] = []
    waiting: Row | None = None
    for row in rows:
        whole = row if waiting is None else _sum(waiting, row)
        waiting = whole if whole[0].sum() <= 1 else None
        if waiting is None:
            out.append(whole)
    if waiting is not None and out:
        out[-1] = _sum(out[-1], waiting)
    return out


def _joined_cells(observed: Floats, expected: Floats) -> Row:
    """One row, its small cells joined to neighbours."""
    while expected.size > 2 and expected.min() < LEAST_EXPECTED:
        at = int(np.nonzero(expected == expected.min())[0][-1])
        below = expected[at - 1] if at > 0 else np.inf
        above = expected[at + 1] if at + 1 < expected.size else np.inf
        into = at - 1 if below <= above else at + 1
        observed, expected = observed.copy(), expected.copy()
        observed[into] += observed[at]
        expected[into] += expected[at]
        observed, expected = np.delete(observed, at), np.delete(expected, at)
    return observed, expected


def _packed(observed: Floats, expected: Floats, width: int) -> Row:
    blank = (0, width - observed.size)
    return np.pad(observed, blank), np.pad(expected, blank)


def _without_sparse_columns(rows: list[Row]) -> list[Row]:
    """Join a last column that hardly any row uses to the one before it."""
    observed, expected = np.array([o for o, _ in rows]), np.array([e for _, e in rows])
    enough = LEAST_EXPECTED * np.ceil(SPARSE_COLUMN * len(rows))
    while expected.shape[1] > 2 and expected[:, -1].sum() < enough:
        observed = np.concatenate([observed[:, :-2], observed[:, -2:].sum(axis=1, keepdims=True)], axis=1)
        expected = np.concatenate([expected[:, :-2], expected[:, -2:].sum(axis=1, keepdims=True)], axis=1)
    return list(zip(observed, expected, strict=True))


def _joined_rows(rows: list[Row]) -> list[Row]:
    rows = list(rows)
    while len(rows) > 1:
        small = [r for r, (_, e) in enumerate(rows) if ((e > 0) & (e < LEAST_EXPECTED)).any()]
        if not small:
            break
        at = small[0]
        below = rows[at - 1][0].sum() if at > 0 else np.inf
        above = rows[at + 1][0].sum() if at + 1 < len(rows) else np.inf
        into = at - 1 if below <= above else at + 1
        rows[into] = _sum(rows[into], rows[at])
        del rows[at]
    return rows


@dataclass(slots=True, eq=False)
class _Residuals:
    """Sums over persons from which infit, outfit and RMSD come."""

    probabilities: Floats  # (Q, J, K)
    counts: Floats  # (J, K, Q) expected persons in category k at node q
    persons: Floats  # (J,) who answered
    squares: Floats  # (J, 3): sums of squared (outfit, infit) contributions, and of variances
    variance: Floats  # (Q, J)

    @classmethod
    def of(cls, codes: NDArray[np.int8], items: ItemParameters, prior: Floats) -> _Residuals:
        probabilities = category_probabilities(items, NODES)
        score = np.arange(probabilities.shape[2], dtype=float)
        mean = probabilities @ score
        variance = np.maximum(probabilities @ score**2 - mean**2, LEAST_VARIANCE)
        residual = (score[:, None, None] - mean[None]) ** 2  # (K, Q, J)
        sums = cls(
            probabilities,
            np.zeros((len(items), score.size, NODES.size)),
            (codes != MISSING).sum(axis=0).astype(float),
            np.zeros((len(items), 2)),
            variance,
        )
        for first in range(0, codes.shape[0], ROWS_AT_ONCE):
            block = codes[first : first + ROWS_AT_ONCE]
            logs = log_likelihood(block, items, NODES) + np.log(np.maximum(prior, SMALLEST_PROBABILITY))
            posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
            posterior /= posterior.sum(axis=1, keepdims=True)
            sums._add(block, posterior, residual)
        return sums

    def _add(self, block: NDArray[np.int8], posterior: Floats, residual: Floats) -> None:
        for k in range(self.counts.shape[1]):
            chosen = block == k
            self.counts[:, k] += chosen.T.astype(float) @ posterior
            outfit = posterior @ (residual[k] / self.variance)
            infit = posterior @ (residual[k] - self.variance)
            self.squares[:, 0] += np.where(chosen, (outfit - 1.0) ** 2, 0.0).sum(axis=0)
            self.squares[:, 1] += np.where(chosen, infit**2, 0.0).sum(axis=0)

    def mean_squares(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Infit, outfit, and their z. Where nobody answered, or nothing varies, they are as expected: 1 and 0."""
        score = np.arange(self.counts.shape[1], dtype=float)
        square = (score[:, None, None] - (self.probabilities @ score)[None]) ** 2  # (K, Q, J)
        total = self.counts.sum(axis=1)  # (J, Q)
        n = np.maximum(self.persons, 1.0)
        outfit = np.einsum("jkq,kqj->j", self.counts, square / self.variance) / n
        weight = np.maximum(np.einsum("jq,qj->j", total, self.variance), SMALLEST_PROBABILITY)
        infit = np.einsum("jkq,kqj->j", self.counts, square) / weight
        answered = self.persons > 0
        infit, outfit = np.where(answered, infit, 1.0), np.where(answered, outfit, 1.0)
        out_error = np.sqrt(self.squares[:, 0]) / n
        in_error = np.sqrt(self.squares[:, 1]) / weight
        return infit, outfit, _in_errors(infit, in_error), _in_errors(outfit, out_error)

    def rmsd(self) -> tuple[Floats, Floats]:
        """Overall, and by category."""
        total = self.counts.sum(axis=1, keepdims=True)
        observed = self.counts / np.maximum(total, SMALLEST_PROBABILITY)
        model = self.probabilities.transpose(1, 2, 0)
        share = total[:, 0] / np.maximum(total[:, 0].sum(axis=1, keepdims=True), SMALLEST_PROBABILITY)
        apart = np.where(total > 0, observed - model, 0.0) ** 2
        by_category = np.einsum("jkq,jq->jk", apart, share)
        sizes = (model.max(axis=2) > 0).sum(axis=1)
        return np.sqrt(by_category.sum(axis=1) / sizes), np.sqrt(by_category)


def _in_errors(value: Floats, error: Floats) -> Floats:
    return np.where(error > 0, (value - 1.0) / np.maximum(error, SMALLEST_PROBABILITY), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class LocalDependence:
    """What pairs of items share beside theta.

    Attributes
    ----------
    q3 : ndarray, shape (J, J)
        Correlations of residuals, 1 on the diagonal; 0 for pairs too few persons answered.
    mean : float
        Of all pairs: about -1 / (J - 1) when there is no dependence.
    adjusted : ndarray, shape (J, J)
        q3 less its mean, 0 on the diagonal; above .2 is commonly looked at.
    """

    q3: Floats
    mean: float
    adjusted: Floats

    def pairs_above(self, limit: float = 0.2) -> tuple[tuple[int, int], ...]:
        """Pairs of items whose adjusted Q3 exceeds a limit, the most dependent first."""
        one, other = np.triu_indices(self.q3.shape[0], 1)
        found = self.adjusted[one, other]
        order = [int(i) for i in np.argsort(-found) if found[i] > limit]
        return tuple((int(one[i]), int(other[i])) for i in order)


def local_dependence(
    responses: ResponseMatrix | ArrayLike, items: ItemParameters, *, mean: float = 0.0, sd: float = 1.0
) -> LocalDependence:
    """Correlate what is left of the responses once theta (EAP) is accounted for.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        A pair is correlated over the persons who answered both.
    items : ItemParameters
    mean, sd : float
        Of the persons' latent distribution, in logits.

    References
    ----------
    Yen (1984); Christensen, Makransky & Horton (2017) for the comparison with the mean.
    """
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    size = len(items)
    sums = np.zeros((6, size, size))  # per pair: n, x, y, xx, yy, xy; only three of them are stored twice
    prior = normal_prior(NODES, mean, sd)
    for first in range(0, codes.shape[0], ROWS_AT_ONCE):
        block = codes[first : first + ROWS_AT_ONCE]
        logs = log_likelihood(block, items, NODES) + np.log(np.maximum(prior, SMALLEST_PROBABILITY))
        posterior = np.exp(logs - logs.max(axis=1, keepdims=True))
        theta = (posterior @ NODES) / posterior.sum(axis=1)
        probabilities = category_probabilities(items, theta)
        answered = (block != MISSING).astype(float)
        residual = (block - probabilities @ np.arange(probabilities.shape[2])) * answered
        sums[0] += answered.T @ answered
        sums[1] += residual.T @ answered
        sums[2] += answered.T @ residual
        sums[3] += (residual**2).T @ answered
        sums[4] += answered.T @ residual**2
        sums[5] += residual.T @ residual
    q3 = _correlations(sums)
    off = ~np.eye(size, dtype=bool)
    known = off & (sums[0] > 2)
    average = float(q3[known].mean()) if known.any() else 0.0
    return LocalDependence(q3, average, np.where(known, q3 - average, 0.0))


def _correlations(sums: Floats) -> Floats:
    n = np.maximum(sums[0], 1.0)
    covariance = sums[5] / n - sums[1] * sums[2] / n**2
    variances = (sums[3] / n - (sums[1] / n) ** 2) * (sums[4] / n - (sums[2] / n) ** 2)
    usable = (variances > SMALLEST_PROBABILITY) & (sums[0] > 2)
    out = np.where(usable, covariance / np.sqrt(np.where(usable, variances, 1.0)), 0.0)
    np.fill_diagonal(out, 1.0)
    return np.clip(out, -1.0, 1.0)
