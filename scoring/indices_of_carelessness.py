"""The indices of careless responding, person by person: what each is, before any rule reads them together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.ability import estimate_ability
from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.mahalanobis import distances
from scoring.person_fit import person_fit
from scoring.responses import MISSING, ResponseMatrix, reverse

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

FEWEST_SCALES_FOR_CONSISTENCY = 3  # a correlation over fewer pairs of halves says nothing


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Items that measure one thing.

    Attributes
    ----------
    columns : places of its items among the responses.
    items : their parameters, for responses keyed so that more is more.
    """

    columns: tuple[int, ...]
    items: ItemParameters


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """Items as they were presented, and what a reference group answered on the whole."""

    scales: tuple[Scale, ...]
    keyed: NDArray[np.int64]
    categories: NDArray[np.int64]
    centre: Floats
    covariance: Floats


@dataclass(frozen=True, slots=True, eq=False)
class RawIndices:
    """Of N persons, by their answers alone."""

    distance: Floats
    shuffled: Floats  # mean distance over all shuffles of the person's own answers
    longest_string: NDArray[np.int64]
    irv: Floats
    even_odd: Floats
    is_consistent: NDArray[np.bool_]  # whether there are scales enough to correlate
    lz: Floats
    answered: NDArray[np.int64]

    @property
    def content(self) -> Floats:
        """As `CarelessIndices` has it."""
        return 1 - self.distance / np.maximum(self.shuffled, 1e-9)

    def features(self, neutral_even_odd: float) -> Floats:
        """What resemblance to random answers is told by, shape (N, 7)."""
        return np.stack(
            [
                self.content,
                np.log(self.distance + 1),
                np.log(self.shuffled + 1),
                np.where(self.is_consistent, self.even_odd, neutral_even_odd),
                np.log(np.maximum(self.longest_string, 1)),
                self.irv,
                self.lz,
            ],
            axis=1,
        )


def keys_and_categories(
    columns: int, scales: Sequence[Scale], keyed: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys and numbers of categories of the columns, (J,) each.

    Raises
    ------
    ScoringError
        Scales that do not hold every column once, or keys that are not +1 or -1.
    """
    keys = np.asarray(keyed).reshape(-1)
    held = sorted(column for scale in scales for column in scale.columns)
    if held != list(range(columns)) or any(len(scale.columns) != len(scale.items) for scale in scales):
        raise ScoringError(f"The scales must hold each of the {columns} columns once, with parameters of each.")
    if keys.size != columns or not np.isin(keys, (-1, 1)).all():
        raise ScoringError(f"Keys are +1 or -1, one for each of the {columns} columns.")
    categories = np.empty(columns, dtype=np.int64)
    for scale in scales:
        categories[list(scale.columns)] = scale.items.categories
    return keys.astype(np.int64), categories


def raw_indices(codes: Codes, form: Form) -> RawIndices:
    """Every index that answers alone give, of raw answers (N, J)."""
    answered = (codes != MISSING).sum(axis=1)
    distance, shuffled = distances(codes, form.centre, form.covariance)
    scaled = codes.shape[1] / np.maximum(answered, 1)
    values = np.where(codes == MISSING, 0.0, codes)
    mean = values.sum(axis=1) / np.maximum(answered, 1)
    spread = np.where(codes == MISSING, 0.0, codes - mean[:, None])
    keyed = reverse(codes, form.categories, form.keyed)
    even_odd, is_consistent = _even_odd(keyed, form.scales)
    return RawIndices(
        distance=distance * scaled,
        shuffled=shuffled * scaled,
        longest_string=longest_string(codes),
        irv=np.sqrt((spread**2).sum(axis=1) / np.maximum(answered - 1, 1)),
        even_odd=even_odd,
        is_consistent=is_consistent,
        lz=sum((_scale_fit(keyed, scale) for scale in form.scales), np.zeros(codes.shape[0])),
        answered=answered,
    )


def longest_string(responses: ResponseMatrix | ArrayLike) -> NDArray[np.int64]:
    """Longest run of equal raw answers of each person, in items, shape (N,); missing responses are skipped over."""
    codes = (responses if isinstance(responses, ResponseMatrix) else ResponseMatrix(responses)).codes
    longest, run = np.zeros(codes.shape[0], dtype=np.int64), np.zeros(codes.shape[0], dtype=np.int64)
    last = np.full(codes.shape[0], MISSING, dtype=np.int8)
    for column in codes.T:
        given = column != MISSING
        run = np.where(given, np.where(column == last, run + 1, 1), run)
        last = np.where(given, column, last)
        longest = np.maximum(longest, run)
    return longest


def _scale_fit(keyed: Codes, scale: Scale) -> Floats:
    """Fit of one scale at the EAP, which costs a thirtieth of the MAP and serves as well, shape (N,)."""
    part = keyed[:, list(scale.columns)]
    return person_fit(part, scale.items, estimate_ability(part, scale.items).theta).lz


def _even_odd(keyed: Codes, scales: Sequence[Scale]) -> tuple[Floats, NDArray[np.bool_]]:
    """Correlate, over scales, the means of even and of odd items, shape (N,); and where there are scales enough."""
    halves = np.full((2, keyed.shape[0], len(scales)), np.nan)
    for s, scale in enumerate(scales):
        for half in (0, 1):
            part = keyed[:, list(scale.columns[half::2])]
            given = (part != MISSING).sum(axis=1)
            total = np.where(part == MISSING, 0, part).sum(axis=1)
            halves[half, given > 0, s] = total[given > 0] / given[given > 0]
    both = np.isfinite(halves).all(axis=0)
    count = both.sum(axis=1)
    away = np.where(both, halves, 0.0)
    away = np.where(both, away - (away.sum(axis=2) / np.maximum(count, 1))[:, :, None], 0.0)
    product = (away[0] * away[1]).sum(axis=1)
    length = np.sqrt((away[0] ** 2).sum(axis=1) * (away[1] ** 2).sum(axis=1))
    # answers alike on every scale correlate with nothing: 0
    return np.where(length > 1e-9, product / np.maximum(length, 1e-9), 0.0), count >= FEWEST_SCALES_FOR_CONSISTENCY
