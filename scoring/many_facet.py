"""How severe each rater is, on the scale of the people rated: the many-facet Rasch model.

log P(k) / P(k - 1) = theta - difficulty of the item - severity of the rater - step k, with theta normal in the group.
Fitted by marginal maximum likelihood, so that people with extreme ratings need no exception, and called converged only
where a Newton step would gain nothing: programs with lax defaults stop earlier, and their severities are shrunk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from scoring.errors import InvalidResponses
from scoring.normal import normal_prior

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NODES = np.linspace(-6.0, 6.0, 61)  # standard deviations of the group
SMALLEST_GAIN = 1e-8  # log-likelihood units that one more Newton step would gain in a converged fit
STEP = 1e-4  # logits, to either side, for the slope of the gradient
NEWTON_STEPS = 20
SMALLEST_VARIANCE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ManyFacet:
    """A fitted many-facet Rasch model; logits throughout.

    Attributes
    ----------
    rater_severity, rater_standard_error : ndarray, shape (R,)
        Severities sum to zero over the raters that could be fitted. A rater who gave everybody the lowest (or the
        highest) category has no finite severity: +inf (-inf), standard error inf, and their ratings count for nothing.
        Ratings of an item set aside, for the same reason, are not looked at.
    item_difficulty, item_standard_error : ndarray, shape (I,)
        The same holds for an item.
    steps : ndarray, shape (K - 1,)
        They sum to zero; between the categories in use.
    categories : tuple of int
        The categories in use, in order; others were nobody's.
    person_sd : float
        Of theta in the group; its mean is 0.
    theta, standard_error : ndarray, shape (N,)
        EAP of each person with severity and difficulty taken out, and its posterior standard deviation.
    rater_infit, rater_outfit : ndarray, shape (R,)
        Mean squares at the EAP: higher is erratic, lower is too uniform. About 1, and somewhat below where people have
        few ratings, since theta was estimated from the same ones: compare raters with each other.
    log_likelihood : float
    converged : bool
    connected : bool
        Whether people rated by several raters tie all raters together. If not, raters of different parts compare only
        as far as people came to them by chance.
    notes : tuple of str
    """

    rater_severity: Floats
    rater_standard_error: Floats
    item_difficulty: Floats
    item_standard_error: Floats
    steps: Floats
    categories: tuple[int, ...]
    person_sd: float
    theta: Floats
    standard_error: Floats
    rater_infit: Floats
    rater_outfit: Floats
    log_likelihood: float
    converged: bool
    connected: bool
    notes: tuple[str, ...]

    @property
    def severity_reliability(self) -> float:
        """Share of the variance between raters that is no sampling error, 0 to 1: high, where they are not alike."""
        fitted = np.isfinite(self.rater_severity)
        if fitted.sum() < 2:
            return 0.0
        observed = float(self.rater_severity[fitted].var(ddof=1))
        error = float((self.rater_standard_error[fitted] ** 2).mean())
        return max(0.0, 1 - error / observed) if observed > 0 else 0.0


def fit_many_facet(person: ArrayLike, rater: ArrayLike, rating: ArrayLike, item: ArrayLike | None = None) -> ManyFacet:
    """Fit rater severity, item difficulty and steps from a list of ratings.

    Parameters
    ----------
    person, rater, item : array-like of int, shape (M,)
        From 0, without gaps; by default, all ratings are of one item.
    rating : array-like of int, shape (M,)
        Category from 0; every item has the same scale. Leave out what was not rated.

    Returns
    -------
    ManyFacet

    Raises
    ------
    InvalidResponses
        Arrays of different lengths, codes that are no whole numbers from 0, a number that never occurs, or ratings of
        one single category, together or of every rater (they tell nobody apart).

    Notes
    -----
    Several ratings of one person by one rater are taken as independent given theta; a halo makes the standard errors
    too small.

    References
    ----------
    Linacre (1989); Andrich (1978) for the steps; Bock & Aitkin (1981) for the margin.
    """
    ratings = _Ratings.checked(person, rater, rating, item)
    kept, extremes, notes = _without_extremes(ratings)
    used, codes = np.unique(ratings.category[kept], return_inverse=True)
    if used.size < 2:
        raise InvalidResponses("The ratings use a single category: they tell nobody and no rater apart.")
    if used[-1] + 1 > used.size:
        notes.append(f"Categories nobody was given are left out; in use are {', '.join(map(str, used))}.")
    model = _Model.of(ratings, kept, codes.reshape(-1), used.size)
    if not (connected := _is_connected(ratings, kept)):
        notes.append("No person ties all raters together: raters of separate parts compare only by chance assignment.")
    return _finished(model, extremes, used, notes, connected=connected)


@dataclass(frozen=True, slots=True, eq=False)
class _Ratings:
    person: Integers
    rater: Integers
    item: Integers
    category: Integers

    @classmethod
    def checked(cls, person: ArrayLike, rater: ArrayLike, rating: ArrayLike, item: ArrayLike | None) -> _Ratings:
        given = [np.asarray(values).reshape(-1) for values in (person, rater, rating)]
        given.insert(2, np.zeros(given[0].size, dtype=np.int64) if item is None else np.asarray(item).reshape(-1))
        if given[0].size == 0 or len({values.size for values in given}) != 1:
            raise InvalidResponses("Each rating needs a person, a rater and a category; there must be one at least.")
        for name, values in zip(("person", "rater", "item", "rating"), given, strict=True):
            if not np.issubdtype(values.dtype, np.integer) or values.min() < 0:
                raise InvalidResponses(f"Every {name} is a whole number from 0; leave out what was not rated.")
            if name != "rating" and np.unique(values).size != values.max() + 1:
                raise InvalidResponses(f"A {name} below {values.max()} has no rating; number them without gaps.")
        return cls(*(values.astype(np.int64) for values in given))


@dataclass(frozen=True, slots=True, eq=False)
class _Extremes:
    """Where raters and items lie that are set aside: +inf for the lowest category, -inf for the highest; else nan."""

    rater: Floats
    item: Floats


def _without_extremes(ratings: _Ratings) -> tuple[NDArray[np.bool_], _Extremes, list[str]]:
    """Set aside raters and items all of whose ratings are the lowest, or all the highest, until there are none.

    What counts are the ratings that are left: a rater who gives all the highest, but for an item that everybody gives
    the lowest, is a lenient one.
    """
    kept = np.ones(ratings.category.size, dtype=bool)
    extremes = _Extremes(np.full(ratings.rater.max() + 1, np.nan), np.full(ratings.item.max() + 1, np.nan))
    notes: list[str] = []
    changed = True
    while changed:
        changed = False
        for name, facet, places in (
            ("Rater", ratings.rater, extremes.rater),
            ("Item", ratings.item, extremes.item),
        ):
            if not kept.any():
                raise InvalidResponses("Every rater gives one category throughout: they tell nobody apart.")
            lowest, highest = ratings.category[kept].min(), ratings.category[kept].max()
            for code in np.unique(facet[kept]):
                given = ratings.category[kept & (facet == code)]
                if lowest < highest and (given == given[0]).all() and given[0] in (lowest, highest):
                    kept &= facet != code
                    places[code] = np.inf if given[0] == lowest else -np.inf
                    changed = True
                    notes.append(f"{name} {code} has only category {given[0]}: no finite estimate, and no say.")
    return kept, extremes, notes


def _is_connected(ratings: _Ratings, kept: NDArray[np.bool_]) -> bool:
    raters = np.unique(ratings.rater[kept], return_inverse=True)[1].reshape(-1)
    persons = np.unique(ratings.person[kept], return_inverse=True)[1].reshape(-1) + raters.max() + 1
    size = int(persons.max()) + 1
    ties = csr_array((np.ones(raters.size), (raters, persons)), shape=(size, size))
    parts, _ = connected_components(ties, directed=False)
    return bool(parts == 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """The ratings that count, as how often each person got each category in each cell (item x rater)."""

    counts: csr_array  # (cells · K, N)
    cell_item: Integers
    cell_rater: Integers
    raters: Integers  # the codes that are fitted
    items: Integers
    categories: int
    spread: Floats  # free parameters -> difficulties, severities, steps; the last free one is log person_sd

    @classmethod
    def of(cls, ratings: _Ratings, kept: NDArray[np.bool_], codes: Integers, categories: int) -> _Model:
        raters, rater = np.unique(ratings.rater[kept], return_inverse=True)
        items, item = np.unique(ratings.item[kept], return_inverse=True)
        cells, cell = np.unique(item.reshape(-1) * raters.size + rater.reshape(-1), return_inverse=True)
        counts = csr_array(
            (np.ones(codes.size), (cell.reshape(-1) * categories + codes, ratings.person[kept])),
            shape=(cells.size * categories, int(ratings.person.max()) + 1),
        )
        blocks = (np.eye(items.size), _sum_to_zero(raters.size), _sum_to_zero(categories - 1))
        spread = np.zeros((sum(len(b) for b in blocks), sum(b.shape[1] for b in blocks)))
        row = column = 0
        for block in blocks:
            spread[row : row + block.shape[0], column : column + block.shape[1]] = block
            row, column = row + block.shape[0], column + block.shape[1]
        return cls(counts, cells // raters.size, cells % raters.size, raters, items, categories, spread)

    def parted(self, free: Floats) -> tuple[Floats, Floats, Floats, float]:
        """Difficulties, severities, steps, person_sd."""
        full = self.spread @ free[:-1]
        first, second = self.items.size, self.items.size + self.raters.size
        return full[:first], full[first:second], full[second:], float(np.exp(free[-1]))

    def logs(self, free: Floats) -> Floats:
        """Log-probability of each category in each cell at each node, shape (cells, K, Q)."""
        difficulty, severity, steps, sd = self.parted(free)
        place = sd * NODES[None, :] - (difficulty[self.cell_item] + severity[self.cell_rater])[:, None]
        exponent = np.arange(self.categories)[None, :, None] * place[:, None, :]
        exponent -= np.concatenate([[0.0], np.cumsum(steps)])[None, :, None]
        top = exponent.max(axis=1, keepdims=True)
        return np.asarray(exponent - top - np.log(np.exp(exponent - top).sum(axis=1, keepdims=True)))

    def posterior(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        """Log-likelihood of each person (N,), posterior over the nodes (N, Q), and the log-probabilities."""
        logs = self.logs(free)
        joint = self.counts.T @ logs.reshape(-1, NODES.size) + np.log(normal_prior(NODES))
        top = joint.max(axis=1, keepdims=True)
        weights = np.exp(joint - top)
        total = weights.sum(axis=1, keepdims=True)
        return np.asarray((top + np.log(total))[:, 0]), weights / total, logs

    def loss(self, free: Floats) -> tuple[float, Floats]:
        """Negative log-likelihood and its slope (Fisher's identity)."""
        likelihoods, posterior, logs = self.posterior(free)
        expected = (self.counts @ posterior).reshape(logs.shape)  # ratings of each category at each node
        excess = expected - np.exp(logs) * expected.sum(axis=1, keepdims=True)
        surplus = np.einsum("k,ckq->cq", np.arange(self.categories), excess)
        by_cell = surplus.sum(axis=1)
        by_step = np.cumsum(excess.sum(axis=(0, 2))[::-1])[::-1][1:]
        slope = -np.concatenate(
            [
                np.bincount(self.cell_item, by_cell, minlength=self.items.size),
                np.bincount(self.cell_rater, by_cell, minlength=self.raters.size),
                by_step,
            ]
        )
        sd = float(np.exp(free[-1]))
        return -float(likelihoods.sum()), -np.append(self.spread.T @ slope, sd * (surplus @ NODES).sum())

    def curvature(self, free: Floats) -> Floats:
        """Observed information, by differences of the slope."""
        columns = []
        for k in range(free.size):
            step = np.zeros(free.size)
            step[k] = STEP
            columns.append((self.loss(free + step)[1] - self.loss(free - step)[1]) / (2 * STEP))
        table = np.stack(columns)
        return np.asarray((table + table.T) / 2)


def _sum_to_zero(size: int) -> Floats:
    """Spread size - 1 free numbers over `size` that sum to zero."""
    return np.vstack([np.eye(size - 1), -np.ones((1, size - 1))]) if size > 1 else np.zeros((size, 0))


def _optimum(model: _Model) -> tuple[Floats, Floats | None, str]:
    """The optimum, the covariance of the free parameters (None where there is none), and what is wrong, or ""."""
    start = np.zeros(model.spread.shape[1] + 1)
    found = minimize(model.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2_000})
    free = np.asarray(found.x, dtype=np.float64)
    for _ in range(NEWTON_STEPS):
        loss, slope = model.loss(free)
        information = model.curvature(free)
        if np.linalg.eigvalsh(information)[0] <= 0:
            return (
                free,
                None,
                "The log-likelihood has no single highest point: the ratings cannot tell the facets apart.",
            )
        step = np.linalg.solve(information, slope)
        if slope @ step / 2 < SMALLEST_GAIN:
            return free, np.asarray(np.linalg.inv(information), dtype=np.float64), ""
        size = 1.0
        while model.loss(free - size * step)[0] > loss and size > 1e-6:
            size /= 2
        free = np.asarray(free - size * step, dtype=np.float64)
    return free, None, f"After {NEWTON_STEPS} Newton steps the log-likelihood still rises."


def _finished(model: _Model, extremes: _Extremes, used: Integers, notes: list[str], *, connected: bool) -> ManyFacet:
    free, covariance, problem = _optimum(model)
    difficulty, severity, steps, sd = model.parted(free)
    first, second = model.items.size, model.items.size + model.raters.size
    errors = np.full(second, np.inf)
    if covariance is not None:
        errors = np.sqrt(np.einsum("fp,pq,fq->f", model.spread, covariance[:-1, :-1], model.spread))[:second]
    likelihoods, posterior, _ = model.posterior(free)
    theta = posterior @ (sd * NODES)
    infit, outfit = _rater_fit(model, free, theta)
    rater_error, item_error = np.full(extremes.rater.size, np.inf), np.full(extremes.item.size, np.inf)
    return ManyFacet(
        rater_severity=_placed(severity, model.raters, extremes.rater),
        rater_standard_error=_placed(errors[first:], model.raters, rater_error),
        item_difficulty=_placed(difficulty, model.items, extremes.item),
        item_standard_error=_placed(errors[:first], model.items, item_error),
        steps=steps,
        categories=tuple(int(code) for code in used),
        person_sd=sd,
        theta=theta,
        standard_error=np.sqrt(np.maximum(posterior @ (sd * NODES) ** 2 - theta**2, 0.0)),
        rater_infit=_placed(infit, model.raters, np.ones(extremes.rater.size)),
        rater_outfit=_placed(outfit, model.raters, np.ones(extremes.rater.size)),
        log_likelihood=float(likelihoods.sum()),
        converged=not problem,
        connected=connected,
        notes=(*notes, problem) if problem else tuple(notes),
    )


def _placed(values: Floats, codes: Integers, background: Floats) -> Floats:
    placed = background.copy()
    placed[codes] = values
    return placed


def _rater_fit(model: _Model, free: Floats, theta: Floats) -> tuple[Floats, Floats]:
    """Infit and outfit of each fitted rater at the persons' EAP."""
    difficulty, severity, steps, _ = model.parted(free)
    rows, persons = model.counts.tocoo().coords
    times = model.counts.tocoo().data
    cell, category = rows // model.categories, rows % model.categories
    place = theta[persons] - difficulty[model.cell_item[cell]] - severity[model.cell_rater[cell]]
    exponent = np.arange(model.categories) * place[:, None] - np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = weights @ np.arange(model.categories)
    variance = np.maximum(weights @ np.arange(model.categories) ** 2 - mean**2, SMALLEST_VARIANCE)
    squares = (category - mean) ** 2
    rater = model.cell_rater[cell]

    def by_rater(values: Floats) -> Floats:
        return np.asarray(np.bincount(rater, times * values, minlength=model.raters.size), dtype=np.float64)

    return by_rater(squares) / by_rater(variance), by_rater(squares / variance) / by_rater(np.ones(rater.size))
