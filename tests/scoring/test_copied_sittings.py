"""Answers in common beyond chance: exact where it can be counted by hand, rare among honest people, found in copies."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from scoring.copied_sittings import FEWEST_EQUAL, Agreement, Answered, agreement, repeated
from scoring.errors import ScoringError
from scoring.graded_response import category_probabilities
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

ITEMS = 8
PLACES = np.array([-1.3, -0.4, 0.4, 1.3])
GRADED = ItemParameters(
    np.full(ITEMS, 1.2), np.random.default_rng(2).normal(0.3, 0.7, (ITEMS, 1)) + PLACES
)  # scenarios, say
RANKED = ItemParameters.nominal(
    np.random.default_rng(3).normal(0, 0.8, (ITEMS, 6)), np.random.default_rng(4).normal(0, 0.5, (ITEMS, 6))
)  # orders of three things
WAYS = 12  # different ratings that come to one category
ERROR = 0.5


def people(items: ItemParameters, count: int, rng: np.random.Generator, ways: int = WAYS) -> Answered:
    """Honest people, their thetas known up to an error; each category can be said in some ways, some more common."""
    theta = rng.standard_normal(count)
    categories = simulate_responses(items, theta, rng).astype(np.int64)
    way = rng.geometric(0.15, categories.shape) % ways
    categories[rng.random(categories.shape) < 0.3] = -1
    estimated = theta + ERROR * rng.standard_normal(count)
    return Answered.of(categories, categories * ways + way, estimated / (1 + ERROR**2), np.full(count, 0.45), items=8)


def one_of(group: Answered, row: int) -> Answered:
    return Answered.of(
        group.categories[row], group.answers[row], group.theta[row], group.standard_error[row], items=ITEMS
    )


def without(group: Answered, row: int) -> Answered:
    parts = (np.delete(part, row, axis=0) for part in (group.categories, group.answers))
    return Answered.of(*parts, np.delete(group.theta, row), np.delete(group.standard_error, row), items=ITEMS)


def beside_the_rest(items: ItemParameters, group: Answered, row: int) -> Agreement:
    return agreement(items, one_of(group, row), without(group, row))


def copied(group: Answered, source: int, copier: int, answers: int) -> Answered:
    """The same people, one of whom took over some answers, both having had those items."""
    categories, said = group.categories.copy(), group.answers.copy()
    had = np.argsort(categories[source] < 0, kind="stable")[:answers]
    categories[copier, had], said[copier, had] = categories[source, had], said[source, had]
    return Answered.of(categories, said, group.theta, group.standard_error, items=ITEMS)


@pytest.mark.parametrize("items", [GRADED, RANKED], ids=["rated", "ranked"])
def test_the_tail_is_that_of_every_pattern_of_equal_answers_counted_one_by_one(items: ItemParameters) -> None:
    rng = np.random.default_rng(5)
    rest = people(items, 40, rng)
    sure = Answered.of(rest.categories, rest.answers, rest.theta, np.zeros(40), items=ITEMS)
    own = one_of(copied(sure, 3, 0, 6), 0)
    found = agreement(items, own, sure)
    same_way = repeated(sure, 6 if items is RANKED else 5, np.zeros(ITEMS, dtype=int))
    for other in (0, 3, 9):
        common = np.nonzero((own.categories[0] >= 0) & (sure.categories[other] >= 0))[0]
        both = category_probabilities(items, [own.theta[0], sure.theta[other]])[:, common]
        chances = (both[0] * both[1] * same_way[common]).sum(axis=1)
        patterns = np.array(list(product([0, 1], repeat=common.size)))
        masses = np.prod(np.where(patterns == 1, chances, 1 - chances), axis=1)
        equal = (own.answers[0, common] == sure.answers[other, common]).sum()
        tail = masses[patterns.sum(axis=1) >= equal].sum() if equal >= FEWEST_EQUAL else 1.0
        assert (found.common[other], found.equal[other]) == (common.size, equal)
        assert found.expected[other] == pytest.approx(chances.sum())
        assert found.chance[other] == pytest.approx(tail, rel=1e-9)
        z = (equal - chances.sum()) / np.sqrt((chances * (1 - chances)).sum())
        assert found.z[other] == pytest.approx(z)


def test_both_posteriors_are_averaged_over() -> None:
    rng = np.random.default_rng(6)
    rest = people(GRADED, 30, rng, ways=1)
    own = one_of(rest, 0)
    found = agreement(GRADED, own, rest)
    common = np.nonzero((own.categories[0] >= 0) & (rest.categories[7] >= 0))[0]
    draws = 40_000
    mine = own.theta[0] + own.standard_error[0] * rng.standard_normal(draws)
    theirs = rest.theta[7] + rest.standard_error[7] * rng.standard_normal(draws)
    both = [category_probabilities(GRADED, theta)[:, common] for theta in (mine, theirs)]
    equal = rng.random((draws, common.size)) < (both[0] * both[1]).sum(axis=2)
    assert found.expected[7] == pytest.approx(equal.sum(axis=1).mean(), abs=0.03)
    if found.equal[7] >= FEWEST_EQUAL:
        assert found.chance[7] == pytest.approx((equal.sum(axis=1) >= found.equal[7]).mean(), abs=0.015)


def test_answers_that_everybody_gives_tell_nothing_and_those_of_few_people_little() -> None:
    categories = [[0], [0], [0], [0], [1], [1]]
    answers = [[7], [7], [7], [7], [5], [6]]
    group = Answered.of(categories, answers, np.zeros(6), np.ones(6), items=1)
    assert repeated(group, 3, np.array([0])).tolist() == [[1.0, 0.5, 1.0]]


def test_people_who_use_the_scale_in_one_manner_are_held_against_each_other() -> None:
    """Of ten who know the ends of the scale alone, all say the same; of the ten who use all of it, nobody does."""
    said = np.concatenate([np.full(10, 99), np.arange(10)])[:, None]
    manner = np.repeat([2, 6], 10)[:, None]
    group = Answered.of(np.zeros((20, 1)), said, np.zeros(20), np.ones(20), manners=manner, items=1)
    assert repeated(group, 1, np.array([2])).tolist() == [[1.0]]
    assert repeated(group, 1, np.array([6])).tolist() == [[1 / 46]]


def test_honest_people_seldom_look_alike() -> None:
    """Bonferroni's bound holds however many are compared, and honest pairs stay within the chance stated for one."""
    rng = np.random.default_rng(8)
    shares, chances = [], []
    for _ in range(12):
        group = people(GRADED, 50, rng)
        for row in range(0, 50, 5):
            found = beside_the_rest(GRADED, group, row)
            shares.append(found.shares.min())
            chances.append(found.chance)
    assert (np.array(shares) <= 0.05).mean() <= 0.05
    assert (np.concatenate(chances) <= 0.01).mean() <= 0.01


@pytest.mark.parametrize("items", [GRADED, RANKED], ids=["rated", "ranked"])
def test_edge_069_a_copy_of_five_answers_is_found_and_its_source_is_named(items: ItemParameters) -> None:
    rng = np.random.default_rng(9)
    found = 0
    for _ in range(15):
        group = copied(people(items, 60, rng), 11, 0, 5)
        with_others = beside_the_rest(items, group, 0)
        best = int(np.argmin(with_others.chance))
        found += best == 10 and with_others.shares[best] <= 0.001
        assert with_others.z[10] > 4
    assert found >= 13


def test_people_at_the_top_agree_by_standing_and_not_by_copying() -> None:
    rng = np.random.default_rng(10)
    best = np.full((40, ITEMS), 4)
    low = simulate_responses(GRADED, rng.normal(-0.5, 1, 200), rng)
    categories = np.concatenate([best, low])
    place = np.concatenate([np.full(40, 2.6), np.full(200, -0.4)])
    group = Answered.of(categories, categories, place, np.full(240, 0.3), items=ITEMS)
    high, ordinary = beside_the_rest(GRADED, group, 0), beside_the_rest(GRADED, copied(group, 0, 60, 8), 60)
    assert (high.equal[:39] == ITEMS).all()
    assert high.shares.min() > 0.05
    assert ordinary.chance[0] < high.chance[0] / 100


def test_two_equal_answers_are_a_coincidence_and_nothing_in_common_is_nothing() -> None:
    rng = np.random.default_rng(12)
    group = copied(people(GRADED, 60, rng), 5, 0, FEWEST_EQUAL - 1)
    few = group.categories.copy()
    few[0, np.argsort(few[0] < 0, kind="stable")[2:]] = -1
    few[9, few[0] >= 0] = -1
    found = beside_the_rest(GRADED, Answered.of(few, group.answers, group.theta, group.standard_error, items=ITEMS), 0)
    assert (found.chance == 1.0).all()
    assert (found.common[8], found.z[8], found.expected[8]) == (0, 0.0, 0.0)


def test_nobody_to_compare_with_is_no_agreement() -> None:
    nobody = Answered.of(np.empty((0, ITEMS)), np.empty((0, ITEMS)), [], [], items=ITEMS)
    found = agreement(GRADED, one_of(people(GRADED, 3, np.random.default_rng(1)), 0), nobody)
    assert found.shares.size == 0


@pytest.mark.parametrize(
    ("theta", "error", "answers"), [([0.0, 1.0], [1.0], 2), ([np.nan], [1.0], 1), ([0.0], [-1.0], 1), ([0.0], [1.0], 2)]
)
def test_arrays_that_do_not_belong_together_are_refused(theta, error, answers) -> None:
    with pytest.raises(ScoringError):
        Answered.of([[0] * ITEMS], [[0] * ITEMS] * answers, theta, error, items=ITEMS)


def test_one_person_is_compared_over_the_same_items() -> None:
    group = people(GRADED, 4, np.random.default_rng(2))
    with pytest.raises(ScoringError):
        agreement(GRADED, group, group)
    with pytest.raises(ScoringError):
        agreement(GRADED.take([0]), one_of(group, 0), group)
