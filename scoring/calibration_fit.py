"""The climb to the maximum of the marginal likelihood, and the proof that it was reached.

First expectation-maximisation, with one Fisher-scoring step per item and pass (Lange 1995), accelerated by Anderson's
mixing: sure of foot, fast at first, slow near the top. Then Newton steps with the information matrix, mixed likewise.
Every pass yields the log-likelihood, so an accelerated step that loses height is taken back. Large samples start from
the fit of a systematic subset.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from scoring.calibration_data import PreparedResponses
from scoring.calibration_expectation import Expectation, Passes
from scoring.calibration_models import CategoryModel, Floats
from scoring.calibration_parts import PartsHere, Placing
from scoring.responses import MISSING

EM_PASSES = 300
NEWTON_PASSES = 15  # with one information matrix
NEWTON_ROUNDS = 15  # information matrices
STEEPEST_SLOPE = 30.0  # a slope that grows beyond this has no maximum: the item is a step function of the others
MEMORY = 8  # passes Anderson's mixing looks back on
SUBSET = 20_000  # persons on whom a larger sample's fit starts, and from whom information is taken
START_PERSONS = 5_000  # persons from whom start values are taken
LOOSE = 1e-3  # change of a parameter per pass, in logits, at which Newton steps take over
LONGEST_STEP = 1.0  # logits, of one parameter in one maximisation step
MOST_HALVINGS = 12
EXACT_INFORMATION = 2e9  # multiplications up to which second derivatives are summed instead of products of scores
ROWS_PER_PARAMETER = 10  # fewer, and products of scores say too little whatever the second derivatives cost
NEAR = 10.0  # Newton distance from the optimum that is still "there", in tolerances
COARSE = 3e-5  # logits; a Newton step shorter than this is left to double precision
NEWTON_RENEWED = 1e-2  # logits; information taken farther from the end than this is taken again
LONGEST_MIX = 3.0  # logits, of one parameter in one accelerated step
NOBODY = 1e-10  # a posterior mass that changes no sum
SINGULAR = 1e-6  # an eigenvalue below this, of the information scaled to a diagonal of ones, is none
LOGISTIC_PER_NORMAL = 1.702  # Haley (1952)
WEAK_START = 0.3  # logits; nearer to zero a slope's sign is left to the fit
ROUNDING = 1e-12  # relative, of a log-likelihood summed in double precision
ROUNDING_SINGLE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Where the climb ended."""

    slopes: Floats  # (J,)
    intercepts: Floats  # (J, K - 1), 0 where an item has no such category
    covariance: Floats  # (P, P) of the live parameters, item by item: slope, intercepts
    log_likelihood: float
    posterior: Floats  # (Q,)
    passes: int
    problems: tuple[str, ...]
    is_determined: bool


class Persons(Protocol):
    """Whatever expectations can be taken over."""

    def expectation(self, probabilities: Floats, prior: Floats, *, single: bool) -> Expectation:
        """Sums over the persons at these category probabilities (J, K, Q)."""


@dataclass(slots=True)
class Climb:
    """Data, model and grid of one fit, and how many passes it has cost."""

    model: CategoryModel
    nodes: Floats
    prior: Floats
    live: NDArray[np.bool_]  # (J, K) which of slope and intercepts exist
    passes: int = 0
    last: tuple[tuple[int, bool, bytes], Expectation] | None = None

    def split(self, x: Floats) -> tuple[Floats, Floats]:
        """Slopes (J,) and intercepts (J, K - 1) of the parameters."""
        table = np.zeros(self.live.shape)
        table[self.live] = x
        return table[:, 0], table[:, 1:]

    def prior_at(self, x: Floats) -> Floats:  # noqa: ARG002  other climbs estimate it
        """Latent density over the nodes."""
        return self.prior

    def expectation(self, x: Floats, data: Persons, *, single: bool) -> Expectation:
        """Take expectations at x; asked again at once for the same, give the same without another pass."""
        key = (id(data), single, x.tobytes())
        if self.last is None or self.last[0] != key:
            self.passes += 1
            probabilities = self.model.probabilities(*self.split(x), self.nodes)
            self.last = key, data.expectation(probabilities, self.prior_at(x), single=single)
        return self.last[1]

    def is_possible(self, x: Floats) -> bool:
        """Whether these are finite parameters of the model."""
        return bool(np.isfinite(x).all() and self.model.is_valid(self.split(x)[1]).all())

    def bounded(self, x: Floats) -> Floats:
        """Slopes brought back to the steepest; intercepts in proportion, so thresholds stay."""
        slopes, intercepts = self.split(x)
        factor = np.minimum(1.0, STEEPEST_SLOPE / np.maximum(np.abs(slopes), STEEPEST_SLOPE))
        return np.asarray(np.concatenate([(slopes * factor)[:, None], intercepts * factor[:, None]], axis=1)[self.live])

    def maximised(self, x: Floats, reached: Expectation) -> Floats:
        """Fisher scoring on expected counts, item by item; more than one step only while far away."""
        return self.bounded(self.items_maximised(x, reached.counts)[self.live])

    def items_maximised(self, x: Floats, counts: Floats) -> Floats:
        """Do so for the items alone: slopes and intercepts (J, K)."""
        slopes, intercepts = self.split(x)
        for _ in range(5):
            step = self._scoring_step(counts, slopes, intercepts)
            slopes, intercepts, moved = self._climbed(counts, slopes, intercepts, step)
            if moved < 0.1:
                break
        return np.concatenate([slopes[:, None], intercepts], axis=1)

    def _scoring_step(self, counts: Floats, slopes: Floats, intercepts: Floats) -> Floats:
        gradient, information = self.model.gradient(counts, slopes, intercepts, self.nodes)
        gradient = np.where(self.live, gradient, 0.0)
        information = np.where(self.live[:, :, None] & self.live[:, None, :], information, 0.0)
        reach = np.arange(gradient.shape[1])
        diagonal = information[:, reach, reach]
        information[:, reach, reach] = np.where(self.live, diagonal * (1 + 1e-10) + 1e-10, 1.0)
        step = np.linalg.solve(information, gradient[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        return np.asarray(step * np.minimum(1.0, LONGEST_STEP / np.maximum(longest, LONGEST_STEP)))

    def _climbed(
        self, counts: Floats, slopes: Floats, intercepts: Floats, step: Floats
    ) -> tuple[Floats, Floats, float]:
        start = self._height(counts, slopes, intercepts)
        slack = ROUNDING * np.abs(start)
        for _ in range(MOST_HALVINGS):
            new_slopes, new_intercepts = slopes + step[:, 0], intercepts + step[:, 1:]
            valid = self.model.is_valid(new_intercepts)
            trial = np.where(valid[:, None], new_intercepts, intercepts)
            lost = ~valid | (self._height(counts, new_slopes, trial) < start - slack)
            if not lost.any():
                return new_slopes, new_intercepts, float(np.abs(step).max())
            step = np.where(lost[:, None], step / 2, step)
        step = np.where(lost[:, None], 0.0, step)
        return slopes + step[:, 0], intercepts + step[:, 1:], float(np.abs(step).max())

    def _height(self, counts: Floats, slopes: Floats, intercepts: Floats) -> Floats:
        probabilities = self.model.probabilities(slopes, intercepts, self.nodes)
        logs = np.log(np.where(probabilities > 0, probabilities, 1.0))
        return np.asarray(np.einsum("jkq,jkq->j", counts, logs))

    def moved(self, x: Floats, step: Floats) -> Floats:
        """Take a step, shortened until it is short and its end possible."""
        step = step * min(1.0, LONGEST_STEP / max(float(np.abs(step).max()), LONGEST_STEP))
        for _ in range(MOST_HALVINGS):
            end = self.bounded(x + step)
            if self.is_possible(end):
                return end
            step = step / 2
        return x

    def gradient(self, x: Floats, reached: Expectation) -> Floats:
        """Gradient of the marginal log-likelihood, by Fisher's identity."""
        slopes, intercepts = self.split(x)
        return np.asarray(self.model.gradient(reached.counts, slopes, intercepts, self.nodes)[0][self.live])


def fit(
    data: PreparedResponses,
    model: CategoryModel,
    nodes: Floats,
    prior: Floats,
    *,
    tolerance: float,
    kernels: ModuleType | None,
    placing: Placing = PartsHere,
) -> Fitted:
    """Climb from start values to the maximum; passes over everyone are taken where `placing` holds them."""
    live = np.concatenate([np.ones((data.categories.size, 1), dtype=bool), model.live], axis=1)
    climb = Climb(model, nodes, prior, live)
    everyone = Passes.of(data, kernels).placed_by(placing)
    some = everyone.subset(SUBSET)
    em = em_step(climb, some)
    x = start_values(climb, some.subset(START_PERSONS))
    x, arrived = climb_up(climb, em, x, tolerance=LOOSE, single=some.is_compiled, most=EM_PASSES, memory=Memory())
    if some.is_compiled and not arrived:  # many persons lie where single precision is at its floor
        x, _ = climb_up(climb, em, x, tolerance=LOOSE, single=False, most=EM_PASSES, memory=Memory())
    memory = Memory()
    information = Information.at(climb, x, some)
    share = some.weights.sum() / everyone.weights.sum()
    if everyone.prefers_single:
        newton, coarse = newton_step(climb, everyone, information, share), max(tolerance, COARSE)
        x, _ = climb_up(climb, newton, x, tolerance=coarse, single=True, most=NEWTON_PASSES, memory=memory)
        x = memory.proposal(climb, x)
    taken_at = x
    for _ in range(NEWTON_ROUNDS):
        newton = newton_step(climb, everyone, information, share)
        x, arrived = climb_up(climb, newton, x, tolerance=tolerance, single=False, most=NEWTON_PASSES, memory=memory)
        if arrived and np.abs(x - taken_at).max() < NEWTON_RENEWED:
            break
        information, taken_at, memory = Information.at(climb, x, some), x, Memory()
    return _proved(climb, x, everyone, information=information, share=share, tolerance=tolerance)


Step = Callable[[Floats, bool], tuple[float, Floats]]  # parameters, single precision -> log-likelihood there, next


def em_step(climb: Climb, data: Persons) -> Step:
    """Steps of expectation and maximisation."""

    def step(x: Floats, single: bool) -> tuple[float, Floats]:
        reached = climb.expectation(x, data, single=single)
        return reached.log_likelihood, climb.maximised(x, reached)

    return step


def newton_step(climb: Climb, data: Persons, information: Information, share: float) -> Step:
    """Newton steps with the information of a share of the persons."""

    def step(x: Floats, single: bool) -> tuple[float, Floats]:
        reached = climb.expectation(x, data, single=single)
        return reached.log_likelihood, climb.moved(x, share * information.inverse @ climb.gradient(x, reached))

    return step


@dataclass(slots=True)
class Memory:
    """The last points of a climb and the moves a step proposed there, for Anderson's mixing."""

    points: list[Floats] = field(default_factory=list)
    moves: list[Floats] = field(default_factory=list)

    def note(self, x: Floats, move: Floats) -> None:
        """Keep a point and the move from it."""
        self.points, self.moves = [*self.points[-MEMORY:], x], [*self.moves[-MEMORY:], move]

    def proposal(self, climb: Climb, x: Floats) -> Floats:
        """Where the moves, taken as linear in the points, would vanish; x while nothing is known."""
        if not self.points:
            return x
        target = self.points[-1] + self.moves[-1]
        if len(self.points) < 2:
            return target
        along = np.diff(np.array(self.points), axis=0)
        bend = np.diff(np.array(self.moves), axis=0)
        mixing = np.linalg.lstsq(bend.T, self.moves[-1], rcond=1e-12)[0]
        mixed = climb.bounded(target - (along + bend).T @ mixing)
        near = np.abs(mixed - self.points[-1]).max() <= LONGEST_MIX
        return mixed if near and climb.is_possible(mixed) else target


def climb_up(
    climb: Climb, step: Step, x: Floats, *, tolerance: float, single: bool, most: int, memory: Memory
) -> tuple[Floats, bool]:
    """Repeat `step` under Anderson's mixing until it moves nothing by more than `tolerance`: the end, and whether so.

    At most `most` passes are spent.
    """
    rounding = ROUNDING_SINGLE if single else ROUNDING
    highest, safe, after = -np.inf, x, x
    lost = 0
    for _ in range(most):
        height, target = step(x, single)
        if height < highest - rounding * abs(highest):  # go back, and on without mixing; shorter if that fails too
            x = safe + (after - safe) / 2**lost
            lost += 1
            if lost > MOST_HALVINGS:
                break
            memory.points, memory.moves = [], []
            continue
        highest, safe, after, lost = height, x, target, 0
        memory.note(x, target - x)
        if np.abs(target - x).max() < tolerance:
            return x, True
        x = memory.proposal(climb, x)
    return safe, False


@dataclass(frozen=True, slots=True, eq=False)
class Information:
    """Inverse of the observed information about the live parameters, and the summed products of weighted scores."""

    inverse: Floats
    squares: Floats
    is_definite: bool

    @classmethod
    def at(cls, climb: Climb, x: Floats, data: Passes) -> Information:
        """Take it at x: exactly where that is affordable, else from products of scores."""
        slopes, intercepts = climb.split(x)
        probabilities = climb.model.probabilities(slopes, intercepts, climb.nodes)
        table = climb.model.slope_of_log(slopes, intercepts, climb.nodes)
        posterior = data.posteriors(probabilities, climb.prior)
        scores = data.scores(posterior, table, climb.live)
        products = (scores * data.weights[:, None]).T @ scores
        plain = np.array_equal(data.squares, data.weights)
        squares = products if plain else (scores * data.squares[:, None]).T @ scores
        cost = float(posterior.size) * x.size**2
        if cost <= EXACT_INFORMATION or data.weights.size < ROWS_PER_PARAMETER * x.size:
            counts = climb.expectation(x, data, single=False).counts
            complete = complete_information(climb, slopes, intercepts, counts)
            matrix = complete + products - _spread(posterior, table, data, climb.live)
        else:
            matrix = products
        return cls.of(matrix, squares)

    @classmethod
    def of(cls, matrix: Floats, squares: Floats) -> Information:
        """Invert a matrix that may be singular, or no information at all."""
        matrix = (matrix + matrix.T) / 2
        scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(matrix)), np.finfo(float).tiny))
        values, vectors = np.linalg.eigh(matrix * np.outer(scale, scale))
        inverse = (vectors / np.maximum(np.abs(values), SINGULAR)) @ vectors.T * np.outer(scale, scale)
        return cls(inverse, squares, bool(values.min() > SINGULAR))


def complete_information(climb: Climb, slopes: Floats, intercepts: Floats, counts: Floats) -> Floats:
    """Information as if every theta were known: a block per item."""
    blocks = climb.model.observed(counts, slopes, intercepts, climb.nodes)
    full = np.zeros((int(climb.live.sum()),) * 2)
    first = 0
    for block, live in zip(blocks, climb.live, strict=True):
        size = int(live.sum())
        full[first : first + size, first : first + size] = block[np.ix_(live, live)]
        first += size
    return full


def _spread(posterior: Floats, table: Floats, data: Passes, live: NDArray[np.bool_]) -> Floats:
    """Sum over persons and nodes of the products of complete-data scores (Louis 1982)."""
    total = np.zeros((int(live.sum()),) * 2)
    nothing = [np.zeros((1, int(own.sum()))) for own in live]
    for q in np.nonzero(posterior.max(axis=0) > NOBODY)[0]:
        lookups = [np.concatenate([table[j][:, live[j], q], nothing[j]]) for j in range(live.shape[0])]
        each = np.concatenate([look[data.codes[:, j]] for j, look in enumerate(lookups)], axis=1)
        total += (each * (data.weights * posterior[:, q])[:, None]).T @ each
    return total


def start_values(climb: Climb, data: Passes) -> Floats:
    """Slopes from the first principal component of the correlations, intercepts from the category shares."""
    answered = data.codes != MISSING
    weight = data.weights[:, None] * answered
    size = np.maximum(weight.sum(axis=0), np.finfo(float).tiny)
    centred = np.where(answered, data.codes - (weight * data.codes).sum(axis=0) / size, 0.0)
    spread = np.sqrt(np.maximum((weight * centred**2).sum(axis=0) / size, np.finfo(float).tiny))
    standard = centred / spread
    together = np.maximum(weight.T @ answered.astype(float), 1.0)
    values, vectors = np.linalg.eigh((standard * data.weights[:, None]).T @ standard / together)
    loading = vectors[:, -1] * np.sqrt(max(values[-1], 0.0))
    loading = np.clip(loading if loading.sum() >= 0 else -loading, -0.85, 0.85)
    slopes = LOGISTIC_PER_NORMAL * loading / np.sqrt(1 - loading**2)
    slopes = np.where(np.abs(slopes) < WEAK_START, np.where(slopes < 0, -WEAK_START, WEAK_START), slopes)
    categories = climb.live.shape[1]
    shares = np.stack([(weight * (data.codes == k)).sum(axis=0) / size for k in range(categories)], axis=1)
    intercepts = climb.model.start(shares, slopes)
    return np.asarray(np.concatenate([slopes[:, None], intercepts], axis=1)[climb.live])


def _proved(
    climb: Climb, x: Floats, everyone: Passes, *, information: Information, share: float, tolerance: float
) -> Fitted:
    """One unaccelerated pass from the end: nothing may move, no height be lost, no optimum lie elsewhere."""
    here = climb.expectation(x, everyone, single=False)
    slopes, intercepts = climb.split(x)
    problems = []
    moved = float(np.abs(climb.maximised(x, here) - x).max())
    distance = climb.moved(x, share * information.inverse @ climb.gradient(x, here)) - x
    left = float(np.abs(distance).max())
    if moved > NEAR * tolerance or left > NEAR * tolerance:
        problems.append(
            f"No maximum was reached in {climb.passes} passes: last steps still moved by {moved:.1e} and {left:.1e}."
        )
    steep = np.nonzero(np.abs(slopes) >= STEEPEST_SLOPE * (1 - 1e-9))[0]
    problems.extend(f"Fitted item {j}: its slope grows without end; it was held at {STEEPEST_SLOPE:g}." for j in steep)
    cells = float(np.prod(climb.live.sum(axis=1).astype(float)))
    is_determined = information.is_definite and x.size < cells
    if not is_determined:
        problems.append("The responses do not determine every parameter: too few items, or too little variation.")
    inverse = share * information.inverse
    plain = bool(np.allclose(everyone.squares, everyone.weights, atol=0.0))  # whatever the weights' scale
    covariance = inverse if plain else inverse @ (information.squares / share) @ inverse
    if slopes.sum() < 0:
        slopes, covariance = -slopes, _turned(covariance, climb.live)
    posterior = here.posterior / here.posterior.sum()
    return Fitted(
        slopes,
        intercepts,
        covariance,
        here.log_likelihood,
        posterior,
        climb.passes,
        tuple(problems),
        is_determined,
    )


def _turned(covariance: Floats, live: NDArray[np.bool_]) -> Floats:
    sign = np.where(np.arange(live.shape[1]) == 0, -1.0, 1.0) * np.ones(live.shape)
    return np.asarray(covariance * np.outer(sign[live], sign[live]))
