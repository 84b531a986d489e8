"""Compiled sittings are the real ones, step by step; and what is simulated keeps the rules it is judged by."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from scoring.composite import Composite
from scoring.errors import ScoringError
from scoring.exposure import draw_eligible, eligible_probabilities
from scoring.graded_response import log_likelihood
from scoring.misfit_aware import misfit_aware
from scoring.normal import NODES
from scoring.selection import information_tables, next_item
from scoring.simulation import simulate_kinds
from scoring.sitting_simulation import (
    SITTINGS_AT_ONCE,
    STAY_ELIGIBLE,
    SimulatedSittings,
    SittingRules,
    settled_eligibility,
    simulate_sittings,
)
from scoring.stopping import decide
from tests.scoring.banks import CUT, CUT_SE, FACETS, InventedBank

BANK = InventedBank.of(scenarios=40, statements=80)
RULES = SittingRules(cut=CUT, cut_se=CUT_SE)
ONE_KIND = replace(RULES, fewest_scenarios=0, fewest_statements=0, least_judgement_share=0.0)
PEOPLE = 14
CAP = 0.3


class Foretold(np.random.Generator):
    """A generator whose one draw among the best few is known beforehand."""

    def __init__(self, uniform: float) -> None:
        super().__init__(np.random.PCG64(0))
        self.uniform = uniform

    def integers(self, low: Any, *_: Any, **__: Any) -> Any:
        return int(self.uniform * low)


def simulated(
    rules: SittingRules = RULES, *, correlation: float = 0.6, seed: int = 1, **changes: Any
) -> SimulatedSittings:
    composite = Composite((0.5, 0.5), correlation)
    theta = simulate_kinds(changes.pop("people", PEOPLE), correlation, np.random.default_rng(seed)) + 0.7
    arguments = {"facets": BANK.facets, "composite": composite, "rules": rules, "rng": np.random.default_rng(seed)}
    return simulate_sittings(theta, BANK.judgement, BANK.self_report, **{**arguments, **changes})


def answers(people: int, seed: int = 3) -> np.ndarray:
    """Answers of people who stand high, but not as the model would have it."""
    drawn = np.random.default_rng(seed).normal(2.6, 1.0, (people, BANK.kinds.size))
    return np.clip(np.round(drawn), 0, 4).astype(np.int8)


def softened(codes: list[int], rows: list[int], kind: int, stray: float) -> np.ndarray | None:
    items = (BANK.judgement, BANK.self_report)[kind]
    return misfit_aware(log_likelihood([codes], items.take(rows), NODES)[0], stray) if codes else None


def replayed(
    found: SimulatedSittings,
    person: int,
    codes: np.ndarray,
    uniforms: np.ndarray,
    rules: SittingRules,
    composite: Composite,
    eligible: np.ndarray | None = None,
) -> int:
    """Run one sitting on the plain modules, comparing every step; the number of units."""
    available = np.ones(BANK.kinds.size, dtype=bool) if eligible is None else eligible.copy()
    tables = information_tables(BANK.judgement, BANK.self_report)
    shown = found.shown[person][found.shown[person] >= 0]
    heard: tuple[list[int], list[int]] = ([], [])
    rows: tuple[list[int], list[int]] = ([], [])
    facet_counts = np.zeros(FACETS, dtype=np.int64)
    for unit in range(rules.most_units_undecided + 1):
        posterior = composite.posterior(
            *(softened(heard[kind], rows[kind], kind, rules.stray_shares[kind]) for kind in (0, 1))
        )
        kind_counts = np.array([len(heard[0]), len(heard[1])])
        probability = posterior.probability_above(rules.cut, rules.cut_se)
        decision = decide(
            probability,
            units=unit,
            scenarios=int(kind_counts[0]),
            statements=int(kind_counts[1]),
            is_balanced=bool((facet_counts >= rules.facet_share * unit - 1e-9).all()),
            judgement_share=posterior.judgement_share,
            **{
                name: getattr(rules, name)
                for name in (
                    "fewest_units", "fewest_scenarios", "fewest_statements", "certain_above", "certain_below",
                    "most_units", "most_units_undecided", "undecided_from", "undecided_to", "least_judgement_share",
                )
            },
        )  # fmt: skip
        item = None
        if not decision.stop:
            item = next_item(
                posterior, BANK.judgement, BANK.self_report, kinds=BANK.kinds, available=available,
                facets=BANK.facets, facet_counts=facet_counts, kind_counts=kind_counts, cut=rules.cut,
                facet_share=rules.facet_share, least_judgement_share=rules.least_judgement_share,
                most_scenarios=rules.most_scenarios,
                fewest_of_kind=(rules.fewest_scenarios, rules.fewest_statements), fewest_units=rules.fewest_units,
                best=rules.best, early_best=rules.early_best,
                probability=probability, owed_from=rules.undecided_from, tables=tables, rng=Foretold(uniforms[unit]),
            )  # fmt: skip
        if item is None:
            assert shown.size == unit
            assert found.reason[person] == (decision.reason or "no-item")
            assert found.probability[person] == pytest.approx(
                posterior.probability_above(rules.cut, rules.cut_se), abs=1e-9
            )
            assert found.judgement_share[person] == pytest.approx(posterior.judgement_share, abs=1e-9)
            return unit
        assert item == shown[unit], f"unit {unit} of person {person}"
        kind = int(BANK.kinds[item])
        heard[kind].append(int(codes[item]))
        rows[kind].append(BANK.row(item))
        available[item] = False
        facet_counts[BANK.facets[item]] += 1
    raise AssertionError("a sitting never ended")


@pytest.mark.parametrize(
    ("rules", "correlation"),
    [
        (RULES, 0.6),
        (replace(RULES, stray_shares=(0.03, 0.01), early_best=15), 0.3),
        (replace(RULES, most_scenarios=14, best=1, facet_share=0.25), 0.9),
        (ONE_KIND, 0.0),
    ],
    ids=["shipped", "stray", "tight", "either kind"],
)
def test_compiled_sittings_follow_the_plain_ones_step_by_step(rules: SittingRules, correlation: float) -> None:
    codes = answers(PEOPLE)
    found = simulated(rules, correlation=correlation, responses=codes)
    uniforms = np.random.default_rng(1).random((PEOPLE, rules.most_units_undecided + 1))
    composite = Composite((0.5, 0.5), correlation)

    units = [replayed(found, k, codes[k], uniforms[k], rules, composite) for k in range(PEOPLE)]

    assert units == found.units.tolist()
    assert len(set(units)) > 3  # otherwise the lengths would say nothing


def test_compiled_sittings_use_only_what_was_drawn_as_eligible() -> None:
    people = SITTINGS_AT_ONCE + 5
    codes = answers(people)
    found = simulated(people=people, responses=codes, exposure_cap=CAP)
    rng = np.random.default_rng(1)
    cells = BANK.facets + FACETS * BANK.kinds
    items = BANK.kinds.size
    draw = {"fewest": STAY_ELIGIBLE, "rng": rng}
    first = draw_eligible(np.ones(items), cells, sittings=SITTINGS_AT_ONCE, **draw)
    rng.random((SITTINGS_AT_ONCE, RULES.most_units_undecided + 1))
    seen = np.bincount(found.shown[:SITTINGS_AT_ONCE][found.shown[:SITTINGS_AT_ONCE] >= 0], minlength=items)
    second = draw_eligible(eligible_probabilities(seen, first.sum(axis=0), CAP), cells, sittings=5, **draw)
    uniforms = rng.random((5, RULES.most_units_undecided + 1))

    assert first.all()
    assert not second.all()
    for k in range(5):
        person = SITTINGS_AT_ONCE + k
        replayed(found, person, codes[person], uniforms[k], RULES, Composite((0.5, 0.5), 0.6), second[k])


def test_simulated_sittings_keep_every_limit() -> None:
    found = simulated(people=400, exposure_cap=CAP)
    counts = np.stack(
        [((found.shown >= 0) & (BANK.facets[found.shown] == facet)).sum(axis=1) for facet in range(FACETS)]
    )

    assert found.units.min() >= 12
    assert found.units.max() <= 60
    assert found.scenarios.max() <= 20
    assert found.scenarios.min() >= 5
    assert (found.units - found.scenarios).min() >= 5
    assert (counts >= 0.2 * found.units - 1e-9).mean() > 0.99
    assert (found.judgement_share[found.awarded] >= 0.5).all()
    assert (found.probability[found.awarded] >= 0.5).all()


def test_only_the_undecided_go_on_past_the_usual_length() -> None:
    found = simulated(ONE_KIND, people=400)
    longer = found.units > 40

    assert longer.any()
    assert found.units.max() == 60
    assert (found.units[found.reason == "longest"] >= 40).all()
    assert set(found.reason[found.units == 60]) == {"undecided-longest"}
    assert set(found.reason[longer]) <= {"longest", "undecided-longest", "certain-above", "certain-below"}


def test_an_award_needs_every_minimum() -> None:
    found = simulated(people=300)
    kept = (found.probability >= 0.5) & (found.judgement_share >= 0.5) & (found.units >= 12)

    assert 0 < found.awarded.sum() < 300
    assert found.awarded.sum() <= kept.sum()
    assert not simulated(replace(RULES, award_confidence=1.0), people=50).awarded.any()


def test_the_same_generator_gives_the_same_sittings() -> None:
    once, again = simulated(people=30, exposure_cap=CAP), simulated(people=30, exposure_cap=CAP)

    np.testing.assert_array_equal(once.shown, again.shown)
    np.testing.assert_array_equal(once.probability, again.probability)


def test_exposure_counts_each_item_over_sittings() -> None:
    found = simulated(people=20)

    share = found.exposure(BANK.kinds.size)

    assert share.sum() == pytest.approx(found.units.mean())
    assert share[found.shown[0, 0]] >= 1 / 20


def test_an_exposure_cap_brings_the_worn_items_down() -> None:
    free = simulated(people=4_000).exposure(BANK.kinds.size, since=2_000).max()
    capped = simulated(people=4_000, exposure_cap=0.5).exposure(BANK.kinds.size, since=2_000).max()

    assert free > 0.7
    assert capped < 0.62


def test_chances_that_have_settled_keep_every_item_near_the_share_aimed_at() -> None:
    composite = Composite((0.5, 0.5), 0.6)
    people = simulate_kinds(2_400, 0.6, np.random.default_rng(5)) + 0.7
    settled = {"facets": BANK.facets, "composite": composite, "rules": RULES, "rng": np.random.default_rng(6)}
    chances = settled_eligibility(people, BANK.judgement, BANK.self_report, goal=CAP, **settled)
    held = simulated(people=3_000, eligibility=chances)

    assert held.exposure(BANK.kinds.size).max() < CAP + 0.03
    np.testing.assert_allclose(held.open_to.mean(), chances.mean(), atol=0.05)


@pytest.mark.parametrize(
    "changes",
    [
        {"facets": BANK.facets[:-1]},
        {"facets": BANK.facets - 1},
        {"responses": answers(PEOPLE)[:, :-1]},
        {"responses": answers(PEOPLE) + 3},
        {"responses": answers(PEOPLE) - 5},
    ],
)
def test_what_does_not_belong_together_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ScoringError):
        simulated(**changes)


def test_thetas_are_two_for_each_person() -> None:
    with pytest.raises(ScoringError, match="two thetas"):
        simulate_sittings(
            np.zeros((3, 1)), BANK.judgement, BANK.self_report, facets=BANK.facets,
            composite=Composite((0.5, 0.5), 0.6), rules=RULES, rng=np.random.default_rng(0),
        )  # fmt: skip
