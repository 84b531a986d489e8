"""Responses made ready for a fit: nothing in them that could make it fail, and a note of everything done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_models import Floats
from scoring.errors import InvalidResponses
from scoring.responses import MISSING, ResponseMatrix

COLLAPSE_BELOW = 0.7  # share of distinct response patterns at which equal persons are worth joining
LARGEST_KEY = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class PreparedResponses:
    """Rows with something in them, codes renumbered to the categories in use, items that can be fitted."""

    codes: NDArray[np.int8]  # (rows, fitted items)
    weights: Floats  # (rows,) summed over the persons joined in a row
    squares: Floats  # (rows,) squared weights, summed
    groups: NDArray[np.int64]  # (rows,) the group of each row, from 0
    categories: NDArray[np.int64]  # (fitted items,) categories in use
    used: tuple[NDArray[np.int64], ...]  # for every item, the codes in use, rising
    fitted: NDArray[np.int64]  # items with at least two categories in use
    persons: int
    notes: tuple[str, ...]


def prepare(
    matrix: ResponseMatrix,
    weights: ArrayLike | None,
    *,
    groups: NDArray[np.int64] | None = None,
    whole: Mapping[int, int] | None = None,
) -> PreparedResponses:
    """Set aside empty rows, renumber categories, join equal rows of a group.

    Items in `whole` keep that many categories whether they are in use or not: their parameters are given.

    Raises
    ------
    InvalidResponses
        When nothing is left, or weights do not fit.
    """
    notes: list[str] = []
    given = person_weights(weights, matrix.persons)
    group = np.zeros(matrix.persons, dtype=np.int64) if groups is None else groups
    kept = matrix.answered.any(axis=1) & (given > 0)
    codes, given = (matrix.codes, given) if kept.all() else (matrix.codes[kept], given[kept])
    group = group if kept.all() else group[kept]
    if not kept.all():
        notes.append(f"{int((~kept).sum())} persons without any response, or of weight 0, were set aside.")
    if codes.shape[0] == 0:
        raise InvalidResponses("There is no response to calibrate from.")
    persons = codes.shape[0]
    tallies = [np.bincount(codes[:, j] + 1, minlength=2)[1:] for j in range(codes.shape[1])]
    used = tuple(
        np.nonzero(tally)[0] if whole is None or j not in whole else np.arange(whole[j])
        for j, tally in enumerate(tallies)
    )
    notes.extend(_category_notes(used))
    fitted = np.array([j for j, codes_in_use in enumerate(used) if codes_in_use.size > 1], dtype=np.int64)
    own = _renumbered(codes, used, fitted)
    answered = (own != MISSING).any(axis=1)
    own, given = (own, given) if answered.all() else (own[answered], given[answered])
    group = group if answered.all() else group[answered]
    categories = np.array([used[j].size for j in fitted], dtype=np.int64)
    joined = _join(own, given, group, categories)
    return PreparedResponses(*joined, categories, used, fitted, persons, tuple(notes))


def numbered_groups(groups: ArrayLike, persons: int) -> tuple[tuple[Any, ...], NDArray[np.int64]]:
    """Give the labels in order, and which of them each person has.

    Raises
    ------
    InvalidResponses
        For labels that are missing, too few or many, or cannot be put in order.
    """
    given = np.asarray(groups)
    each = np.asarray(groups, dtype=object).reshape(-1)  # among texts NumPy would turn a missing label into a text
    missing = any(label is None or label != label for label in each)  # noqa: PLR0124  nan is not itself
    if given.shape != (persons,) or missing or (given.dtype.kind == "f" and not np.isfinite(given).all()):
        raise InvalidResponses(f"Groups must be {persons} labels, none of them missing.")
    try:
        labels, where = np.unique(given, return_inverse=True)
    except TypeError as error:
        raise InvalidResponses("Groups must be labels of one kind, all numbers or all texts.") from error
    return tuple(labels.tolist()), where.astype(np.int64)


def person_weights(weights: ArrayLike | None, persons: int) -> Floats:
    """Weights of all persons, 1 where none are given, shape (N,).

    Raises
    ------
    InvalidResponses
        For another number of them, or weights that are negative or not finite.
    """
    if weights is None:
        return np.ones(persons)
    given = np.asarray(weights, dtype=float).reshape(-1)
    if given.size != persons or not np.isfinite(given).all() or (given < 0).any():
        raise InvalidResponses(f"Weights must be {persons} finite numbers, none below zero.")
    return given


def _category_notes(used: tuple[NDArray[np.int64], ...]) -> list[str]:
    notes = []
    for j, codes in enumerate(used):
        if codes.size < 2:
            what = "no response" if codes.size == 0 else f"only category {codes[0]} in use"
            notes.append(f"Item {j}: {what}; it carries no information and was given a slope near 0.")
        elif codes.size < codes[-1] + 1:
            lacking = sorted(set(range(int(codes[-1]))) - {int(c) for c in codes})
            names = ", ".join(str(c) for c in lacking)
            notes.append(f"Item {j}: nobody chose {names}; its probability there is set to almost nothing.")
    return notes


def _renumbered(
    codes: NDArray[np.int8], used: tuple[NDArray[np.int64], ...], fitted: NDArray[np.int64]
) -> NDArray[np.int8]:
    own = codes if fitted.size == codes.shape[1] else codes[:, fitted]
    for at, j in enumerate(fitted):
        if used[j].size < used[j][-1] + 1:
            own = own.copy() if not own.flags.writeable else own
            number = np.full(int(used[j][-1]) + 2, MISSING, dtype=np.int8)
            number[used[j]] = np.arange(used[j].size)
            own[:, at] = number[codes[:, j]]  # MISSING, -1, takes the last entry
    return own


def _join(
    codes: NDArray[np.int8], weights: Floats, groups: NDArray[np.int64], categories: NDArray[np.int64]
) -> tuple[NDArray[np.int8], Floats, Floats, NDArray[np.int64]]:
    """One row per group and distinct response vector, where that makes the data much shorter."""
    several = float(groups.max(initial=0)) + 1
    if codes.size == 0 or np.prod((categories + 1).astype(float)) * several > LARGEST_KEY:
        return codes, weights, weights**2, groups
    key = groups.copy()
    for j in range(codes.shape[1]):
        key = key * int(categories[j] + 1) + codes[:, j] + 1
    _, first, where = np.unique(key, return_index=True, return_inverse=True)
    if first.size > COLLAPSE_BELOW * codes.shape[0]:
        return codes, weights, weights**2, groups
    summed = np.bincount(where, weights=weights).astype(float)
    return codes[first], summed, np.bincount(where, weights=weights**2).astype(float), groups[first]
