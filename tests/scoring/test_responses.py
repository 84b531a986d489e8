"""Responses exist only if they are valid: integers from 0, missing as -1."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from scoring.errors import InvalidResponses
from scoring.responses import MISSING, ResponseMatrix, reverse


def test_missing_may_be_minus_one_or_nan() -> None:
    responses = ResponseMatrix([[0, np.nan], [-1, 4]])

    assert responses.codes.tolist() == [[0, MISSING], [MISSING, 4]]
    assert responses.answered.tolist() == [[True, False], [False, True]]
    assert (responses.persons, responses.items) == (2, 2)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, float, object])
def test_a_masked_cell_is_missing_whatever_lies_under_the_mask(dtype) -> None:
    masked = np.ma.array([[3, 1], [2, 0]], mask=[[True, False], [False, True]], dtype=dtype)

    assert ResponseMatrix(masked).codes.tolist() == [[MISSING, 1], [2, MISSING]]


def test_pandas_own_missing_value_is_missing() -> None:
    table = pd.DataFrame({"one": pd.array([1, None], dtype="Int64"), "two": pd.array([0, 4], dtype="Int64")})

    assert ResponseMatrix(table).codes.tolist() == [[1, 0], [MISSING, 4]]
    assert ResponseMatrix([[pd.NA, 2], [None, 0]]).codes.tolist() == [[MISSING, 2], [MISSING, 0]]
    assert ResponseMatrix(np.empty((0, 2), dtype=object)).codes.shape == (0, 2)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([["agree", "1"]], "numbers"),
        ([[0, "agree"]], "numbers"),
        ([[0, object()]], "numbers"),
        ([[0, 1 + 2j]], "numbers"),
        (np.array([[0, 1 + 2j]], dtype=object), "numbers"),
        ([[0, 1], [1]], "as many"),
    ],
)
def test_what_holds_no_numbers_or_ragged_rows_is_refused(wrong, message) -> None:
    with pytest.raises(InvalidResponses, match=message):
        ResponseMatrix(wrong)


@pytest.mark.parametrize("wrong", [0.5, -2, 127, np.inf, -np.inf])
def test_an_impossible_code_is_refused_and_its_cell_named(wrong) -> None:
    with pytest.raises(InvalidResponses, match="Person 1, item 0"):
        ResponseMatrix([[0, 1], [wrong, 1]])


def test_bytes_below_missing_are_refused() -> None:
    with pytest.raises(InvalidResponses, match="Person 0, item 1"):
        ResponseMatrix(np.array([[0, -5]], dtype=np.int8))


@pytest.mark.parametrize("shape", [(3,), (1, 2, 3), ()])
def test_responses_are_persons_by_items(shape) -> None:
    with pytest.raises(InvalidResponses, match="two dimensions"):
        ResponseMatrix(np.zeros(shape))


def test_codes_cannot_be_changed_afterwards_and_are_a_copy() -> None:
    given_codes = np.zeros((1, 2), dtype=np.int8)
    responses = ResponseMatrix(given_codes)
    given_codes[0, 0] = 3

    assert responses.codes[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        responses.codes[0, 0] = 1


def test_only_items_keyed_minus_one_are_turned() -> None:
    turned = reverse([[0, 0, MISSING], [4, 1, 2]], [5, 5, 3], [-1, 1, -1])

    assert turned.tolist() == [[4, 0, MISSING], [0, 1, 0]]


@given(arrays.arrays(np.int8, (4, 3), elements=st.integers(-1, 4)))
def test_turning_twice_changes_nothing(codes) -> None:
    categories, keyed = [5, 5, 5], [-1, 1, -1]

    assert (reverse(reverse(codes, categories, keyed), categories, keyed) == codes).all()


@pytest.mark.parametrize(
    ("codes", "categories", "keyed", "said"),
    [
        ([[0, 1, 2], [1, 5, 3]], [5, 5, 5], [-1, -1, -1], "Person 1, item 1: category 5"),
        ([[1, 4, 5]], [5, 5, 5], [1, 1, 1], "Person 0, item 2: category 5"),
        ([[1, 4, 3]], [5, 5, 5], [1, 0, 1], r"Item 1: an item is keyed \+1 or -1"),
        ([[1, 4, 3]], [5, 5, 5], [1, 1, np.nan], "Item 2: an item is keyed"),
        ([[1, 4, 3]], [5], [-1, 1, 1], "3 items need as many"),
        ([[1, 4, 3]], [5, 5, 5], [-1], "3 items need as many"),
        ([[1, 4, 3]], 5, [-1, 1, 1], "3 items need as many"),
    ],
)
def test_what_cannot_be_turned_is_refused(codes, categories, keyed, said) -> None:
    with pytest.raises(InvalidResponses, match=said):
        reverse(codes, categories, keyed)


def test_the_highest_code_is_126_in_any_array() -> None:
    for kind in (np.int8, np.int16, float):
        assert ResponseMatrix(np.array([[126, 0]], dtype=kind)).codes[0, 0] == 126
        with pytest.raises(InvalidResponses, match="Person 0, item 0"):
            ResponseMatrix(np.array([[127, 0]], dtype=kind))
