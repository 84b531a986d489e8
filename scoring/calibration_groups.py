"""Calibration where something is given or something more is free: groups, anchors, fixed slopes, ridge.

Persons come in groups whose latent means and standard deviations may be estimated; any item parameter may be given
instead of estimated. The climb is that of `calibration_fit`, over a longer list of parameters: what is free of the
items, then the free means, then the logarithms of the free standard deviations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from scoring.calibration_data import PreparedResponses
from scoring.calibration_design import Design
from scoring.calibration_expectation import Expectation, Passes
from scoring.calibration_fit import (
    EM_PASSES,
    EXACT_INFORMATION,
    LONGEST_STEP,
    LOOSE,
    NEAR,
    NEWTON_PASSES,
    NEWTON_RENEWED,
    NOBODY,
    ROWS_PER_PARAMETER,
    START_PERSONS,
    STEEPEST_SLOPE,
    SUBSET,
    Climb,
    Information,
    Memory,
    climb_up,
    complete_information,
    em_step,
    newton_step,
    start_values,
)
from scoring.calibration_models import SMALLEST, Bools, Floats, Nominal
from scoring.calibration_parts import PartsHere, Placing
from scoring.responses import MISSING

NARROWEST = 0.05  # logits; a latent standard deviation below a quarter of the grid's step is none
FARTHEST_PARAMETER = 60.0  # logits; an option whose slope or intercept passes this has run away
FARTHEST_START = 8.0  # logits
SURER_PASSES = 25
ROUNDS_IF_SINGULAR = 2
ROUNDS = 8  # information matrices; data that need more have no maximum


@dataclass(frozen=True, slots=True, eq=False)
class GroupFitted:
    """Where the climb ended.

    `table` holds all parameters, (J, W); `covariance` those that exist, item by item, zero where given; `posterior` is
    (G, Q).
    """

    table: Floats
    covariance: Floats
    log_likelihood: float
    posterior: Floats
    means: Floats
    sds: Floats
    mean_errors: Floats
    sd_errors: Floats
    passes: int
    problems: tuple[str, ...]
    is_determined: bool


@dataclass(frozen=True, slots=True, eq=False)
class GroupPasses:
    """Persons of each group, and expected counts (J, K, Q) of those the ridge adds."""

    groups: tuple[Passes, ...]
    pseudo: Floats

    @classmethod
    def of(
        cls, data: PreparedResponses, size: int, pseudo: Floats, kernels: ModuleType | None, placing: Placing
    ) -> GroupPasses:
        """Sort the rows into groups, each held where `placing` says."""
        everyone = Passes.of(data, kernels)
        if size == 1:
            return cls((everyone.placed_by(placing),), pseudo)
        groups = (everyone.take(np.nonzero(data.groups == g)[0]) for g in range(size))
        return cls(tuple(group.placed_by(placing) for group in groups), pseudo)

    @property
    def weight(self) -> float:
        """Persons, weighted."""
        return float(sum(part.weights.sum() for part in self.groups))

    @property
    def is_plain(self) -> bool:
        """Whether every person counts once."""
        return all(np.allclose(part.squares, part.weights, atol=0.0) for part in self.groups)

    def subset(self, rows: int) -> GroupPasses:
        """Every so-manieth row of every group, as many for each as all groups together need."""
        total = max(sum(part.weights.size for part in self.groups), 1)
        sizes = [max(round(rows * part.weights.size / total), 1) for part in self.groups]
        return GroupPasses(tuple(part.subset(size) for part, size in zip(self.groups, sizes, strict=True)), self.pseudo)

    def joined(self) -> Passes:
        """All rows as one, for start values; never compiled."""
        return Passes(
            np.concatenate([part.codes for part in self.groups]),
            np.concatenate([part.weights for part in self.groups]),
            np.concatenate([part.squares for part in self.groups]),
            None,
            None,
        )

    def expectation(self, probabilities: Floats, prior: Floats, *, single: bool) -> Expectation:
        """Sums over all groups under their priors (G, Q); the posterior is (G, Q) too."""
        parts = [
            part.expectation(probabilities, own, single=single) for part, own in zip(self.groups, prior, strict=True)
        ]
        height = sum(part.log_likelihood for part in parts) + self.bonus(probabilities)
        counts = np.sum([part.counts for part in parts], axis=0) + self.pseudo
        return Expectation(height, counts, np.array([part.posterior for part in parts]))

    def bonus(self, probabilities: Floats) -> float:
        """Log-likelihood of the ridge's persons."""
        return float((self.pseudo * np.log(np.maximum(probabilities, SMALLEST))).sum())


@dataclass(slots=True)
class GroupClimb(Climb):
    """A climb over item parameters, and means and log standard deviations of groups."""

    design: Design = field(kw_only=True)

    def split(self, x: Floats) -> tuple[Floats, Floats]:
        """Slopes and other parameters, given ones included."""
        table = self.design.given.copy()
        table[self.live] = x[: self.items]
        return table[:, 0], table[:, 1:]

    @property
    def items(self) -> int:
        """How many parameters are the items'."""
        return int(self.live.sum())

    @property
    def latent_free(self) -> Bools:
        """Which of mean and log sd of each group are estimated, (G, 2)."""
        return np.stack([self.design.free_means, self.design.free_sds], axis=1)

    def latent(self, x: Floats) -> tuple[Floats, Floats]:
        """Means and standard deviations of the groups."""
        means, logs = np.zeros(self.design.free_means.size), np.zeros(self.design.free_sds.size)
        first = self.items + int(self.design.free_means.sum())
        means[self.design.free_means] = x[self.items : first]
        logs[self.design.free_sds] = x[first:]
        return means, np.exp(logs)

    def in_order(self, by_group: Floats) -> Floats:
        """Free entries of a (G, 2) table as they stand in x: means, then log sds."""
        return np.concatenate([by_group[self.design.free_means, 0], by_group[self.design.free_sds, 1]])

    def prior_at(self, x: Floats) -> Floats:
        """Latent densities of the groups, (G, Q)."""
        means, sds = self.latent(x)
        logs = -0.5 * ((self.nodes - means[:, None]) / sds[:, None]) ** 2
        masses = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(masses / masses.sum(axis=1, keepdims=True))

    def latent_scores(self, x: Floats) -> Floats:
        """Derivatives of the groups' log densities by mean and log sd, (G, 2, Q), exact on the grid."""
        means, sds = self.latent(x)
        z = (self.nodes - means[:, None]) / sds[:, None]
        raw = np.stack([z / sds[:, None], z**2], axis=1)
        return np.asarray(raw - np.einsum("gpq,gq->gp", raw, self.prior_at(x))[:, :, None])

    def is_possible(self, x: Floats) -> bool:
        """Whether parameters are finite, of the model, and groups on the grid."""
        if not np.isfinite(x).all():
            return False
        means, sds = self.latent(x)
        reach = float(np.abs(self.nodes).max())
        on_grid = (np.abs(means) <= reach).all() and (sds > NARROWEST * 0.999).all() and (sds < reach * 1.001).all()
        return bool(on_grid and (self.model.is_valid(self.split(x)[1]) | ~self.live.any(axis=1)).all())

    def bounded(self, x: Floats) -> Floats:
        """Slopes brought back to the steepest, intercepts in proportion; groups brought back to the grid."""
        slopes, intercepts = self.split(x)
        table = np.concatenate([slopes[:, None], intercepts], axis=1)
        if isinstance(self.model, Nominal):
            table = np.clip(table, -FARTHEST_PARAMETER, FARTHEST_PARAMETER)
        else:
            table *= np.minimum(1.0, STEEPEST_SLOPE / np.maximum(np.abs(slopes), STEEPEST_SLOPE))[:, None]
        reach = float(np.abs(self.nodes).max())
        first = self.items + int(self.design.free_means.sum())
        means, logs = x[self.items : first], x[first:]
        return np.concatenate(
            [table[self.live], np.clip(means, -reach, reach), np.clip(logs, np.log(NARROWEST), np.log(reach))]
        )

    def maximised(self, x: Floats, reached: Expectation) -> Floats:
        """Fisher scoring of the items and, beside them, of each group's mean and log sd."""
        items = self.items_maximised(x, reached.counts)[self.live]
        step = np.zeros(self.latent_free.shape)
        whole = zip(self.latent_scores(x), self.prior_at(x), reached.posterior, strict=True)
        for g, (scores, prior, mass) in enumerate(whole):
            own = scores[self.latent_free[g]]
            information = (own * prior) @ own.T * mass.sum()
            information += np.eye(own.shape[0]) * (1e-10 + 1e-10 * np.trace(information))
            moved = np.clip(np.linalg.solve(information, own @ mass), -LONGEST_STEP, LONGEST_STEP)
            step[g, self.latent_free[g]] = moved
        return self.bounded(np.concatenate([items, x[self.items :] + self.in_order(step)]))

    def gradient(self, x: Floats, reached: Expectation) -> Floats:
        """Gradient of the marginal log-likelihood, by Fisher's identity."""
        slopes, intercepts = self.split(x)
        items = self.model.gradient(reached.counts, slopes, intercepts, self.nodes)[0][self.live]
        latent = np.einsum("gpq,gq->gp", self.latent_scores(x), reached.posterior)
        return np.concatenate([items, self.in_order(latent)])


def fit_groups(
    data: PreparedResponses,
    design: Design,
    nodes: Floats,
    *,
    tolerance: float,
    kernels: ModuleType | None,
    placing: Placing = PartsHere,
    exact: bool = True,
) -> GroupFitted:
    """Climb from start values to the maximum.

    `exact` asks for second derivatives where they are affordable; without it, products of scores serve for the steps,
    and standard errors mean less.
    """
    prior = np.exp(-0.5 * nodes**2)
    prior /= prior.sum()
    exists = np.arange(int(data.categories.max()))[None, :] < data.categories[:, None]
    pseudo = np.where(exists, design.ridge / data.categories[:, None], 0.0)[:, :, None] * prior
    everyone = GroupPasses.of(data, design.free_means.size, pseudo, kernels, placing)
    climb = GroupClimb(model=design.model, nodes=nodes, prior=prior, live=design.free, design=design)
    some = everyone.subset(SUBSET)
    x = climb.bounded(_start(climb, some, data))
    em = em_step(climb, some)
    if design.start is None:
        x, _ = climb_up(climb, em, x, tolerance=LOOSE, single=False, most=EM_PASSES, memory=Memory())
    share = some.weight / everyone.weight
    information = _information(climb, x, some, exact=exact)
    for round_ in range(ROUNDS):
        taken_at = x
        newton = newton_step(climb, everyone, information, share)
        x, arrived = climb_up(climb, newton, x, tolerance=tolerance, single=False, most=NEWTON_PASSES, memory=Memory())
        if arrived and (not exact or np.abs(x - taken_at).max() < NEWTON_RENEWED):
            break
        if round_ >= ROUNDS_IF_SINGULAR and not information.is_definite:
            break
        if not arrived:  # Newton's steps lead nowhere from here: some of the surer kind
            surer = em_step(climb, everyone)
            x, _ = climb_up(climb, surer, x, tolerance=tolerance, single=False, most=SURER_PASSES, memory=Memory())
        information = _information(climb, x, some, exact=exact)
    return _proved(climb, x, everyone, information=information, share=share, tolerance=tolerance)


def _start(climb: GroupClimb, data: GroupPasses, prepared: PreparedResponses) -> Floats:
    """Start values of everything free; groups begin at N(0, 1) unless told otherwise."""
    design = climb.design
    means, sds = np.zeros(design.free_means.size), np.ones(design.free_sds.size)
    if design.start is not None:
        table = design.start
        means = means if design.start_means is None else design.start_means
        sds = sds if design.start_sds is None else design.start_sds
    elif isinstance(design.model, Nominal):
        table = _nominal_start(data.subset(START_PERSONS).joined(), prepared.categories, design.exists)
    else:
        whole = Climb(design.model, climb.nodes, climb.prior, design.exists)
        table = np.zeros(design.exists.shape)
        table[design.exists] = start_values(whole, data.subset(START_PERSONS).joined())
    latent = climb.in_order(np.stack([means, np.log(sds)], axis=1))
    return np.concatenate([table[design.free], latent])


def _nominal_start(data: Passes, categories: NDArray[np.int64], exists: Bools) -> Floats:
    """Categories placed by the first dimension of multiple correspondence analysis: no order is assumed.

    A category's slope begins in proportion to the mean place of those who chose it, its intercept at its share.
    """
    widest = int(categories.max())
    chosen = (data.codes[:, :, None] == np.arange(widest)).reshape(data.weights.size, -1).astype(float)
    answered = np.maximum((data.codes != MISSING).sum(axis=1), 1)
    size = np.maximum(data.weights @ chosen, 1e-6)
    root = np.sqrt(size)
    together = (chosen * (data.weights / answered)[:, None]).T @ chosen / np.outer(root, root)
    values, vectors = np.linalg.eigh(together - np.outer(root, root) / (root @ root))  # less the trivial dimension
    place = chosen @ (vectors[:, int(np.argmax(values))] / root) / answered
    place -= np.average(place, weights=data.weights)
    place /= max(float(np.sqrt(np.average(place**2, weights=data.weights))), np.finfo(float).tiny)
    slopes = 1.5 * ((data.weights * place) @ chosen / size).reshape(-1, widest)
    slopes = slopes if (slopes * np.arange(widest)).sum() >= 0 else -slopes
    intercepts = np.log(size).reshape(-1, widest) - 0.5 * slopes**2
    table = np.concatenate([slopes[:, 1:] - slopes[:, :1], intercepts[:, 1:] - intercepts[:, :1]], axis=1)
    return np.where(exists, np.clip(table, -FARTHEST_START, FARTHEST_START), 0.0)


def _information(climb: GroupClimb, x: Floats, data: GroupPasses, *, exact: bool) -> Information:
    """Observed information about everything free, and the summed products of weighted scores."""
    slopes, intercepts = climb.split(x)
    probabilities = climb.model.probabilities(slopes, intercepts, climb.nodes)
    table = climb.model.slope_of_log(slopes, intercepts, climb.nodes)
    table = np.where(probabilities[:, :, None, :] > 0, table, 0.0)
    priors, latent = climb.prior_at(x), climb.latent_scores(x)
    rows = sum(part.weights.size for part in data.groups)
    cost = float(rows) * climb.nodes.size * x.size**2
    exact = exact and (cost <= EXACT_INFORMATION or rows < ROWS_PER_PARAMETER * x.size)
    products, squares, spread = (np.zeros((x.size, x.size)) for _ in range(3))
    for g, part in enumerate(data.groups):
        posterior = part.posteriors(probabilities, priors[g])
        own = np.zeros((2 * priors.shape[0], climb.nodes.size))
        own.reshape(-1, 2, climb.nodes.size)[g] = latent[g]
        own = np.stack([climb.in_order(column.reshape(-1, 2)) for column in own.T], axis=1)  # (latent parameters, Q)
        scores = np.concatenate([_item_scores(part, posterior, table, climb.live), posterior @ own.T], axis=1)
        products += (scores * part.weights[:, None]).T @ scores
        squares += (scores * part.squares[:, None]).T @ scores
        if exact:
            spread += _spread_of(part, posterior, table, own, climb.live)
    if exact:
        reached = climb.expectation(x, data, single=False)
        complete = np.zeros((x.size, x.size))
        complete[: climb.items, : climb.items] = complete_information(climb, slopes, intercepts, reached.counts)
        complete[climb.items :, climb.items :] = _latent_information(climb, x, reached.posterior)
        matrix = complete + products - spread
    else:
        matrix = products
        matrix[: climb.items, : climb.items] += complete_information(climb, slopes, intercepts, data.pseudo)
    return Information.of(matrix, squares)


def _item_scores(part: Passes, posterior: Floats, table: Floats, live: Bools) -> Floats:
    """Gradient of each row's log-likelihood by the free item parameters."""
    columns = []
    for j, free in enumerate(live):
        own = np.zeros((part.weights.size, int(free.sum())))
        for k in range(table.shape[1]):
            rows = np.nonzero(part.codes[:, j] == k)[0]
            own[rows] = posterior[rows] @ table[j, k][free].T
        columns.append(own)
    return np.concatenate(columns, axis=1) if columns else np.zeros((part.weights.size, 0))


def _spread_of(part: Passes, posterior: Floats, table: Floats, latent: Floats, live: Bools) -> Floats:
    """Sum over persons and nodes of the products of complete-data scores (Louis 1982)."""
    size = int(live.sum()) + latent.shape[0]
    total = np.zeros((size, size))
    for q in np.nonzero(posterior.max(axis=0, initial=0.0) > NOBODY)[0]:
        looks = [np.concatenate([table[j][:, free, q], np.zeros((1, int(free.sum())))]) for j, free in enumerate(live)]
        items = [look[part.codes[:, j]] for j, look in enumerate(looks)]  # MISSING, -1, takes the last row
        each = np.concatenate([*items, np.tile(latent[:, q], (part.weights.size, 1))], axis=1)
        total += (each * (part.weights * posterior[:, q])[:, None]).T @ each
    return total


def _latent_information(climb: GroupClimb, x: Floats, posterior: Floats) -> Floats:
    """Minus the second derivatives of the groups' expected log densities by mean and log sd."""
    scores, priors = climb.latent_scores(x), climb.prior_at(x)
    groups = priors.shape[0]
    full = np.zeros((2 * groups, 2 * groups))
    for g in range(groups):
        block = (scores[g] * priors[g]) @ scores[g].T * posterior[g].sum()
        left = scores[g] @ posterior[g]  # zero at the maximum
        block += np.array([[0.0, 2 * left[0]], [2 * left[0], 2 * left[1]]])
        full[2 * g : 2 * g + 2, 2 * g : 2 * g + 2] = block
    place = climb.in_order(np.arange(2 * groups, dtype=float).reshape(-1, 2)).astype(int)
    return np.asarray(full[np.ix_(place, place)])


def _proved(
    climb: GroupClimb, x: Floats, everyone: GroupPasses, *, information: Information, share: float, tolerance: float
) -> GroupFitted:
    """One unaccelerated pass from the end: nothing may move, and nothing have run into a bound."""
    here = climb.expectation(x, everyone, single=False)
    slopes, intercepts = climb.split(x)
    problems = _run_away(climb, x)
    moved = float(np.abs(climb.maximised(x, here) - x).max(initial=0.0))
    distance = climb.moved(x, share * information.inverse @ climb.gradient(x, here)) - x
    left = float(np.abs(distance).max(initial=0.0))
    if moved > NEAR * tolerance or left > NEAR * tolerance:
        problems.append(
            f"No maximum was reached in {climb.passes} passes: last steps still moved by {moved:.1e} and {left:.1e}."
        )
    if not information.is_definite:
        problems.append("The information matrix is singular: the responses do not determine every parameter.")
    inverse = share * information.inverse
    covariance = inverse if everyone.is_plain else inverse @ (information.squares / share) @ inverse
    full = np.zeros((int(climb.design.exists.sum()),) * 2)
    free = climb.live[climb.design.exists]
    full[np.ix_(free, free)] = covariance[: climb.items, : climb.items]
    means, sds = climb.latent(x)
    latent = np.zeros(climb.latent_free.shape)
    errors = np.sqrt(np.maximum(np.diag(covariance)[climb.items :], 0.0))
    several = int(climb.design.free_means.sum())
    latent[climb.design.free_means, 0], latent[climb.design.free_sds, 1] = errors[:several], errors[several:]
    table = np.concatenate([slopes[:, None], intercepts], axis=1)
    if _may_turn(climb) and _direction(climb, table) < 0:
        table, full, means = *_turned(climb, table, full), -means
    probabilities = climb.model.probabilities(slopes, intercepts, climb.nodes)
    return GroupFitted(
        table,
        full,
        here.log_likelihood - everyone.bonus(probabilities),
        here.posterior,
        means + 0.0,
        sds,
        latent[:, 0],
        latent[:, 1] * sds,
        climb.passes,
        tuple(problems),
        information.is_definite,
    )


def _run_away(climb: GroupClimb, x: Floats) -> list[str]:
    slopes, intercepts = climb.split(x)
    free = climb.live.any(axis=1)
    if isinstance(climb.model, Nominal):
        limit = FARTHEST_PARAMETER
        size = np.abs(np.concatenate([slopes[:, None], intercepts], axis=1)).max(axis=1)
    else:
        limit, size = STEEPEST_SLOPE, np.abs(slopes)
    stuck = np.nonzero(free & (size >= limit * (1 - 1e-9)))[0]
    problems = [f"Fitted item {j}: a parameter grows without end; it was held at {limit:g}." for j in stuck]
    means, sds = climb.latent(x)
    reach = float(np.abs(climb.nodes).max())
    edge = (np.abs(means) >= reach * (1 - 1e-9)) | (sds <= NARROWEST * (1 + 1e-9)) | (sds >= reach * (1 - 1e-9))
    problems.extend(f"Group {g}: its distribution lies at the edge of the grid." for g in np.nonzero(edge)[0])
    return problems


def _may_turn(climb: GroupClimb) -> bool:
    """Whether theta may be turned round: nothing given says which way is up."""
    return bool((climb.live == climb.design.exists).all())


def _signs(climb: GroupClimb) -> Floats:
    """-1 for the parameters that change sign when theta is turned round, (J, W)."""
    signs = np.ones(climb.live.shape)
    signs[:, : (climb.live.shape[1] // 2 if isinstance(climb.model, Nominal) else 1)] = -1.0
    return signs


def _direction(climb: GroupClimb, table: Floats) -> float:
    if not isinstance(climb.model, Nominal):
        return float(table[:, 0].sum())
    last = climb.model.categories - 2
    return float((table[np.arange(last.size), last] / (last + 1)).sum())


def _turned(climb: GroupClimb, table: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    signs = _signs(climb)
    each = signs[climb.design.exists]
    return table * signs, covariance * np.outer(each, each)
