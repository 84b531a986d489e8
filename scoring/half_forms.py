"""What a half form says, held against the other half: the one check of a stated confidence that needs no truth.

Items are split at random into halves. Whom the first half awards, the second would award with a probability that the
model states; how many it does award can be counted. Stated confidence that survives this on real responses may be
printed; where it does not, `estimate_stray_share` says how much the posterior has to be softened
(`scoring.misfit_aware`).

The stray share is estimated by the split-half likelihood where the decision is: people's standings on the first half,
in tenths that grow finer towards the top, against whether they stand in the top tenth on the second. With stray forms
that table is a mixture of the model's and of those in which one half or both come from anybody; the mixture's one
parameter is estimated by maximum likelihood over all cells, persons and splits. What a half awards, and how often it
is awarded again, is not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.continuous import KERNEL_STEPS, refuse_cut
from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities, log_likelihood
from scoring.items import ItemParameters
from scoring.latent_density import estimate_latent_density
from scoring.misfit_aware import STRAY_MASSES, misfit_aware
from scoring.normal import NODES, normal_distribution, normal_prior
from scoring.responses import MISSING, ResponseMatrix

STANDINGS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98])
TOP = np.array([0.9])
SPLITS = 100
FEWEST_ITEMS = 4
DRAWS = 60  # simulated half forms per node; over a hundred splits their error is far under that of the persons
EMPTY = 1e-9  # probability of a cell that no simulated half form fell in
SAME = 1e-4  # logits; standings of one response pattern differ by rounding
ROUNDS = 2  # of density and stray share; a third moves the share by less than a tenth of its standard error
RAKING = 30  # rounds; a table of two columns settles in some ten
GREATEST_SHARE = 0.25
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
TOLERANCE = 1e-5  # of the share
DIFFERENCE = 1e-4  # of the share, to either side, for scores and curvature
LEVEL_REACH = 1.959963984540054  # standard errors to either side of a 95 % interval
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HalfFormAgreement:
    """How many of those awarded by one half are awarded by the other.

    Attributes
    ----------
    observed, predicted : float
        Share awarded again; the mean stated probability of it.
    interval : (float, float)
        95 % interval of `observed`, from persons: each counts once, however many splits award them.
    awarded : float
        Share awarded by a half.
    n : int
        Persons with a response to every item.
    splits : int
    """

    observed: float
    predicted: float
    interval: tuple[float, float]
    awarded: float
    n: int
    splits: int

    @property
    def is_predicted(self) -> bool:
        """Whether the prediction lies inside the observed interval."""
        return self.interval[0] <= self.predicted <= self.interval[1]


@dataclass(frozen=True, slots=True, eq=False)
class StrayShare:
    """Share of forms that say nothing of the person, and the latent density that goes with it.

    Attributes
    ----------
    share, standard_error : float
        The error is from persons; infinite where the share lies at an end of its range.
    gain : float
        Split-half log-likelihood won over a share of 0, per split.
    density : ndarray, shape (61,)
        Masses over `scoring.normal.NODES`, estimated with the share.
    """

    share: float
    standard_error: float
    gain: float
    density: Doubles


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """One half: likelihoods of the persons, and of people simulated at each node, over the nodes."""

    persons: Floats  # (N, 61)
    simulated: Floats  # (61 * DRAWS, 61), node by node


class _Halves:
    """Random halves of one set of responses."""

    def __init__(self, responses: ResponseMatrix | ArrayLike, items: ItemParameters) -> None:
        self.codes = _complete(responses, items)
        self.persons, self.items = self.codes.shape
        probabilities = category_probabilities(items, NODES)
        self._cumulative = np.cumsum(probabilities, axis=2)[:, :, :-1].astype(np.float32)
        self._width = probabilities.shape[2]
        self._logs = np.log(np.maximum(probabilities, EMPTY**3)).transpose(1, 2, 0).astype(np.float32)
        self._chosen = self._one_hot(self.codes)

    def _one_hot(self, codes: NDArray[np.integer]) -> Floats:
        persons, items = codes.shape
        chosen = np.zeros((persons, items, self._width), dtype=np.float32)
        np.put_along_axis(chosen, np.asarray(codes, dtype=np.int64)[:, :, None], 1.0, axis=2)
        return chosen

    def split(self, rng: np.random.Generator) -> tuple[_Form, _Form]:
        order = rng.permutation(self.items)
        return self._form(np.sort(order[: self.items // 2]), rng), self._form(np.sort(order[self.items // 2 :]), rng)

    def _form(self, columns: NDArray[np.int64], rng: np.random.Generator) -> _Form:
        uniform = rng.random((NODES.size, DRAWS, columns.size, 1), dtype=np.float32)
        drawn = (uniform >= self._cumulative[:, None, columns, :]).sum(axis=3).reshape(-1, columns.size)
        return _Form(
            self._likelihood(self._chosen[:, columns], columns), self._likelihood(self._one_hot(drawn), columns)
        )

    def _likelihood(self, chosen: Floats, columns: NDArray[np.int64]) -> Floats:
        logs = chosen.reshape(chosen.shape[0], -1) @ self._logs[columns].reshape(-1, NODES.size)
        return np.asarray(np.exp(logs - logs.max(axis=1, keepdims=True)), dtype=np.float32)


def _complete(responses: ResponseMatrix | ArrayLike, items: ItemParameters) -> NDArray[np.int8]:
    codes: NDArray[np.int8] = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    if codes.shape[1] != len(items) or len(items) < FEWEST_ITEMS:
        raise InvalidResponses(f"Half forms need {FEWEST_ITEMS} items or more, and parameters of each.")
    codes = codes[(codes != MISSING).all(axis=1)]
    if codes.shape[0] == 0 or (codes >= items.categories).any():
        raise InvalidResponses("Nobody answered every item within its categories: there are no half forms.")
    return np.asarray(codes)


def _by_node(of_simulated: NDArray[np.generic]) -> Doubles:
    """Mean at each node of what is given of simulated people, shape (61, …)."""
    given = np.asarray(of_simulated, dtype=np.float64)
    return np.asarray(given.reshape(NODES.size, DRAWS, *given.shape[1:]).mean(axis=1))


def half_form_agreement(
    responses: ResponseMatrix | ArrayLike,
    items: ItemParameters,
    *,
    density: ArrayLike | None = None,
    stray_share: float = 0.0,
    quantile: float = 0.90,
    cut: tuple[float, float] | None = None,
    confidence: float = 0.50,
    splits: int = SPLITS,
    rng: np.random.Generator,
) -> HalfFormAgreement:
    """Award by one half, and count how often the other half awards again.

    Parameters
    ----------
    responses : ResponseMatrix or array-like, shape (N, J)
        Persons who left an item out are left out.
    items : ItemParameters of the whole form.
    density : array-like, shape (61,), optional
        Latent masses over `scoring.normal.NODES`; by default N(0, 1).
    stray_share : float
        Of half forms; the posterior is softened by it.
    quantile : float
        The cut, as a share of the latent distribution below it.
    cut : (theta, standard error), optional
        A cut as a norm gives it, in place of the quantile; people above it are read off as in a sitting.
    confidence : float
        P(theta >= cut) from which a half awards.
    splits : int
        Random halves.
    rng : numpy.random.Generator

    Returns
    -------
    HalfFormAgreement

    Raises
    ------
    InvalidResponses
        For too few items, or when nobody answered all of them.
    ScoringError
        When no half awards anybody, or for a density, quantile, share or number of splits that is none.
    """
    _check_splits(splits)
    halves = _Halves(responses, items)
    masses = _masses(density)
    above = _above(masses, quantile) if cut is None else _above_cut(*cut)
    _check_share(stray_share)
    once, twice, stated = np.zeros(halves.persons), np.zeros(halves.persons), 0.0
    for _ in range(splits):
        first, second = halves.split(rng)
        posterior = _posterior(first.persons, masses, stray_share)
        awarded = posterior @ above >= confidence
        again = _by_node(_posterior(second.simulated, masses, stray_share) @ above >= confidence)
        by_model = float((posterior[awarded] @ again).sum())
        stated += (1.0 - stray_share) * by_model + stray_share * float(STRAY_MASSES @ again) * int(awarded.sum())
        once += awarded
        twice += awarded & (_posterior(second.persons, masses, stray_share) @ above >= confidence)
    return _agreement(once, twice, stated, splits)


def _posterior(likelihood: Floats, masses: Doubles, stray_share: float) -> Floats:
    anybody = likelihood @ STRAY_MASSES.astype(np.float32)
    weights = ((1.0 - stray_share) * likelihood + stray_share * anybody[:, None]) * masses.astype(np.float32)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _agreement(once: Doubles, twice: Doubles, stated: float, splits: int) -> HalfFormAgreement:
    total = float(once.sum())
    if total == 0.0:
        raise ScoringError("No half form awards anybody, so nothing can be awarded again.")
    observed = float(twice.sum()) / total
    reach = LEVEL_REACH * math.sqrt(float(((twice - observed * once) ** 2).sum())) / total
    interval = (max(0.0, observed - reach), min(1.0, observed + reach))
    return HalfFormAgreement(observed, stated / total, interval, total / (once.size * splits), once.size, splits)


def estimate_stray_share(
    responses: ResponseMatrix | ArrayLike, items: ItemParameters, *, splits: int = SPLITS, rng: np.random.Generator
) -> StrayShare:
    """Estimate the share of stray half forms, and the latent density with it; see the module.

    Every table is given the observed margins (Deming & Stephan 1940), so that only the connection of the halves is
    judged, not the model's idea of how many stand where.

    Parameters
    ----------
    responses, items, splits, rng
        As for `half_form_agreement`.

    Returns
    -------
    StrayShare

    Raises
    ------
    InvalidResponses
        For too few items, or when nobody answered all of them.
    ScoringError
        Without a split.
    """
    _check_splits(splits)
    halves = _Halves(responses, items)
    logs = log_likelihood(halves.codes, items, NODES)
    seeds = rng.integers(2**32, size=splits)
    share = 0.0
    for _ in range(ROUNDS):
        density = estimate_latent_density(misfit_aware(logs, share), NODES).masses
        tables = _Tables([_table(halves.split(np.random.default_rng(seed)), density) for seed in seeds])
        share = _highest(tables)
    return StrayShare(share, _error(tables, share), (_height(tables, share) - _height(tables, 0.0)) / splits, density)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Standings on two halves: cells of the persons, counts, and the model's parts of the mixture."""

    cells: tuple[NDArray[np.int64], NDArray[np.int64]]
    counts: Doubles
    linked: Doubles
    one_stray: Doubles
    both_stray: Doubles


class _Tables:
    """One table for each split, all computed at once: a hundred of thirty cells each would mostly be waiting."""

    def __init__(self, tables: list[_Table]) -> None:
        self.cells = [table.cells for table in tables]
        self.counts = np.stack([table.counts for table in tables])  # (splits, standings, 2), as the three below
        self._linked = np.stack([table.linked for table in tables])
        self._one_stray = np.stack([table.one_stray for table in tables])
        self._both_stray = np.stack([table.both_stray for table in tables])
        observed = self.counts / self.counts.sum(axis=(1, 2), keepdims=True)
        self._margins = [observed.sum(axis=axis, keepdims=True) + EMPTY for axis in (2, 1)]

    def logs(self, share: float) -> Doubles:
        """Log-probability of each cell, with the observed margins."""
        kept = 1.0 - share
        table = kept**2 * self._linked + kept * share * self._one_stray + share**2 * self._both_stray + EMPTY
        for _ in range(RAKING):
            for axis, margin in zip((2, 1), self._margins, strict=True):
                table *= margin / table.sum(axis=axis, keepdims=True)
        return np.asarray(np.log(table / table.sum(axis=(1, 2), keepdims=True)))


def _table(halves: tuple[_Form, _Form], density: Doubles) -> _Table:
    cells, chances = [], []
    for half, shares in zip(halves, (STANDINGS, TOP), strict=True):
        standing, drawn = (_standing(likelihood, density) for likelihood in (half.persons, half.simulated))
        edges = np.quantile(standing, shares) - SAME
        cells.append(np.searchsorted(edges, standing, side="right"))
        chances.append(_by_node(np.eye(edges.size + 1)[np.searchsorted(edges, drawn, side="right")]))
    counts = np.zeros((STANDINGS.size + 1, TOP.size + 1))
    np.add.at(counts, (cells[0], cells[1]), 1.0)
    usual, astray = ([masses @ chance for chance in chances] for masses in (density, STRAY_MASSES))
    linked = (chances[0] * density[:, None]).T @ chances[1]
    return _Table(
        (cells[0], cells[1]),
        counts,
        np.asarray(linked),
        np.outer(astray[0], usual[1]) + np.outer(usual[0], astray[1]),
        np.outer(astray[0], astray[1]),
    )


def _standing(likelihood: Floats, density: Doubles) -> Doubles:
    """Posterior mean under the model itself, shape (N,)."""
    weights = likelihood @ np.stack([density * NODES, density], axis=1).astype(np.float32)
    return np.asarray(weights[:, 0].astype(float) / weights[:, 1])


def _height(tables: _Tables, share: float) -> float:
    return float((tables.counts * tables.logs(share)).sum())


def _highest(tables: _Tables) -> float:
    """Share of the greatest split-half likelihood, by golden section."""
    low, high = 0.0, GREATEST_SHARE
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_inner, at_outer = _height(tables, inner), _height(tables, outer)
    while high - low > TOLERANCE:
        if at_inner > at_outer:
            high, outer, at_outer = outer, inner, at_inner
            inner = high - GOLDEN * (high - low)
            at_inner = _height(tables, inner)
        else:
            low, inner, at_inner = inner, outer, at_outer
            outer = low + GOLDEN * (high - low)
            at_outer = _height(tables, outer)
    best = 0.5 * (low + high)
    return best if _height(tables, best) > _height(tables, 0.0) else 0.0


def _error(tables: _Tables, share: float) -> float:
    """Standard error from persons: each has one score, the sum over the splits (White 1982)."""
    if not DIFFERENCE < share < GREATEST_SHARE - DIFFERENCE:
        return math.inf
    lower, middle, upper = (tables.logs(share + off) for off in (-DIFFERENCE, 0.0, DIFFERENCE))
    slopes = (upper - lower) / (2.0 * DIFFERENCE)
    scores: Doubles = sum(slope[cells] for slope, cells in zip(slopes, tables.cells, strict=True))
    curvature = -float((tables.counts * (upper - 2.0 * middle + lower)).sum()) / DIFFERENCE**2
    return math.sqrt(float((scores**2).sum())) / curvature if curvature > 0 else math.inf


def _masses(density: ArrayLike | None) -> Doubles:
    """Masses that sum to one, shape (61,); N(0, 1) when none are given."""
    masses = normal_prior(NODES) if density is None else np.asarray(density, dtype=float).reshape(-1)
    if masses.size != NODES.size or not np.isfinite(masses).all() or (masses < 0).any() or masses.sum() <= 0:
        raise ScoringError(f"A latent density needs {NODES.size} finite masses, none below zero, not all zero.")
    return np.asarray(masses / masses.sum())


def _check_splits(splits: int) -> None:
    if splits < 1:
        raise ScoringError(f"Half forms need one split at least; got {splits}.")


def _check_share(stray_share: float) -> None:
    if not 0.0 <= stray_share < 1.0:
        raise ScoringError(f"A stray share is at least 0 and below 1; got {stray_share}.")


def _above(masses: Doubles, quantile: float) -> Floats:
    """Part of each node's cell that lies above the quantile, shape (61,)."""
    if not 0.0 < quantile < 1.0:
        raise ScoringError(f"A cut is a quantile between 0 and 1; got {quantile}.")
    part = (np.cumsum(masses) - quantile) / np.maximum(masses, np.finfo(float).tiny)
    return np.asarray(np.clip(part, 0.0, 1.0), dtype=np.float32)


def _above_cut(cut: float, cut_se: float) -> Floats:
    """P(theta >= cut) at each node, over the cut's own error and the kernel of a sitting's posterior, shape (61,)."""
    refuse_cut(cut, cut_se)
    spread = math.hypot(KERNEL_STEPS * float(NODES[1] - NODES[0]), cut_se)
    return np.asarray(normal_distribution((NODES - cut) / spread), dtype=np.float32)
