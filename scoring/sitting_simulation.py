"""Many simulated sittings under the exact rules: the operating characteristics a release is judged by.

Persons answer as the model says, or in any way a caller hands in; the rest is what a real sitting does, compiled. An
exposure cap works as it does for real sittings: which items a person's sitting may use is drawn beforehand, with
probabilities that follow what was shown so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.composite import Composite
from scoring.errors import ScoringError
from scoring.exposure import draw_eligible, eligible_probabilities
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.misfit_aware import STRAY_MASSES
from scoring.normal import NODES, normal_prior
from scoring.selection import information_tables
from scoring.simulation import simulate_responses
from scoring.sitting_kernels import Bank, Grid, Rules, run_sittings

REASONS = ("", "certain-above", "certain-below", "longest", "undecided-longest", "no-item")
SITTINGS_AT_ONCE = 1_000  # between two looks at what was shown; bounds memory as well
ROUNDS = 12  # of settling; later ones move the greatest exposure by less than .01
FADING = 0.8  # of a round's counts in the next
STAY_ELIGIBLE = 2  # items of each facet and kind, whatever was drawn: content comes before exposure


@dataclass(frozen=True, slots=True, kw_only=True)
class SittingRules:
    """Policy of a sitting; see `stopping.decide` and `selection.next_item`, whose `owed_from` is `undecided_from`."""

    cut: float
    cut_se: float = 0.0
    award_confidence: float = 0.50
    fewest_units: int = 12
    fewest_scenarios: int = 5
    fewest_statements: int = 5
    certain_above: float = 0.95
    certain_below: float = 0.02
    most_units: int = 40
    most_units_undecided: int = 60
    undecided_from: float = 0.20
    undecided_to: float = 0.80
    least_judgement_share: float = 0.50
    facet_share: float = 0.20
    most_scenarios: int = 20
    best: int = 4
    early_best: int | None = None
    stray_shares: tuple[float, float] = (0.0, 0.0)  # of judgement and of self-report; see `misfit_aware`


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedSittings:
    """How N sittings went.

    Attributes
    ----------
    probability : ndarray, shape (N,)
        P(composite >= cut) at the end.
    units, scenarios : ndarray of int, shape (N,)
    judgement_share : ndarray, shape (N,)
    reason : ndarray of str, shape (N,)
        As `stopping.decide` names it; "no-item" when nothing was left within the limits.
    shown : ndarray of int, shape (N, most units)
        Items in order, -1 after the last.
    awarded : ndarray of bool, shape (N,)
        Certain enough, every minimum reached, judgement's share kept.
    open_to : ndarray, shape (J,)
        Share of the sittings that might have shown each item.
    """

    probability: NDArray[np.float64]
    units: NDArray[np.int64]
    scenarios: NDArray[np.int64]
    judgement_share: NDArray[np.float64]
    reason: NDArray[np.str_]
    shown: NDArray[np.int16]
    awarded: NDArray[np.bool_]
    open_to: NDArray[np.float64]

    def exposure(self, items: int, since: int = 0) -> NDArray[np.float64]:
        """Share of the sittings, from number `since` on, that showed each of the bank's items, shape (items,)."""
        later = self.shown[since:]
        return np.asarray(np.bincount(later[later >= 0], minlength=items) / max(later.shape[0], 1))


def simulate_sittings(
    theta: ArrayLike,
    judgement_items: ItemParameters,
    self_report_items: ItemParameters,
    *,
    facets: ArrayLike,
    composite: Composite,
    rules: SittingRules,
    exposure_cap: float | None = None,
    eligibility: ArrayLike | None = None,
    responses: ArrayLike | None = None,
    rng: np.random.Generator,
) -> SimulatedSittings:
    """Simulate one sitting of each person.

    Parameters
    ----------
    theta : array-like, shape (N, 2)
        Of judgement and self-report.
    judgement_items, self_report_items : ItemParameters
        Of J_j scenarios and J_s statements; either may be empty. In `shown`, scenarios come first.
    facets : array-like of int, shape (J_j + J_s,)
        From 0, scenarios first.
    composite : Composite
    rules : SittingRules
    exposure_cap : float, optional
        Greatest share of sittings that may show an item; the chances of being eligible follow what was shown.
    eligibility : array-like, shape (J_j + J_s,), optional
        Chances of being eligible that stay as they are, instead; from `settled_eligibility`.
    responses : array-like of int, shape (N, J_j + J_s), optional
        What each person would answer to each item, were it shown, for people who answer otherwise than the model says
        (`scoring.simulated_people`). By default they are drawn from it.
    rng : numpy.random.Generator

    Returns
    -------
    SimulatedSittings

    Raises
    ------
    ScoringError
        For thetas, facets or responses that do not belong to each other or to the items.
    """
    thetas, numbers = np.asarray(theta, dtype=float), np.asarray(facets, dtype=np.int64).reshape(-1)
    pair = (judgement_items, self_report_items)
    given = _checked(thetas, numbers, pair, responses)
    persons, items = thetas.shape[0], numbers.size
    grid, bank, packed = _grid(composite), _bank(pair, numbers), _rules(rules)
    cells = numbers + (numbers.max(initial=0) + 1) * bank.kinds
    shown = np.full((persons, rules.most_units_undecided), -1, dtype=np.int16)
    results = np.empty((persons, 5))
    seen, open_to = np.zeros(items), np.zeros(items)
    for first in range(0, persons, SITTINGS_AT_ONCE):
        rows = slice(first, min(first + SITTINGS_AT_ONCE, persons))
        size = rows.stop - rows.start
        answers = _drawn(pair, thetas[rows], rng) if given is None else given[rows]
        eligible = np.ones((size, items), dtype=bool)
        if eligibility is not None or exposure_cap is not None:
            chances = _chances(eligibility, exposure_cap, seen, open_to)
            eligible = draw_eligible(chances, cells, fewest=STAY_ELIGIBLE, sittings=size, rng=rng)
        run_sittings(
            answers, eligible, rng.random((size, rules.most_units_undecided + 1)), grid, bank, packed,
            shown[rows], results[rows],
        )  # fmt: skip
        batch = shown[rows]
        seen += np.bincount(batch[batch >= 0], minlength=items)
        open_to += eligible.sum(axis=0)
    return _outcome(shown, results, numbers, bank.present, rules, open_to / max(persons, 1))


def settled_eligibility(
    theta: ArrayLike,
    judgement_items: ItemParameters,
    self_report_items: ItemParameters,
    *,
    facets: ArrayLike,
    composite: Composite,
    rules: SittingRules,
    goal: float,
    rounds: int = ROUNDS,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Chances of being eligible that, left as they are, keep items near a share of sittings.

    Rounds of sittings, one part of the persons each, follow one another; the counts of earlier rounds fade, so that
    the chances settle where showing and being eligible agree.

    Parameters
    ----------
    theta, judgement_items, self_report_items, facets, composite, rules, rng
        As for `simulate_sittings`; a hundred persons a round or more.
    goal : float
        Share of sittings aimed at; content comes first, so a facet with few items may exceed it.
    rounds : int

    Returns
    -------
    ndarray, shape (J_j + J_s,)

    References
    ----------
    van der Linden & Veldkamp (2004), with counts that fade as they recommend.
    """
    thetas = np.asarray(theta, dtype=float)
    items = len(judgement_items) + len(self_report_items)
    seen, open_to = np.zeros(items), np.zeros(items)
    chances = np.ones(items)
    for part in np.array_split(thetas, rounds):
        found = simulate_sittings(
            part, judgement_items, self_report_items, facets=facets, composite=composite, rules=rules,
            eligibility=chances, rng=rng,
        )  # fmt: skip
        seen = FADING * seen + found.exposure(items)
        open_to = FADING * open_to + found.open_to
        chances = eligible_probabilities(seen, open_to, goal)
    return chances


def _chances(
    eligibility: ArrayLike | None, cap: float | None, seen: NDArray[np.float64], open_to: NDArray[np.float64]
) -> NDArray[np.float64]:
    if eligibility is not None:
        return np.asarray(eligibility, dtype=float)
    return eligible_probabilities(seen, open_to, 1.0 if cap is None else cap)


def _checked(
    thetas: NDArray[np.float64],
    facets: NDArray[np.int64],
    pair: tuple[ItemParameters, ItemParameters],
    responses: ArrayLike | None,
) -> NDArray[np.int8] | None:
    items = len(pair[0]) + len(pair[1])
    if thetas.ndim != 2 or thetas.shape[1] != 2 or facets.size != items or items == 0 or facets.min() < 0:
        raise ScoringError("Simulated sittings need two thetas for each person and a facet, from 0, for each item.")
    if responses is None:
        return None
    codes = np.asarray(responses)
    categories = np.concatenate([kind.categories for kind in pair])
    if codes.shape != (thetas.shape[0], items) or (codes < 0).any() or (codes >= categories).any():
        raise ScoringError("Every person needs a response to every item, within the item's categories.")
    return np.ascontiguousarray(codes, dtype=np.int8)


def _drawn(
    pair: tuple[ItemParameters, ItemParameters], thetas: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int8]:
    kinds = [simulate_responses(pair[kind], thetas[:, kind], rng) for kind in (0, 1) if len(pair[kind])]
    return np.concatenate(kinds, axis=1)


def _outcome(  # noqa: PLR0917
    shown: NDArray[np.int16],
    results: NDArray[np.float64],
    facets: NDArray[np.int64],
    present: NDArray[np.bool_],
    rules: SittingRules,
    open_to: NDArray[np.float64],
) -> SimulatedSittings:
    units, scenarios = results[:, 1].astype(np.int64), results[:, 2].astype(np.int64)
    counts = np.stack([((shown >= 0) & (facets[shown] == facet)).sum(axis=1) for facet in np.nonzero(present)[0]])
    awarded = (
        (results[:, 0] >= rules.award_confidence)
        & (units >= rules.fewest_units)
        & (scenarios >= rules.fewest_scenarios)
        & (units - scenarios >= rules.fewest_statements)
        & (results[:, 3] >= rules.least_judgement_share)
        & (counts >= rules.facet_share * units - 1e-9).all(axis=0)
    )
    reasons = np.array(REASONS)[results[:, 4].astype(np.int64)]
    return SimulatedSittings(results[:, 0], units, scenarios, results[:, 3], reasons, shown, awarded, open_to)


def _grid(composite: Composite) -> Grid:
    below, upper = composite.division
    return Grid(
        np.array(NODES),
        normal_prior(NODES),
        np.array(STRAY_MASSES),
        composite.prior,
        below,
        upper,
        composite.places,
        composite.kernel_sd,
        composite.weights,
        composite.correlation,
    )


def _bank(pair: tuple[ItemParameters, ItemParameters], facets: NDArray[np.int64]) -> Bank:
    kinds = np.repeat([0, 1], [len(pair[0]), len(pair[1])]).astype(np.int64)
    rows = np.concatenate([np.arange(len(pair[0])), np.arange(len(pair[1]))]).astype(np.int64)
    present = np.bincount(facets) > 0
    likelihoods = [np.ascontiguousarray(category_probabilities(items, NODES).transpose(1, 2, 0)) for items in pair]
    tables = [np.ascontiguousarray(table) for table in information_tables(*pair)]
    return Bank(kinds, facets, present, rows, *likelihoods, *tables)


def _rules(rules: SittingRules) -> Rules:
    return Rules(
        rules.cut,
        rules.cut_se,
        *rules.stray_shares,
        rules.fewest_units,
        rules.fewest_scenarios,
        rules.fewest_statements,
        rules.certain_above,
        rules.certain_below,
        rules.most_units,
        rules.most_units_undecided,
        rules.undecided_from,
        rules.undecided_to,
        rules.least_judgement_share,
        rules.facet_share,
        rules.most_scenarios,
        rules.best,
        rules.best if rules.early_best is None else rules.early_best,
    )
