"""Responses that exist only if they are valid: integers from 0, missing as -1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.errors import InvalidResponses
from scoring.missing import is_missing

MISSING = -1
MOST_CATEGORIES = 127


@dataclass(frozen=True, slots=True, init=False, eq=False)
class ResponseMatrix:
    """Responses of N persons to J items.

    Parameters
    ----------
    codes : array-like, shape (N, J)
        Integers from 0; missing is -1, NaN, pandas' NA or a masked cell. Missing responses are left out person by
        person (missing at random).

    Raises
    ------
    InvalidResponses
        For another shape, what is no number, a fraction, or a code outside -1 … 126; of the last two the message
        names the first cell.
    """

    codes: NDArray[np.int8]

    def __init__(self, codes: ArrayLike) -> None:
        object.__setattr__(self, "codes", _checked(_array(codes)))

    @property
    def persons(self) -> int:
        """N."""
        return int(self.codes.shape[0])

    @property
    def items(self) -> int:
        """J."""
        return int(self.codes.shape[1])

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Where a response is present, shape (N, J)."""
        return np.asarray(self.codes != MISSING)


def _array(given: ArrayLike) -> NDArray[np.generic]:
    if isinstance(given, np.ma.MaskedArray):
        return np.where(np.ma.getmaskarray(given), np.nan, given.data)
    try:
        return np.asarray(given)
    except ValueError:
        raise InvalidResponses("Every row needs as many responses as the others, -1 or NaN where none is.") from None


def _numbers(given: NDArray[np.generic]) -> NDArray[np.float64]:
    if given.dtype == object:
        given = np.where(np.frompyfunc(is_missing, 1, 1)(given).astype(bool), np.nan, given)
    try:
        if np.iscomplexobj(given):
            raise TypeError
        return np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise InvalidResponses("Responses are numbers, integers from 0; recode what is none.") from None


def _checked(given: NDArray[np.generic]) -> NDArray[np.int8]:
    if given.ndim != 2:
        raise InvalidResponses(f"Responses need two dimensions, persons by items; got shape {given.shape}.")
    if given.dtype == np.int8:
        numbers: NDArray[np.float64] | NDArray[np.int8] = given.astype(np.int8, copy=True)
        wrong = (numbers < MISSING) | (numbers >= MOST_CATEGORIES)
    else:
        numbers = _numbers(given)
        numbers = np.where(np.isnan(numbers), MISSING, numbers)
        wrong = (numbers != np.round(numbers)) | (numbers < MISSING) | (numbers >= MOST_CATEGORIES)
    if wrong.any():
        person, item = (int(k) for k in np.argwhere(wrong)[0])
        raise InvalidResponses(
            f"Person {person}, item {item}: {given[person, item]!r} is not an integer from 0, nor missing (-1 or NaN)."
        )
    codes = numbers.astype(np.int8)
    codes.setflags(write=False)
    return codes


def reverse(codes: ArrayLike, categories: Sequence[int] | NDArray[np.int64], keyed: ArrayLike) -> NDArray[np.int8]:
    """Recode items keyed -1 so that a higher code always means more of the construct.

    Parameters
    ----------
    codes : array-like, shape (N, J)
    categories : shape (J,)
        Number of categories of each item.
    keyed : array-like, shape (J,)
        +1 or -1 for each item.

    Raises
    ------
    InvalidResponses
        For a code that is none of its item's categories, whose mirror image would be none or a missing one; keys that
        are not +1 or -1; another number of categories or keys than of items.
    """
    given = ResponseMatrix(codes).codes
    sizes, keys = np.asarray(categories), np.asarray(keyed)
    if sizes.shape != given.shape[1:] or keys.shape != given.shape[1:]:
        raise InvalidResponses(f"{given.shape[1]} items need as many numbers of categories, and as many keys.")
    if not np.isin(keys, (-1, 1)).all():
        raise InvalidResponses(f"Item {int(np.argmin(np.isin(keys, (-1, 1))))}: an item is keyed +1 or -1.")
    beyond = given >= sizes
    if beyond.any():
        person, item = (int(k) for k in np.argwhere(beyond)[0])
        raise InvalidResponses(
            f"Person {person}, item {item}: category {given[person, item]}, but the item has {sizes[item]}, from 0; "
            "recode answers that count from 1."
        )
    top = (sizes - 1).astype(np.int8)
    turn = (keys < 0) & (given != MISSING)
    return np.where(turn, top - given, given).astype(np.int8)
