"""The range of units to come holds what happens, and is blind to the side of the cut."""

import numpy as np
import pytest

from scoring.composite import Composite
from scoring.errors import ScoringError
from scoring.graded_response import item_information, log_likelihood
from scoring.normal import NODES
from scoring.remaining import composite_variances, units_to_come
from scoring.simulation import simulate_kinds, simulate_responses
from scoring.sitting_simulation import SittingRules, simulate_sittings
from tests.scoring.banks import CUT, CUT_SE, InventedBank

BOUNDS = {"certain_above": 0.95, "certain_below": 0.02, "undecided_from": 0.20, "undecided_to": 0.80}
COMPOSITE = Composite((0.5, 0.5), 0.5)
VARIANCES = composite_variances([0.5, 1.2], COMPOSITE.weights, 0.5, 60) + CUT_SE**2


def to_come(probability: float, units: int, **changes: float) -> tuple[int, int]:
    left = {"fewest": max(0, 12 - units), "most": max(0, 40 - units), "most_undecided": 60 - units}
    return units_to_come(probability, VARIANCES[units:], **{**left, **BOUNDS, **changes})


@pytest.mark.parametrize("units", [0, 5, 11, 12, 20, 39, 45, 59])
def test_the_range_is_the_same_on_both_sides_of_the_cut(units: int) -> None:
    for probability in (0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 1e-6, 0.0):
        assert to_come(probability, units) == to_come(1.0 - probability, units)


def test_a_distance_at_which_only_one_side_still_sits_looks_like_the_nearer_bound() -> None:
    """Above the cut nobody goes on beyond .95; a range of its own for .03 would tell that this one is below."""
    for units in (12, 20, 30):
        assert {to_come(probability, units) for probability in (0.03, 0.04, 0.05, 0.95, 0.97)} == {to_come(0.05, units)}


def test_the_range_stays_within_what_the_rule_allows_and_narrows_away_from_the_cut() -> None:
    for units in range(60):
        for probability in np.linspace(0.0, 1.0, 11):
            low, high = to_come(float(probability), units)
            assert max(1, 12 - units) <= low <= high <= 60 - units
    assert to_come(0.05, 12)[1] < to_come(0.5, 12)[1]
    assert to_come(0.5, 59) == (1, 1)


@pytest.mark.parametrize(
    "never", [{"certain_above": 1.0}, {"certain_below": 0.0}, {"undecided_from": 0.0}, {"undecided_to": 1.0}]
)
def test_a_bound_that_is_never_reached_is_like_one_that_hardly_ever_is(never: dict[str, float]) -> None:
    nearly = {name: min(max(bound, 1e-6), 1 - 1e-6) for name, bound in never.items()}
    for units in (12, 45):
        for probability in (0.0, 0.5, 0.97, 1.0):
            assert to_come(probability, units, **never) == to_come(probability, units, **nearly)


def test_four_of_five_simulated_sittings_or_more_keep_within_the_range() -> None:
    people, bank, rng = 400, InventedBank.of(scenarios=40, statements=80), np.random.default_rng(1)
    theta = simulate_kinds(people, 0.5, rng)
    theta += 0.8  # half of them near the cut, where sittings are long
    pair = (bank.judgement, bank.self_report)
    answers = [simulate_responses(items, theta[:, kind], rng) for kind, items in enumerate(pair)]
    codes = np.concatenate(answers, axis=1).astype(np.int8)
    rules = SittingRules(cut=CUT, cut_se=CUT_SE)
    found = simulate_sittings(
        theta, *pair, facets=bank.facets, composite=COMPOSITE, rules=rules, responses=codes, rng=rng
    )
    at = COMPOSITE.weights @ COMPOSITE.covariance * CUT
    best = [np.sort(item_information(items, [place])[0])[-20:].mean() for items, place in zip(pair, at, strict=True)]
    variances = composite_variances(best, COMPOSITE.weights, 0.5, 60) + CUT_SE**2
    held = []
    for person in np.flatnonzero((found.units > 12) & (found.reason != "no-item")):
        shown = found.shown[person][:12]
        kinds = bank.kinds[shown]
        logs = []
        for kind, items in enumerate(pair):
            asked = shown[kinds == kind]
            rows = [bank.row(int(one)) for one in asked]
            logs.append(log_likelihood([codes[person, asked]], items.take(rows), NODES)[0])
        probability = COMPOSITE.posterior(*logs).probability_above(CUT, CUT_SE)
        low, high = units_to_come(probability, variances[12:], fewest=0, most=28, most_undecided=48, **BOUNDS)
        held.append(low <= found.units[person] - 12 <= high)
    assert len(held) > 100
    assert np.mean(held) > 0.80


def test_lengths_out_of_order_and_variances_that_rise_are_refused() -> None:
    with pytest.raises(ScoringError, match="in order"):
        to_come(0.5, 12, fewest=50)
    with pytest.raises(ScoringError, match="never rising"):
        units_to_come(0.5, VARIANCES[::-1], fewest=0, most=10, most_undecided=20, **BOUNDS)
