"""A rated scenario is scored by the shape of its ratings, not by how the scale is used."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from scoring.errors import InvalidResponses
from scoring.responses import MISSING
from scoring.situational_judgement import most_least_category, rate_each_category

KEY = np.array([5.6, 4.1, 3.0, 1.4, 2.2])
ratings_of_five = st.lists(st.integers(1, 6), min_size=5, max_size=5)


def test_the_key_itself_is_the_highest_category_and_its_opposite_the_lowest() -> None:
    assert int(rate_each_category(KEY, KEY)) == 4
    assert int(rate_each_category(7 - KEY, KEY)) == 0


@given(ratings_of_five, st.floats(0.2, 3), st.floats(-4, 4))
def test_personal_use_of_the_scale_drops_out(ratings, spread, level) -> None:
    otherwise = level + spread * np.array(ratings)
    assume(MISSING not in otherwise)  # -1 says that an option was not rated; no point of a scale is called so

    assert rate_each_category(ratings, KEY) == rate_each_category(otherwise, KEY)


@pytest.mark.parametrize("value", [1, 3, 6])
def test_a_flat_rater_tells_nothing_apart_and_gets_the_lowest(value) -> None:
    assert int(rate_each_category([value] * 5, KEY)) == 0


def test_one_who_rates_high_and_agrees_beats_one_who_is_near_and_does_not() -> None:
    high_but_right, near_but_wrong = [6, 5, 5, 4, 4], [3, 4, 4, 3, 3]
    nearer = np.abs(np.array(near_but_wrong) - KEY).sum() < np.abs(np.array(high_but_right) - KEY).sum()

    assert nearer
    assert rate_each_category(high_but_right, KEY) > rate_each_category(near_but_wrong, KEY)


@given(ratings_of_five)
def test_the_category_is_where_the_correlation_falls(ratings) -> None:
    assume(len(set(ratings)) > 1)
    correlation = np.corrcoef(ratings, KEY)[0, 1]
    assume(min(abs(correlation - bound) for bound in (0.0, 0.4, 0.7, 0.9)) > 1e-6)

    assert rate_each_category(ratings, KEY) == sum(correlation >= bound for bound in (0.0, 0.4, 0.7, 0.9))


def test_a_correlation_on_a_bound_belongs_to_the_higher_category() -> None:
    ratings, key = [1, 2, 3], [2, 1, 3]  # correlation exactly one half

    assert int(rate_each_category(ratings, key, bounds=(0.0, 0.5))) == 2
    assert int(rate_each_category(ratings, key, bounds=(0.0, 0.5000001))) == 1


def test_many_raters_are_scored_at_once_and_an_unfinished_scenario_is_missing() -> None:
    ratings = np.array([KEY, 7 - KEY, [6, 5, np.nan, 1, 2], [6, 5, MISSING, 1, 2]])

    assert rate_each_category(ratings, KEY).tolist() == [4, 0, MISSING, MISSING]


@pytest.mark.parametrize(
    ("ratings", "key", "bounds", "message"),
    [
        ([1, 2, 3], [1, 2, 3, 4], (0.0,), "do not fit"),
        ([[[1, 2, 3]]], [1, 2, 3], (0.0,), "do not fit"),
        ([1, 2], [1, 2], (0.0,), "at least 3"),
        ([1, 2, 3], [2, 2, 2], (0.0,), "tell at least one"),
        ([1, 2, 3], [1, np.nan, 2], (0.0,), "finite"),
        ([1, 2, 3], [1, 2, 3], (0.4, 0.4), "rise"),
    ],
)
def test_what_cannot_be_scored_is_refused_with_the_reason(ratings, key, bounds, message) -> None:
    with pytest.raises(InvalidResponses, match=message):
        rate_each_category(ratings, key, bounds)


def test_naming_the_ends_of_the_key_is_the_highest_category_and_the_reverse_the_lowest() -> None:
    most, least = np.array([0, 3, 0, 1, -1, 0]), np.array([3, 0, 2, 4, 2, -1])

    assert most_least_category(most, least, KEY).tolist() == [4, 0, 2, 2, -1, -1]


@given(st.permutations(range(5)))
def test_most_and_least_do_not_depend_on_the_order_of_options(order) -> None:
    where = np.argsort(order)
    for most, least in ((0, 3), (1, 2), (4, 0)):
        assert most_least_category(where[most], where[least], KEY[list(order)]) == most_least_category(most, least, KEY)


@pytest.mark.parametrize(("most", "least"), [(2, 2), (5, 0), (0, 5), (-2, 1), ([0, 1], [2])])
def test_options_that_cannot_be_named_are_refused(most, least) -> None:
    with pytest.raises(InvalidResponses):
        most_least_category(most, least, KEY)
