"""Item parameters exist only if they are valid, and survive storage exactly."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.errors import InvalidItems, ScoringError
from scoring.items import ItemParameters

NAN = np.nan


def test_the_number_of_categories_is_read_from_the_thresholds() -> None:
    items = ItemParameters([1.0, 1.5], [[-1.0, 0.0, 1.0], [0.5, NAN, NAN]])

    assert items.categories.tolist() == [4, 2]
    assert len(items) == 2


def test_one_threshold_per_item_may_be_given_flat() -> None:
    assert ItemParameters([1.0, 2.0], [0.0, 0.5], model="2pl").thresholds.shape == (2, 1)


@pytest.mark.parametrize(
    ("slopes", "thresholds", "model", "message"),
    [
        ([1.0], [[0.0]], "3pl", "Unknown model"),
        ([1.0, 1.0], [[0.0]], "graded", "same items"),
        ([[1.0]], [[0.0]], "graded", "same items"),
        ([NAN], [[0.0]], "graded", "not a finite number"),
        ([np.inf], [[0.0]], "graded", "not a finite number"),
        ([1.0], [[NAN]], "graded", "finite thresholds"),
        ([1.0], [[0.0, NAN, 1.0]], "graded", "finite thresholds"),
        ([1.0], [[0.0, np.inf]], "graded", "finite thresholds"),
        ([1.0], [[0.0, 1.0]], "2pl", "one threshold"),
        ([1.0], [[0.0, 1.0]], "rasch", "one threshold"),
        ([1.0], [[1.0, 0.0]], "graded", "rise"),
        ([1.0], [[1.0, 1.0]], "graded", "rise"),
        ([-1.0], [[0.0, 1.0]], "graded", "fall"),
        ([0.0], [[1.0, 2.0]], "graded", "slope of 0"),
    ],
)
def test_invalid_parameters_are_refused_with_the_reason(slopes, thresholds, model, message) -> None:
    with pytest.raises(InvalidItems, match=message):
        ItemParameters(slopes, thresholds, model)


def test_the_message_names_the_item() -> None:
    with pytest.raises(InvalidItems, match="Item 1"):
        ItemParameters([1.0, 1.0], [[0.0, 1.0], [2.0, 1.0]])


def test_every_refusal_of_scoring_is_a_value_error() -> None:
    assert issubclass(InvalidItems, ScoringError)
    assert issubclass(ScoringError, ValueError)


def test_partial_credit_steps_need_no_order() -> None:
    assert ItemParameters([1.0], [[1.0, -1.0]], model="gpcm").categories.tolist() == [3]


def test_a_negative_slope_takes_falling_thresholds() -> None:
    assert ItemParameters([-1.0], [[1.0, 0.0]]).categories.tolist() == [3]


def test_parameters_cannot_be_changed_afterwards() -> None:
    items = ItemParameters([1.0], [[0.0]])

    with pytest.raises(ValueError, match="read-only"):
        items.slopes[0] = 2.0


def test_the_arrays_handed_in_stay_writable() -> None:
    slopes = np.array([1.0])
    ItemParameters(slopes, [[0.0]])

    slopes[0] = 3.0
    assert slopes[0] == 3.0


def test_take_keeps_the_order_asked_for() -> None:
    items = ItemParameters([1.0, 2.0, 3.0], [[0.0], [1.0], [2.0]])

    assert items.take([2, 0]) == ItemParameters([3.0, 1.0], [[2.0], [0.0]])


@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.lists(st.floats(-8, 8), min_size=1, max_size=6, unique=True)), min_size=1)
)
def test_storage_as_json_keeps_every_bit(rows) -> None:
    width = max(len(thresholds) for _, thresholds in rows)
    padded = [sorted(thresholds) + [NAN] * (width - len(thresholds)) for _, thresholds in rows]
    items = ItemParameters([slope for slope, _ in rows], padded)

    assert ItemParameters.from_dict(json.loads(json.dumps(items.to_dict()))) == items


def test_parameters_of_no_item_are_valid() -> None:
    empty = ItemParameters(np.empty(0), np.empty((0, 1)))

    assert len(empty) == 0
    assert len(ItemParameters.from_dict(empty.to_dict())) == 0


def test_take_reads_a_mask_as_a_mask_and_refuses_what_is_no_index() -> None:
    items = ItemParameters([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], "2pl")
    assert items.take(np.array([True, False, True])) == items.take([0, 2])
    assert items.take([False, False, True]) == items.take([2])
    assert len(items.take([])) == 0
    for wrong in ([0.9, 2.2], np.array([True, False]), ["0"]):
        with pytest.raises(InvalidItems, match="whole numbers"):
            items.take(wrong)


def test_an_item_without_a_threshold_is_refused() -> None:
    with pytest.raises(InvalidItems, match="threshold at least"):
        ItemParameters([1.0], [[]])
    assert len(ItemParameters([], [])) == 0
