"""Norms that change smoothly with age, or with time: one surface fitted to all groups instead of a table for each.

Every group's raw scores are ranked within the group and turned to normal scores; then raw = f(norm score, age), a
polynomial of few terms, is fitted to everybody. Neighbouring groups lend each other their numbers, so a norm holds
between the ages sampled and needs fewer people at each. It never replaces the award's cut, which is read from the
latent distribution of one norm version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import lstsq
from scipy.special import ndtr, ndtri

from scoring.errors import EmptyNormSample, ScoringError
from scoring.missing import is_missing

Term = tuple[int, int]  # powers of the norm score and of age
Floats = NDArray[np.float64]

MEAN, SD = 50.0, 10.0  # the T scale
LOWEST, HIGHEST = 25.0, 75.0  # T; two and a half standard deviations: no sample supports more
POWERS, AGE_POWERS = 5, 3  # the highest of the norm score and of age
ENOUGH_R2 = 0.99  # adjusted; Lenhard, Lenhard & Gary (2019)
MOST_TERMS = 12
GRID = np.linspace(LOWEST, HIGHEST, 5_001)  # T; the inverse is linear within steps of .01
FEWEST_IN_GROUP = 10  # people; ranked among fewer, a mid-rank is mostly chance
CROSSING = 1e-3  # of the raw range: a smaller fall between neighbouring norm scores is none


@dataclass(frozen=True, slots=True, eq=False)
class SmoothNorms:
    """A norm surface: raw = sum of coefficient · L^i · A^j, with L a T score and A an age.

    Attributes
    ----------
    terms : pairs (i, j); (0, 0) is the intercept.
    coefficients : ndarray, shape (T,)
    adjusted_r2 : float
        Share of the raw scores' variance that norm score and age account for together.
    raw_range, age_range : (lowest, highest) seen; nothing is extrapolated beyond them.
    n : int
    notes : what is doubtful, "" for nothing; for example percentile curves that cross.
    """

    terms: tuple[Term, ...]
    coefficients: Floats
    adjusted_r2: float
    raw_range: tuple[float, float]
    age_range: tuple[float, float]
    n: int
    notes: tuple[str, ...]

    def raw(self, norm_score: ArrayLike, age: ArrayLike) -> Floats:
        """Raw score at each T score and age (broadcast together), kept within the raw scores seen."""
        return np.clip(_surface(self.terms, self.coefficients, norm_score, self._known(age)), *self.raw_range)

    def norm_score(self, raw: ArrayLike, age: ArrayLike) -> Floats:
        """T score of each raw score at each age (broadcast together), from 25 to 75.

        Where a curve turns down at an end, the first T score that reaches the raw score counts: more never scores less.
        """
        raws, ages = np.broadcast_arrays(np.asarray(raw, dtype=float), self._known(age))
        if not np.isfinite(raws).all():
            raise ScoringError("Raw scores must be finite numbers.")
        shape, raws, ages = raws.shape, raws.reshape(-1), ages.reshape(-1)
        scores = np.empty(raws.size)
        for here in _places(ages) if ages.size else []:
            curve = np.maximum.accumulate(_surface(self.terms, self.coefficients, GRID, ages[here[0]]))
            risen = np.concatenate([[True], np.diff(curve) > 0])
            found = np.interp(raws[here], curve[risen], GRID[risen])
            scores[here] = np.where(raws[here] > curve[-1], HIGHEST, found)
        return scores.reshape(shape)

    def percentile_rank(self, raw: ArrayLike, age: ArrayLike) -> Floats:
        """Percentile rank, 0 to 100, of each raw score at each age."""
        return np.asarray(100 * ndtr((self.norm_score(raw, age) - MEAN) / SD))

    def _known(self, age: ArrayLike) -> Floats:
        ages = np.asarray(age, dtype=float)
        lowest, highest = self.age_range
        if not ((ages >= lowest) & (ages <= highest)).all():
            raise ScoringError(f"The norm covers ages from {lowest:g} to {highest:g}; it says nothing beyond them.")
        return ages


class TooManyTerms(ScoringError):
    """Terms that these data cannot tell apart."""

    def __init__(self, terms: int) -> None:
        super().__init__(f"{terms} terms are more than these data can tell apart; ask for fewer.")


def fit_smooth_norms(
    raw: ArrayLike,
    age: ArrayLike,
    group: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    powers: int = POWERS,
    age_powers: int = AGE_POWERS,
    terms: Sequence[Term] | None = None,
) -> SmoothNorms:
    """Fit norms that change smoothly with age.

    Parameters
    ----------
    raw, age : array-like, shape (N,)
    group : array-like, shape (N,), optional
        Whom each person is ranked with; by default, people of the same age value. Most people should have ten or more
        in theirs, or `notes` say so; exact ages need groups, for example half years.
    weights : array-like, shape (N,), optional
        Above 0; for example from `scoring.raking`. They count in the ranks and in the fit.
    powers, age_powers : int
        The highest powers offered, 1 to 6 each.
    terms : sequence of (power of norm score, power of age), optional
        Fit exactly these, and the intercept. By default, of the best terms of each number, those of the least Schwarz
        criterion whose percentile curves do not cross. (The fewest terms that reach an R² of .99, as is usual, leave
        half as much error again in known surfaces, because age alone can explain that much.)

    Returns
    -------
    SmoothNorms

    Raises
    ------
    EmptyNormSample
        Nobody.
    ScoringError
        Arrays that do not match or are not finite, groups that are missing, no groups where most people share their
        age with fewer than ten, groups in which most people are alone, weights not above 0, no spread in raw scores or
        ages, powers out of range, or terms that the data cannot tell apart.

    References
    ----------
    Lenhard, Lenhard, Suggate & Segerer (2018), Assessment 25; Lenhard, Lenhard & Gary (2019), PLoS ONE 14; Schwarz
    (1978). Ranks are mid-ranks, (r - .5) / n.
    """
    raws, ages, shares, groups = _sample(raw, age, group, weights)
    if not (1 <= powers <= 6 and 1 <= age_powers <= 6):
        raise ScoringError("Powers run from 1 to 6.")
    scores = normal_scores(raws, groups, shares)
    sample = _Sample(raws, ages, scores, shares)
    usual = _usual_size(groups)
    small = f"Most people are ranked among {usual} or fewer; with groups of {FEWEST_IN_GROUP} ranks mean more."
    if terms is not None:
        given = _fitted(sample, ((0, 0), *(term for term in terms if term != (0, 0))))
        return _noted(given, small) if usual < FEWEST_IN_GROUP else given
    lines = min(age_powers, np.unique(ages).size - 1)  # as many ages bend a curve no further
    offered = [(i, j) for i in range(powers + 1) for j in range(lines + 1) if (i, j) != (0, 0)]
    facts = powers * np.unique(groups).size
    smooth: SmoothNorms | None = None
    for chosen in _best_subsets(sample, offered):
        try:
            fitted = _fitted(sample, ((0, 0), *sorted(chosen)))
        except TooManyTerms:
            break  # more of them will not do either
        if smooth is None or _doubt(fitted, facts) < _doubt(smooth, facts):
            smooth = fitted
    if smooth is None:
        raise ScoringError("No term can be fitted to these data; sample more ages or more scores.")
    smooth = _noted(smooth, small) if usual < FEWEST_IN_GROUP else smooth
    short = f"Adjusted R² is {smooth.adjusted_r2:.4f}, below {ENOUGH_R2:g}: norm score and age leave much unexplained."
    return _noted(smooth, short) if smooth.adjusted_r2 < ENOUGH_R2 else smooth


def _doubt(norms: SmoothNorms, facts: int) -> tuple[bool, float]:
    """Low is better: no crossing curves first, then Schwarz's criterion.

    What the terms leave is no noise of single persons, since scores of one group follow from its ranks, but the chance
    form of each group's distribution: a few facts for each group, not one for each person.
    """
    left = max(1 - norms.adjusted_r2, np.finfo(float).tiny)
    return bool(norms.notes), facts * float(np.log(left)) + len(norms.terms) * float(np.log(facts))


def normal_scores(raw: Floats, group: NDArray[np.generic], weights: Floats) -> Floats:
    """T score of each person's weighted mid-rank within the group, shape (N,)."""
    scores = np.empty(raw.size)
    for here in _places(group):
        values, place = np.unique(raw[here], return_inverse=True)
        mass = np.bincount(place, weights[here], minlength=values.size)
        middle = np.cumsum(mass) - mass / 2
        scores[here] = MEAN + SD * ndtri(middle / mass.sum())[place]
    return scores


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    raw: Floats
    age: Floats
    score: Floats
    weights: Floats


def _sample(
    raw: ArrayLike, age: ArrayLike, group: ArrayLike | None, weights: ArrayLike | None
) -> tuple[Floats, Floats, Floats, NDArray[np.generic]]:
    raws, ages = np.asarray(raw, dtype=float).reshape(-1), np.asarray(age, dtype=float).reshape(-1)
    if raws.size == 0:
        raise EmptyNormSample
    groups = ages if group is None else _group_labels(group)
    shares = np.ones(raws.size) if weights is None else np.asarray(weights, dtype=float).reshape(-1)
    if not raws.size == ages.size == groups.size == shares.size:
        raise ScoringError("Raw scores, ages, groups and weights need one value for each person.")
    if not (np.isfinite(raws).all() and np.isfinite(ages).all()):
        raise ScoringError("Raw scores and ages must be finite numbers; leave out people without one.")
    if not (np.isfinite(shares) & (shares > 0)).all():
        raise ScoringError("Weights must be finite and above 0.")
    if np.ptp(raws) == 0 or np.ptp(ages) == 0:
        raise ScoringError("Smooth norms need raw scores that differ and ages that differ.")
    if _usual_size(groups) < (FEWEST_IN_GROUP if group is None else 2):
        raise ScoringError(
            f"Most people are ranked among {_usual_size(groups)} or fewer, and need {FEWEST_IN_GROUP}; give `group`, "
            "for example half years of age."
        )
    return raws, ages, shares * (shares.size / shares.sum()), groups


def _group_labels(group: ArrayLike) -> NDArray[np.generic]:
    """Labels that all exist; as texts where they are of no kind of number."""
    each = np.asarray(group, dtype=object).reshape(-1)
    lacking = [row for row, label in enumerate(each) if is_missing(label)]
    if lacking:
        raise ScoringError(f"Person {lacking[0]} has no group; leave the person out, or give a group of its own.")
    labels = np.asarray(group).reshape(-1)
    return labels if labels.dtype != object else np.array([str(label) for label in each])


def _usual_size(groups: NDArray[np.generic]) -> int:
    """How many stand in the group of the person in the middle."""
    _, where, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return int(np.median(sizes[where]))


def _places(labels: NDArray[np.generic]) -> list[NDArray[np.intp]]:
    """Rows of each label, the labels rising and the rows too."""
    _, where, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return np.split(np.argsort(where.reshape(-1), kind="stable"), np.cumsum(sizes)[:-1])


def _surface(terms: Sequence[Term], coefficients: Floats, score: ArrayLike, age: ArrayLike) -> Floats:
    scores, ages = np.asarray(score, dtype=float), np.asarray(age, dtype=float)
    return np.asarray(sum(c * scores**i * ages**j for c, (i, j) in zip(coefficients, terms, strict=True)))


def _design(sample: _Sample, terms: Sequence[Term]) -> tuple[Floats, Floats]:
    """Columns of length one (powers up to the eighth would drown the rest), and the lengths taken out."""
    columns = np.stack([sample.score**i * sample.age**j for i, j in terms], axis=1)
    columns *= np.sqrt(sample.weights)[:, None]
    lengths = np.maximum(np.linalg.norm(columns, axis=0), np.finfo(float).tiny)
    return columns / lengths, lengths


def _fitted(sample: _Sample, terms: tuple[Term, ...]) -> SmoothNorms:
    design, lengths = _design(sample, terms)
    observed = sample.raw * np.sqrt(sample.weights)
    answer, _, rank, _ = lstsq(design, observed, lapack_driver="gelsy", cond=1e-13)
    if rank < len(terms) or sample.raw.size <= len(terms):
        raise TooManyTerms(len(terms))
    residual = observed - design @ answer
    spread = float(sample.weights @ (sample.raw - np.average(sample.raw, weights=sample.weights)) ** 2)
    free = (sample.raw.size - 1) / (sample.raw.size - len(terms))
    norms = SmoothNorms(
        terms=terms,
        coefficients=answer / lengths,
        adjusted_r2=1 - float(residual @ residual) / spread * free,
        raw_range=(float(sample.raw.min()), float(sample.raw.max())),
        age_range=(float(sample.age.min()), float(sample.age.max())),
        n=sample.raw.size,
        notes=(),
    )
    crossing = _crossing(norms)
    return _noted(norms, crossing) if crossing else norms


def _noted(norms: SmoothNorms, note: str) -> SmoothNorms:
    return SmoothNorms(
        norms.terms,
        norms.coefficients,
        norms.adjusted_r2,
        norms.raw_range,
        norms.age_range,
        norms.n,
        (*norms.notes, note),
    )


def _crossing(norms: SmoothNorms) -> str:
    """Name the first age at which a higher norm score would need a lower raw score; "" where there is none."""
    lowest, highest = norms.raw_range
    for age in np.linspace(*norms.age_range, 25):
        curve = np.clip(_surface(norms.terms, norms.coefficients, GRID[::25], age), lowest, highest)
        if (np.maximum.accumulate(curve) - curve).max() > CROSSING * (highest - lowest):
            return f"Percentile curves cross at age {age:.3g}: there a higher norm score would need a lower raw score."
    return ""


def _best_subsets(sample: _Sample, offered: Sequence[Term]) -> list[tuple[Term, ...]]:
    """Good terms of each number, 1 to MOST_TERMS, each the best that adding, dropping and exchanging one can find.

    There are too many subsets to try them all; a few in 10,000 of the variance may be left on the table.
    """
    design, _ = _design(sample, [(0, 0), *offered])
    orthogonal, triangle = np.linalg.qr(design)
    target = orthogonal.T @ (sample.raw * np.sqrt(sample.weights))
    most = min(MOST_TERMS, len(offered), sample.raw.size - 2)
    rising: dict[int, list[int]] = {0: []}
    for size in range(1, most + 1):
        former = rising[size - 1]
        rising[size] = _exchanged(triangle, target, [*former, _addition(triangle, target, former)])
    left = list(range(1, triangle.shape[1]))
    found: dict[int, list[int]] = {}
    for size in range(len(left), 0, -1):
        left = left if size == len(left) else _shortened(triangle, target, left)
        if size <= most:
            left = min(
                _exchanged(triangle, target, left), rising[size], key=lambda kept: _residual(triangle, target, kept)
            )
            found[size] = left
    return [tuple(offered[k - 1] for k in found[size]) for size in range(1, most + 1)]


def _shortened(triangle: Floats, target: Floats, chosen: list[int]) -> list[int]:
    """Drop the column that is missed least."""
    shorter = [chosen[:k] + chosen[k + 1 :] for k in range(len(chosen))]
    return min(shorter, key=lambda kept: _residual(triangle, target, kept))


def _addition(triangle: Floats, target: Floats, chosen: list[int]) -> int:
    """The column that takes most from what the chosen ones leave."""
    basis = np.linalg.qr(triangle[:, [0, *chosen]])[0]
    left = target - basis @ (basis.T @ target)
    rest = triangle - basis @ (basis.T @ triangle)
    lengths = np.linalg.norm(rest, axis=0)
    gains = np.where(lengths > 1e-9, np.abs(left @ rest) / np.maximum(lengths, 1e-9), -1.0)
    gains[[0, *chosen]] = -1.0
    return int(np.argmax(gains))


def _exchanged(triangle: Floats, target: Floats, chosen: list[int]) -> list[int]:
    """Drop one, take the best in its place, as long as the residual falls."""
    best = _residual(triangle, target, chosen)
    improved = True
    while improved:
        improved = False
        for k in range(len(chosen)):
            others = chosen[:k] + chosen[k + 1 :]
            candidate = [*others, _addition(triangle, target, others)]
            residual = _residual(triangle, target, candidate)
            if residual < best * (1 - 1e-9):
                chosen, best, improved = candidate, residual, True
    return chosen


def _residual(triangle: Floats, target: Floats, chosen: list[int]) -> float:
    basis = np.linalg.qr(triangle[:, [0, *chosen]])[0]
    left = target - basis @ (basis.T @ target)
    return float(left @ left)
