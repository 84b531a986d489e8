"""The next item: most informative where the decision is, within the duties to facets and kinds."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.composite import Composite
from scoring.errors import ScoringError
from scoring.graded_response import item_information
from scoring.items import ItemParameters
from scoring.normal import NODES
from scoring.selection import expected_gain, information_tables, next_item, urgent_facets

COMPOSITE = Composite((0.5, 0.5), 0.6)
JUDGEMENT = ItemParameters([1.0, 1.0, 1.0, 1.0], [[-2.0, -1.0], [0.0, 0.6], [1.0, 1.6], [2.5, 3.0]])
SELF_REPORT = ItemParameters([1.4, 1.4, 1.4, 1.4], [[-2.0, -1.0], [0.0, 0.6], [1.0, 1.6], [2.5, 3.0]])
KINDS = np.repeat([0, 1], 4)
FACETS = np.zeros(8, dtype=np.int64)


def evidence(at: float, information: float) -> np.ndarray:
    return -0.5 * information * (NODES - at) ** 2


def choice(judgement=3.0, self_report=3.0, **changes) -> int | None:
    """The choice after as much evidence of each kind as stated, best of one unless said otherwise."""
    posterior = COMPOSITE.posterior(
        evidence(1.0, judgement) if judgement else None, evidence(1.0, self_report) if self_report else None
    )
    arguments = {
        "kinds": KINDS,
        "available": np.ones(8, dtype=bool),
        "facets": FACETS,
        "facet_counts": np.array([20]),
        "kind_counts": np.array([10, 10]),
        "cut": 1.28,
        "best": 1,
        "rng": np.random.default_rng(0),
    }
    return next_item(posterior, JUDGEMENT, SELF_REPORT, **{**arguments, **changes})


def test_the_most_informative_item_at_the_cut_is_chosen() -> None:
    assert choice(judgement=9.0) == 6  # the statement nearest the cut, for judgement has more than its share


def test_judgement_comes_when_its_share_would_fall_short() -> None:
    assert choice(judgement=3.0, self_report=3.0) == 2
    assert choice(judgement=None, self_report=None, kind_counts=np.array([0, 0])) == 2


def test_before_a_cut_the_decision_is_at_the_current_estimate() -> None:
    low = COMPOSITE.posterior(evidence(-1.6, 8.0), evidence(-1.6, 6.0))
    arguments = {
        "kinds": KINDS, "available": np.ones(8, dtype=bool), "facets": FACETS, "facet_counts": np.array([20]),
        "kind_counts": np.array([10, 10]), "best": 1, "rng": np.random.default_rng(0),
    }  # fmt: skip

    assert next_item(low, JUDGEMENT, SELF_REPORT, cut=None, **arguments) == 4
    assert next_item(low, JUDGEMENT, SELF_REPORT, cut=1.28, **arguments) == 6


def test_what_is_not_available_is_never_chosen() -> None:
    for held in itertools.combinations(range(8), 2):
        available = np.isin(np.arange(8), held)
        assert choice(judgement=9.0, available=available, best=5) in held


def test_nothing_available_is_said_by_none() -> None:
    assert choice(available=np.zeros(8, dtype=bool)) is None


def test_the_limit_of_scenarios_is_kept_even_when_judgement_is_short() -> None:
    counts = np.array([20, 10])

    assert choice(judgement=9.0, self_report=1.0, kind_counts=counts) == 6
    assert choice(kind_counts=counts, available=KINDS == 0) is None
    assert choice(judgement=1.0, self_report=9.0, kind_counts=np.array([19, 10])) == 2


def test_no_statement_costs_judgement_its_share_once_every_minimum_is_reached() -> None:
    only_statements = {"available": KINDS == 1, "judgement": 3.0, "self_report": 3.0}

    assert choice(**only_statements, kind_counts=np.array([7, 5])) is None
    assert choice(**only_statements, kind_counts=np.array([6, 5])) == 6
    assert choice(**only_statements, kind_counts=np.array([4, 9])) == 6
    assert choice(**only_statements, kind_counts=np.array([9, 4])) == 6
    assert choice(available=KINDS == 1, judgement=6.0, kind_counts=np.array([7, 5])) == 6


def test_another_kind_comes_when_the_wanted_one_is_exhausted() -> None:
    few = np.array([4, 10])
    assert choice(judgement=1.0, self_report=9.0, available=KINDS == 1, kind_counts=few) == 6
    assert choice(judgement=9.0, self_report=1.0, available=KINDS == 0) == 2


def test_the_fewest_of_each_kind_are_reached_in_time() -> None:
    statement_due = choice(judgement=1.0, self_report=5.0, kind_counts=np.array([6, 2]), facet_counts=np.array([8]))
    scenario_due = choice(judgement=9.0, self_report=1.0, kind_counts=np.array([1, 7]), facet_counts=np.array([8]))

    assert KINDS[statement_due] == 0  # one unit to spare: four left, three statements wanted
    assert KINDS[choice(judgement=1.0, self_report=5.0, kind_counts=np.array([7, 2]))] == 1
    assert KINDS[scenario_due] == 0


def test_an_urgent_facet_comes_before_information() -> None:
    facets = np.array([0, 0, 0, 1, 0, 0, 0, 1])

    assert choice(judgement=9.0, facets=facets, facet_counts=np.array([14, 6])) == 6
    assert choice(judgement=9.0, facets=facets, facet_counts=np.array([16, 4])) == 7


def test_an_urgent_facet_is_taken_from_the_other_kind_if_need_be() -> None:
    facets = np.array([0, 0, 0, 0, 0, 0, 0, 1])

    assert choice(judgement=1.0, self_report=9.0, facets=facets, facet_counts=np.array([16, 4])) == 7


def test_the_choice_among_the_best_is_random_and_follows_the_generator() -> None:
    picks = [choice(judgement=9.0, best=2, rng=np.random.default_rng(seed)) for seed in range(40)]

    assert set(picks) == {5, 6} or set(picks) == {6, 7}
    assert picks == [choice(judgement=9.0, best=2, rng=np.random.default_rng(seed)) for seed in range(40)]


def test_tables_choose_what_the_parameters_choose() -> None:
    tables = information_tables(JUDGEMENT, SELF_REPORT)
    posterior = COMPOSITE.posterior(evidence(0.4, 4.0), evidence(0.9, 4.0))

    direct, _ = expected_gain(posterior, JUDGEMENT, SELF_REPORT, kinds=KINDS, cut=1.28)
    tabled, _ = expected_gain(posterior, JUDGEMENT, SELF_REPORT, kinds=KINDS, cut=1.28, tables=tables)

    assert np.allclose(direct, tabled, rtol=0.01)
    assert choice(judgement=9.0, tables=tables) == choice(judgement=9.0)


def test_the_expected_gain_is_the_fall_of_the_variance_under_normal_observations() -> None:
    posterior = COMPOSITE.posterior(evidence(1.0, 4.0), evidence(1.0, 6.0))
    gain, information = expected_gain(posterior, JUDGEMENT, SELF_REPORT, kinds=KINDS, cut=1.28)
    weights = COMPOSITE.weights

    for item, kind in enumerate(KINDS):
        observed = np.zeros((2, 2))
        observed[kind, kind] = information[item]
        after = np.linalg.inv(np.linalg.inv(posterior.covariance) + observed)
        assert gain[item] == pytest.approx(weights @ posterior.covariance @ weights - weights @ after @ weights)


def test_information_is_taken_on_the_line_of_the_cut() -> None:
    posterior = COMPOSITE.posterior(evidence(1.0, 4.0), evidence(0.2, 6.0))
    towards = posterior.covariance @ COMPOSITE.weights
    point = posterior.theta + towards * (1.28 - posterior.mean) / (COMPOSITE.weights @ towards)

    _, information = expected_gain(posterior, JUDGEMENT, SELF_REPORT, kinds=KINDS, cut=1.28)

    assert COMPOSITE.weights @ point == pytest.approx(1.28)
    assert np.allclose(information[:4], item_information(JUDGEMENT, point[:1])[0])
    assert np.allclose(information[4:], item_information(SELF_REPORT, point[1:])[0])


def test_kinds_may_be_mixed_in_the_numbering() -> None:
    mixed = np.array([1, 0, 1, 0, 1, 0, 1, 0])

    assert choice(judgement=9.0, kinds=mixed) == 4  # the third statement
    assert choice(judgement=1.0, self_report=9.0, kinds=mixed) == 5  # the third scenario


def test_a_bank_of_one_kind_is_enough() -> None:
    nothing = ItemParameters(np.empty(0), np.empty((0, 1)))
    posterior = COMPOSITE.posterior(None, None)

    found = next_item(
        posterior, nothing, SELF_REPORT, kinds=np.ones(4, dtype=np.int64), available=np.ones(4, dtype=bool),
        facets=np.zeros(4, dtype=np.int64), facet_counts=np.array([0]), kind_counts=np.array([0, 0]), cut=1.28,
        best=1, rng=np.random.default_rng(0),
    )  # fmt: skip

    assert found == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"kinds": np.repeat([0, 1], [3, 5])},
        {"kinds": np.array([0, 0, 0, 0, 1, 1, 1, 2])},
        {"available": np.ones(7, dtype=bool)},
        {"facets": np.zeros(9, dtype=np.int64)},
        {"best": 0},
    ],
)
def test_arrays_that_do_not_describe_the_same_items_are_refused(changes) -> None:
    with pytest.raises(ScoringError, match="item"):
        choice(**changes)


@settings(deadline=None, max_examples=80)
@given(st.integers(1, 4), st.sampled_from([0.0, 0.1, 0.15, 0.2]), st.integers(1, 20), st.randoms(use_true_random=False))
def test_following_the_urgent_facets_no_facet_is_ever_short_when_a_sitting_could_end(
    facets, share, fewest, random
) -> None:
    counts = np.zeros(facets, dtype=np.int64)
    greedy = random.randrange(facets)
    for _ in range(60):
        urgent = urgent_facets(counts, np.ones(facets, dtype=bool), facet_share=share, fewest_units=max(fewest, facets))
        counts[greedy if urgent[greedy] else int(np.argmax(urgent))] += 1
        units = int(counts.sum())
        if units >= max(fewest, 3 * facets):
            assert (counts >= share * units - 1e-9).all()


def test_a_facet_without_items_asks_for_nothing() -> None:
    urgent = urgent_facets(np.array([6, 6, 0]), np.array([True, True, False]), facet_share=0.2, fewest_units=12)

    assert urgent.all()


def test_without_a_least_share_judgement_has_no_precedence() -> None:
    nothing = {"judgement": None, "self_report": None, "kind_counts": np.array([0, 0])}

    assert choice(**nothing, least_judgement_share=0.0, fewest_of_kind=(0, 0)) == 6
    assert choice(judgement=None, self_report=9.0, available=KINDS == 1, least_judgement_share=0.0) == 6


def test_judgement_is_owed_its_share_only_where_an_award_is_in_reach() -> None:
    few = {"judgement": 3.0, "self_report": 3.0, "owed_from": 0.2}

    assert choice(**few, probability=0.2) == 2
    assert choice(**few, probability=0.199) == 6
    assert choice(**few) == 2
    only_statements = {"available": KINDS == 1, "kind_counts": np.array([20, 10])}
    assert choice(**few, **only_statements, probability=0.5) is None
    assert choice(**few, **only_statements, probability=0.1) == 6


def test_before_the_fewest_units_the_choice_is_among_more() -> None:
    def chosen(units: int) -> set[int | None]:
        counts = {"facet_counts": np.array([units]), "kind_counts": np.array([units - 5, 5]), "fewest_units": 12}
        return {
            choice(judgement=9.0, best=1, early_best=4, rng=np.random.default_rng(seed), **counts) for seed in range(30)
        }

    assert len(chosen(11)) == 4
    assert chosen(12) == {6}
