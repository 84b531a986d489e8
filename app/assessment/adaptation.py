"""The adaptive boundary: this module alone turns a sitting's rows into values of `scoring`, and back.

What is pinned of a norm is read in `pinned_norm`.

Engines may change behind it without touching a page, a table or a use case. Everything here is a function of the
pins, the seed and the responses, so that a sitting can be replayed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.assessment.founding_form import SCENARIO, STATEMENT, is_whole, next_of_founding_form
from app.assessment.models import Pins, Stop
from app.assessment.pinned_norm import composite_of, reading_norm, stray_shares
from app.assessment.policy import SittingPolicy
from app.assessment.rules import Content, facet_counts, is_balanced
from app.item_bank import queries as item_bank
from app.item_bank.item_states import States
from app.item_bank.queries import ItemView
from scoring.composite import Composite, CompositePosterior, JointPrior, decayed_prior
from scoring.errors import InvalidResponses
from scoring.graded_response import category_logs
from scoring.items import ItemParameters
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES
from scoring.remaining import composite_variances
from scoring.selection import Tables, information_tables, next_item
from scoring.situational_judgement import rate_each_category
from scoring.stopping import decide

DID_NOT_ARISE = "did-not-arise"
JUDGEMENT, SELF_REPORT = 0, 1
PERCENT = 100
PILOT_STREAM = 7  # of chance: where pilot items stand must not change which others are drawn
CHOSEN_FIRST = 20  # items of a kind that a sitting draws from, as a rule
MOST_BANKS_KEPT = 32  # immutable releases, a few hundred kB each
MOST_RATINGS_KEPT = 20_000  # of all sittings under way; some megabytes
MOST_PRIORS_KEPT = 128  # of retakes under way; 30 kB each

STOP_OF_REASON = {
    "certain-above": Stop.CERTAIN_ABOVE,
    "certain-below": Stop.CERTAIN_BELOW,
    "longest": Stop.MOST_UNITS,
    "undecided-longest": Stop.MOST_UNITS_UNDECIDED,
}


@dataclass(frozen=True)
class Bank:
    """The items of a release in one language, judgement first, with what a calibration says of them."""

    items: tuple[ItemView, ...]
    option_keys: Mapping[str, tuple[int, ...]]
    judgement: ItemParameters | None
    self_report: ItemParameters | None
    uncalibrated: tuple[ItemView, ...] = ()  # of the release, unknown to its calibration: shown as pilots at most

    @cached_property
    def by_code(self) -> Mapping[str, ItemView]:
        """Items by their code."""
        return {item.code: item for item in (*self.items, *self.uncalibrated)}

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Place of each code in `items`."""
        return {item.code: place for place, item in enumerate(self.items)}

    @cached_property
    def facets(self) -> tuple[str, ...]:
        """The facets there are items of."""
        return tuple(sorted({item.facet for item in self.items}))

    @cached_property
    def kinds(self) -> NDArray[np.int64]:
        """0 for judgement, 1 for self-report, for each item."""
        return np.array([SELF_REPORT if item.kind == STATEMENT else JUDGEMENT for item in self.items])

    @cached_property
    def facet_numbers(self) -> NDArray[np.int64]:
        """Facet of each item, as its place in `facets`."""
        return np.array([self.facets.index(item.facet) for item in self.items])

    @cached_property
    def information(self) -> Tables:
        """Information of every item over the nodes, judgement and self-report apart."""
        return information_tables(self.of_kind(JUDGEMENT), self.of_kind(SELF_REPORT))

    @cached_property
    def category_logs(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Log-probability of every category of every item over the nodes, judgement and self-report apart."""
        judgement, self_report = (category_logs(self.of_kind(kind), NODES) for kind in (JUDGEMENT, SELF_REPORT))
        return judgement, self_report

    @cached_property
    def highest_categories(self) -> tuple[int, ...]:
        """The highest category that calibration saw of each item in `items`."""
        kinds = (self.of_kind(kind).categories - 1 for kind in (JUDGEMENT, SELF_REPORT))
        return tuple(int(highest) for of_kind in kinds for highest in of_kind)

    @property
    def is_calibrated(self) -> bool:
        """Whether a theta can be had at all."""
        return self.judgement is not None or self.self_report is not None

    def of_kind(self, kind: int) -> ItemParameters:
        """Parameters of one kind; none at all is a valid number of items."""
        found = self.judgement if kind == JUDGEMENT else self.self_report
        return found if found is not None else ItemParameters(np.empty(0), np.empty((0, 1)))


class Role(StrEnum):
    """What a unit is for."""

    SCORED = "scored"
    PILOT = "pilot"  # answered to try the item out: its category is data, and counts for nobody
    OUT = "out"  # suspended, or reported by the candidate: as if it had never been asked


@dataclass(frozen=True, slots=True)
class Unit:
    """One item that was shown, with the category of its answer; None is missing by design or not answered."""

    code: str
    kind: str
    facet: str
    category: int | None
    value: Any
    role: Role = Role.SCORED

    @property
    def is_scored(self) -> bool:
        """Whether it counts."""
        return self.role is Role.SCORED and self.category is not None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a sitting stands after the units it has: its content, its scores, and whether it may end."""

    content: Content
    posterior: CompositePosterior | None
    probability_above: float | None
    is_balanced: bool
    stop: Stop | None


_banks: WeakKeyDictionary[Engine, dict[tuple[Any, ...], Bank]] = WeakKeyDictionary()


def bank_of(pins: Pins, *, session: Session) -> Bank:
    """The pinned items and parameters."""
    return bank_at(pins.release_id, pins.language, pins.calibration_id, session=session)


def bank_at(release_id: UUID, language: str, calibration_id: UUID | None, *, session: Session) -> Bank:
    """Items and parameters. Releases and calibrations never change, so they are kept in memory."""
    kept = _banks.setdefault(session.get_bind().engine, {})
    key = (release_id, language, calibration_id)
    if key not in kept:
        while len(kept) >= MOST_BANKS_KEPT:
            kept.pop(next(iter(kept)))
        kept[key] = _read_bank(*key, session=session)
    return kept[key]


def _read_bank(release_id: UUID, language: str, calibration_id: UUID | None, *, session: Session) -> Bank:
    items = {item.code: item for item in item_bank.release_items(release_id, language, session=session)}
    keys = item_bank.scenario_keys(release_id, session=session)
    option_keys = {code: key.option_keys for code, key in keys.items()}
    if calibration_id is None:
        judgement_first = sorted(items.values(), key=lambda item: (item.kind == STATEMENT, item.code))
        return Bank(tuple(judgement_first), option_keys, None, None)
    calibrated = item_bank.item_parameters(calibration_id, session=session)
    codes = (*calibrated.judgement_codes, *calibrated.self_report_codes)
    others = tuple(items[code] for code in sorted(items.keys() - set(codes)))
    known = tuple(items[code] for code in codes)
    return Bank(known, option_keys, calibrated.judgement, calibrated.self_report, others)


def unit_of(code: str, value: Any, bank: Bank, role: Role = Role.SCORED) -> Unit:
    """What a response to an item means for scoring."""
    item = bank.by_code[code]
    category = None if role is Role.OUT else _category(item, value, bank)
    return Unit(item.code, item.kind, item.facet, category, value, role)


def _category(item: ItemView, value: Any, bank: Bank) -> int | None:
    """The graded category of a response, or None where there is nothing to score.

    A statement keyed -1 is turned, so that a higher category always means more of the skill. A scenario's ratings
    become one category: their closeness to the key after removing personal use of the scale.
    """
    if value is None or value == DID_NOT_ARISE:
        return None
    if item.kind == SCENARIO:
        return _category_of_ratings(tuple(value), bank.option_keys[item.code])
    if not isinstance(value, int) or not 0 <= value < item.categories:
        raise InvalidResponses(f"Item {item.code} has no category {value!r}.")
    return value if item.keyed > 0 else item.categories - 1 - value


@lru_cache(maxsize=MOST_RATINGS_KEPT)
def _category_of_ratings(ratings: tuple[int | None, ...], key: tuple[int, ...]) -> int:
    """Of one scenario. A sitting asks again for each of its former scenarios at every response."""
    return int(rate_each_category(np.array(ratings, dtype=float), np.array(key, dtype=float)))


def content_of(units: Sequence[Unit], bank: Bank) -> Content:
    """Scored units by kind and facet."""
    scored = [unit for unit in units if unit.is_scored]
    return Content(
        statements=sum(unit.kind == STATEMENT for unit in scored),
        scenarios=sum(unit.kind == SCENARIO for unit in scored),
        facets=facet_counts(bank.facets, (unit.facet for unit in scored)),
    )


def posterior_of(
    units: Sequence[Unit], bank: Bank, pins: Pins, prior: Mapping[str, Any] | None, policy: SittingPolicy
) -> CompositePosterior | None:
    """What the scored units say of both thetas and of the composite; None without a calibration."""
    if not bank.is_calibrated:
        return None
    composite = composite_of(pins, policy)
    strays = stray_shares(pins)
    return composite.posterior(
        _log_likelihood(units, bank, JUDGEMENT, strays[JUDGEMENT]),
        _log_likelihood(units, bank, SELF_REPORT, strays[SELF_REPORT]),
        prior=_laid(composite, tuple(prior["mean"]), tuple(map(tuple, prior["covariance"]))) if prior else None,
    )


@lru_cache(maxsize=MOST_PRIORS_KEPT)
def _laid(composite: Composite, mean: tuple[float, ...], covariance: tuple[tuple[float, ...], ...]) -> JointPrior:
    return composite.laid(mean, covariance)


def _log_likelihood(units: Sequence[Unit], bank: Bank, kind: int, stray_share: float) -> NDArray[np.float64] | None:
    """Log-likelihood over the nodes of the units of one kind, (61,), softened; or None where there are none."""
    first = 0 if kind == JUDGEMENT else len(bank.of_kind(JUDGEMENT))
    # A category that calibration never saw was merged into the highest it did see.
    answered = sorted(
        (place - first, min(unit.category, bank.highest_categories[place]))
        for unit in units
        if unit.is_scored and unit.category is not None and (unit.kind == STATEMENT) == (kind == SELF_REPORT)
        for place in (bank.index[unit.code],)
    )
    if not answered:
        return None
    places, categories = zip(*answered, strict=True)
    rows = bank.category_logs[kind][list(places), list(categories)]
    return misfit_aware(rows.sum(axis=0), stray_share)


def standing_of(
    units: Sequence[Unit], bank: Bank, pins: Pins, prior: Mapping[str, Any] | None, policy: SittingPolicy
) -> Standing:
    """Score the units and ask the stopping rule."""
    content = content_of(units, bank)
    posterior = posterior_of(units, bank, pins, prior, policy)
    probability = None
    if posterior is not None and pins.cut is not None:
        with reading_norm(pins):
            probability = float(posterior.probability_above(pins.cut, pins.cut_standard_error or 0.0))
    balanced = is_balanced(content, policy)
    return Standing(content, posterior, probability, balanced, _stop(content, posterior, probability, policy))


def _stop(
    content: Content, posterior: CompositePosterior | None, probability: float | None, policy: SittingPolicy
) -> Stop | None:
    if probability is None or posterior is None:
        return Stop.FOUNDING_FORM if is_whole(content, policy) else None
    decision = decide(
        probability,
        units=content.units,
        scenarios=content.scenarios,
        statements=content.statements,
        is_balanced=is_balanced(content, policy),
        judgement_share=posterior.judgement_share,
        **policy.stopping_limits(),
    )
    return STOP_OF_REASON[decision.reason] if decision.stop else None


def choose(
    units: Sequence[Unit],
    standing: Standing,
    bank: Bank,
    pins: Pins,
    *,
    avoid: Collection[str],
    early_among: int | None = None,
    seed: int,
    policy: SittingPolicy,
    states: States,
    form: Sequence[str] | None = None,
) -> ItemView | Stop:
    """The item of the next position, or why there is none. The same arguments always give the same item.

    `early_among` is drawn from before the fewest units; None draws from as many as later.
    Of the `states` of items, active and watched ones may be scored, pilot ones take the few positions set aside for
    them, and nothing else is shown. The `form` of a founding sitting is gone through in order,
    without what may not be shown any more.
    """
    shown = {unit.code for unit in units} | set(avoid)
    out = shown | states.not_scored
    if form is not None:
        return next((bank.by_code[code] for code in form if code not in out), Stop.FOUNDING_FORM)
    pilots = [item for item in bank.by_code.values() if item.code in states.pilots - shown] if states.pilots else []
    position = len(units) + 1
    if pilots and position in pilot_positions(seed, policy):
        return pilots[int(np.random.default_rng([seed, position, PILOT_STREAM]).integers(len(pilots)))]
    rng = np.random.default_rng([seed, position])
    if pins.cut is None or standing.posterior is None:
        unseen = tuple(item for item in bank.items if item.code not in out)
        return _choose_for_founding_form(unseen, standing.content, rng, policy)
    return _choose_adaptively(out, standing, bank, cut=pins.cut, early_among=early_among, rng=rng, policy=policy)


def pilot_positions(seed: int, policy: SittingPolicy) -> frozenset[int]:
    """Positions of a sitting at which a pilot item is asked, if there is one: never the first, and early enough.

    They are drawn by the sitting's seed, so that nothing about a position tells whether it counts.
    """
    places = np.random.default_rng([seed, PILOT_STREAM]).permutation(np.arange(2, policy.fewest_units + 1))
    return frozenset(int(place) for place in places[: policy.pilot_units])


def _choose_for_founding_form(
    unseen: Sequence[ItemView], content: Content, rng: np.random.Generator, policy: SittingPolicy
) -> ItemView | Stop:
    allowed = next_of_founding_form(unseen, content, policy)
    return allowed[int(rng.integers(len(allowed)))] if allowed else Stop.BANK_EXHAUSTED


def _choose_adaptively(
    out: Collection[str],
    standing: Standing,
    bank: Bank,
    *,
    cut: float,
    early_among: int | None,
    rng: np.random.Generator,
    policy: SittingPolicy,
) -> ItemView | Stop:
    content, posterior = standing.content, standing.posterior
    if posterior is None:
        raise TypeError("an adaptive choice needs a posterior")
    available = np.ones(len(bank.items), dtype=bool)
    available[[bank.index[code] for code in out if code in bank.index]] = False
    place = next_item(
        posterior,
        bank.of_kind(JUDGEMENT),
        bank.of_kind(SELF_REPORT),
        kinds=bank.kinds,
        available=available,
        facets=bank.facet_numbers,
        facet_counts=np.array([content.facets[facet] for facet in bank.facets]),
        kind_counts=np.array([content.scenarios, content.statements]),
        cut=cut,
        facet_share=policy.fewest_facet_share,
        least_judgement_share=policy.fewest_judgement_share,
        most_scenarios=policy.most_scenarios,
        fewest_of_kind=(policy.fewest_scenarios, policy.fewest_statements),
        fewest_units=policy.fewest_units,
        best=policy.choose_among,
        early_best=early_among,
        probability=standing.probability_above,
        owed_from=policy.undecided_above,
        tables=bank.information,
        rng=rng,
    )
    if place is not None:
        return bank.items[place]
    are_statements_left = bool((available & (bank.kinds == SELF_REPORT)).any())
    return Stop.JUDGEMENT_SHARE if are_statements_left else Stop.BANK_EXHAUSTED


def expected_variances(bank: Bank, pins: Pins, policy: SittingPolicy) -> NDArray[np.float64]:
    """Variance of the composite, the cut's own included, expected after 0, 1, … units chosen for the pinned cut."""
    composite, cut = composite_of(pins, policy), pins.cut or 0.0
    at = composite.weights @ composite.covariance * cut  # thetas to expect of somebody at the cut
    best = [_information_near(table, theta) for table, theta in zip(bank.information, at, strict=True)]
    expected = composite_variances(best, composite.weights, composite.correlation, policy.most_units_undecided)
    return expected + (pins.cut_standard_error or 0.0) ** 2


def _information_near(table: NDArray[np.float64], theta: float) -> float:
    """Mean information at a theta of the items that are chosen first there."""
    nearest = table[int(np.abs(NODES - theta).argmin())]
    return float(np.sort(nearest)[-CHOSEN_FIRST:].mean()) if nearest.size else 0.0


def numbers_of(standing: Standing, pins: Pins, band_percent: int) -> dict[str, Any]:
    """Thetas, errors and band of a standing as plain numbers, by the names of the frozen sitting's columns."""
    posterior = standing.posterior
    if posterior is None:
        return {"judgement_share": 0.0}
    cut_standard_error = pins.cut_standard_error or 0.0
    low, high = posterior.interval(band_percent / PERCENT, cut_standard_error)
    judgement, self_report = posterior.kind_means
    judgement_error, self_report_error = posterior.kind_standard_errors
    return {
        "judgement_theta": float(judgement),
        "judgement_standard_error": float(judgement_error),
        "self_report_theta": float(self_report),
        "self_report_standard_error": float(self_report_error),
        "kinds_covariance": posterior.kind_covariance.tolist(),
        "kind_difference": _number(posterior.kind_difference_z),
        "judgement_share": float(posterior.judgement_share),
        "median": float(posterior.median(cut_standard_error)),
        "standard_error": float(posterior.standard_error),
        "interval_low": float(low),
        "interval_high": float(high),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def decayed(
    thetas: Sequence[float | None],
    kinds_covariance: Sequence[Sequence[float]],
    months: float,
    pins: Pins,
    policy: SittingPolicy,
) -> dict[str, Any]:
    """A former sitting's posterior, older by `months`, as the prior a retake starts from."""
    composite = composite_of(pins, policy)
    mean, covariance = decayed_prior(
        np.array(thetas, dtype=float),
        kinds_covariance,
        months,
        policy.retention_per_month,
        norm_mean=composite.normal_mean,
        norm_variance=composite.normal_covariance,
    )
    return {"mean": mean.tolist(), "covariance": covariance.tolist()}
