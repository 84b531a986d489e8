"""What a half form says, held against the other half: the one check of a stated confidence that needs no truth.

Items are split at random into halves. Whom the first half awards, the second would award with a probability that the
model states; how many it does award can be counted. Stated confidence that survives this on real responses may be
printed; where it does not, `estimate_stray_share` says how much the posterior has to be softened
(`scoring.misfit_aware`).

The stray share is estimated by the split-half likelihood: standings on the first half and on the second are cut into
tenths, and the table of how many stand in each pair of tenths is compared with the model's table. With stray forms the
table is a mixture of the model's and of one in which the halves know nothing of each other; the mixture's one parameter
is estimated by maximum likelihood over all 100 cells, all persons and all splits. The share that is awarded again is
not looked at.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses, ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.misfit_aware import latent_masses
from scoring.normal import NODES
from scoring.responses import MISSING, ResponseMatrix

TENTHS = 10  # standings on a half form, for the split-half likelihood
SPLITS = 100
FEWEST_ITEMS = 4
DRAWS = 60  # simulated half forms per node; over a hundred splits their error is far under that of the persons
LEAST_MASS = 1e-7  # of a node that anybody is simulated at
EMPTY = 1e-9  # probability of a cell that no simulated half form fell in
RAKING = 100  # rounds; a table of 100 cells with near-equal margins settles in some ten
NEWTON = 60
TOLERANCE = 1e-8
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


@dataclass(frozen=True, slots=True)
class StrayShare:
    """Share of half forms that say nothing of the person, with its standard error from persons.

    `gain` is the split-half log-likelihood won over a share of 0, in total, divided by the number of splits.
    """

    share: float
    standard_error: float
    gain: float


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """One half: posteriors of the persons, and of people simulated at each node, over the nodes."""

    posterior: Floats  # (N, 61)
    simulated: Floats  # (61 * DRAWS, 61), node by node


class _Halves:
    """Random halves of one set of responses."""

    def __init__(self, responses: ResponseMatrix | ArrayLike, items: ItemParameters, density: ArrayLike | None) -> None:
        codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
        if codes.shape[1] != len(items) or len(items) < FEWEST_ITEMS:
            raise InvalidResponses(f"Half forms need {FEWEST_ITEMS} items or more, and parameters of each.")
        codes = codes[(codes != MISSING).all(axis=1)]
        if codes.shape[0] == 0 or (codes >= items.categories).any():
            raise InvalidResponses("Nobody answered every item within its categories: there are no half forms.")
        self.masses: Floats = latent_masses(density, NODES.size).astype(np.float32)
        self.persons, self.items = codes.shape
        probabilities = category_probabilities(items, NODES)
        self._cumulative = np.cumsum(probabilities, axis=2)[:, :, :-1].astype(np.float32)
        self._width = probabilities.shape[2]
        self._logs = np.log(np.maximum(probabilities, EMPTY**3)).transpose(1, 2, 0).astype(np.float32)
        self._chosen = self._one_hot(codes)
        self._held = np.nonzero(self.masses > LEAST_MASS)[0]

    def _one_hot(self, codes: NDArray[np.integer]) -> Floats:
        persons, items = codes.shape
        chosen = np.zeros((persons, items, self._width), dtype=np.float32)
        np.put_along_axis(chosen, np.asarray(codes, dtype=np.int64)[:, :, None], 1.0, axis=2)
        return chosen

    def split(self, rng: np.random.Generator) -> tuple[_Form, _Form]:
        order = rng.permutation(self.items)
        return self._form(np.sort(order[: self.items // 2]), rng), self._form(np.sort(order[self.items // 2 :]), rng)

    def _form(self, columns: NDArray[np.int64], rng: np.random.Generator) -> _Form:
        uniform = rng.random((self._held.size, DRAWS, columns.size, 1), dtype=np.float32)
        above = uniform >= self._cumulative[self._held][:, None, columns, :]
        drawn = above.sum(axis=3).reshape(-1, columns.size)
        simulated = np.zeros((NODES.size, DRAWS, NODES.size), dtype=np.float32)
        simulated[self._held] = self._posterior(self._one_hot(drawn), columns).reshape(self._held.size, DRAWS, -1)
        return _Form(self._posterior(self._chosen[:, columns], columns), simulated.reshape(-1, NODES.size))

    def _posterior(self, chosen: Floats, columns: NDArray[np.int64]) -> Floats:
        logs = chosen.reshape(chosen.shape[0], -1) @ self._logs[columns].reshape(-1, NODES.size)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True)) * self.masses
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)

    def by_node(self, of_simulated: NDArray[np.generic]) -> Doubles:
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
    ScoringError
        When no half awards anybody.
    """
    halves = _Halves(responses, items, density)
    above = _above(halves.masses, quantile)
    base = float(halves.masses @ above)
    least = (confidence - stray_share * base) / (1.0 - stray_share)  # (1 - e) P + e base >= confidence
    once, twice, stated = np.zeros(halves.persons), np.zeros(halves.persons), 0.0
    for _ in range(splits):
        first, second = halves.split(rng)
        awarded = first.posterior @ above >= least
        again = halves.by_node(second.simulated @ above >= least)
        usual = float(halves.masses @ again)
        by_model = float((first.posterior[awarded] @ again).sum())
        linked = (1.0 - stray_share) ** 2
        stated += linked * by_model + (1.0 - linked) * usual * int(awarded.sum())
        once += awarded
        twice += awarded & (second.posterior @ above >= least)
    return _agreement(once, twice, stated, splits)


def _agreement(once: Doubles, twice: Doubles, stated: float, splits: int) -> HalfFormAgreement:
    total = float(once.sum())
    if total == 0.0:
        raise ScoringError("No half form awards anybody, so nothing can be awarded again.")
    observed = float(twice.sum()) / total
    reach = LEVEL_REACH * math.sqrt(float(((twice - observed * once) ** 2).sum())) / total
    interval = (max(0.0, observed - reach), min(1.0, observed + reach))
    return HalfFormAgreement(observed, stated / total, interval, total / (once.size * splits), once.size, splits)


def estimate_stray_share(
    responses: ResponseMatrix | ArrayLike,
    items: ItemParameters,
    *,
    density: ArrayLike | None = None,
    splits: int = SPLITS,
    rng: np.random.Generator,
) -> StrayShare:
    """Estimate the share of stray half forms by the split-half likelihood; see the module.

    The model's table is first given the observed margins (Deming & Stephan 1940), so that only the connection of the
    halves is judged. A pair of halves keeps its connection when neither is stray: with probability (1 - e)².

    Parameters
    ----------
    responses, items, density, splits, rng
        As for `half_form_agreement`.

    Returns
    -------
    StrayShare
    """
    halves = _Halves(responses, items, density)
    ratios = np.empty((splits, halves.persons))
    for split in range(splits):
        first, second = halves.split(rng)
        tenths = [_tenths(half) for half in (first, second)]
        model = _table(halves, first, second)
        counted = np.zeros((TENTHS, TENTHS))
        np.add.at(counted, (tenths[0], tenths[1]), 1.0 / halves.persons)
        raked = _with_margins(model, counted.sum(axis=1), counted.sum(axis=0))
        alone = raked.sum(axis=1)[:, None] * raked.sum(axis=0)[None, :]
        ratios[split] = (raked / alone)[tenths[0], tenths[1]]
    linked, spread, gain = _mixture(ratios)
    share = 1.0 - math.sqrt(linked)
    return StrayShare(share, spread / (2.0 * math.sqrt(linked)), gain)


def _tenths(half: _Form) -> NDArray[np.int64]:
    """In which tenth of the persons each person stands on this half, shape (N,)."""
    standing = half.posterior @ NODES.astype(np.float32)
    return np.searchsorted(_edges(standing), standing)


def _edges(standing: Floats) -> Floats:
    return np.asarray(np.quantile(standing, np.arange(1, TENTHS) / TENTHS), dtype=np.float32)


def _table(halves: _Halves, first: _Form, second: _Form) -> Doubles:
    """Probability under the model of each pair of tenths, shape (10, 10)."""
    chances = []
    for half in (first, second):
        points = NODES.astype(np.float32)
        tenth = np.searchsorted(_edges(half.posterior @ points), half.simulated @ points)
        chances.append(halves.by_node(np.eye(TENTHS)[tenth]))
    return np.asarray((chances[0] * halves.masses[:, None]).T @ chances[1] + EMPTY)


def _with_margins(table: Doubles, rows: Doubles, columns: Doubles) -> Doubles:
    rows, columns = rows + EMPTY, columns + EMPTY
    for _ in range(RAKING):
        table = table * (rows / table.sum(axis=1))[:, None]
        table = table * (columns / table.sum(axis=0))[None, :]
    return np.asarray(table / table.sum())


def _mixture(ratios: Doubles) -> tuple[float, float, float]:
    """Weight of the connected part, its standard error from persons, and the log-likelihood won; all (S, N) ratios.

    log(w r + 1 - w) is concave in w, so Newton's steps within 0 … 1 find the one maximum.
    """
    off = ratios - 1.0
    weight = 1.0
    for _ in range(NEWTON):
        score = off / (1.0 + weight * off)
        step = float(score.sum()) / float((score**2).sum())
        moved = min(1.0, max(0.5 * weight, weight + step))
        if abs(moved - weight) < TOLERANCE:
            break
        weight = moved
    score = off / (1.0 + weight * off)
    by_person = score.sum(axis=0)
    spread = math.sqrt(float((by_person**2).sum())) / float((score**2).sum())
    gain = float((np.log1p(weight * off) - np.log(ratios)).sum()) / ratios.shape[0]
    return weight, spread, gain


def _above(masses: Floats, quantile: float) -> Floats:
    """Part of each node's cell that lies above the quantile, shape (61,)."""
    if not 0.0 < quantile < 1.0:
        raise ScoringError(f"A cut is a quantile between 0 and 1; got {quantile}.")
    upper = np.cumsum(masses, dtype=np.float64)
    part = (upper - quantile * upper[-1]) / np.maximum(masses, np.finfo(np.float32).tiny)
    return np.asarray(np.clip(part, 0.0, 1.0), dtype=np.float32)
