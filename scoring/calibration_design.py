"""What a calibration estimates and what it is given: anchors, fixed slopes, groups, start values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_data import PreparedResponses
from scoring.calibration_models import Bools, CategoryModel, Floats, Graded, Nominal, PartialCredit
from scoring.errors import InvalidItems, InvalidResponses, ScoringError
from scoring.items import ItemParameters
from scoring.normal import even_nodes

FAMILY = {"2pl": "graded", "rasch": "gpcm"}  # models that are special cases of another
FEWEST_NODES = 11  # on fewer the posteriors are so coarse that slopes come out wrong, and still seem to converge
LEAST_REACH = 3.0  # standard deviations to either side: what lies beyond is .3 % of the prior


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """What is to be estimated.

    Attributes
    ----------
    model : CategoryModel
    exists, free : ndarray of bool, shape (J, W)
        Which parameters there are (slope first, then the model's others), and which are estimated.
    given : ndarray, shape (J, W)
        The others.
    free_means, free_sds : ndarray of bool, shape (G,)
    ridge : float
        Persons who answer every item at random, added to the data: they hold a rare option back.
    start : ndarray, shape (J, W), optional
        Where to begin; with it, `start_means` and `start_sds`, shape (G,).
    """

    model: CategoryModel
    exists: Bools
    free: Bools
    given: Floats
    free_means: Bools
    free_sds: Bools
    ridge: float = 0.0
    start: Floats | None = None
    start_means: Floats | None = None
    start_sds: Floats | None = None


def model_of(data: PreparedResponses, model: str) -> CategoryModel:
    """The category model of the fitted items."""
    if model == "nominal":
        return Nominal(data.categories)
    if FAMILY.get(model, model) == "graded":
        return Graded(data.categories)
    scores = np.zeros((data.fitted.size, int(data.categories.max())))
    for at, j in enumerate(data.fitted):
        scores[at, : data.used[j].size] = data.used[j] - data.used[j][0]
    return PartialCredit(data.categories, scores)


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """Items whose parameters are given: their columns in the responses, and their parameters in that order."""

    columns: NDArray[np.int64]
    items: ItemParameters

    @classmethod
    def of(cls, fixed: tuple[ArrayLike, ItemParameters], model: str, columns: int) -> Anchors:
        """Check that the anchors are items of this calibration.

        Raises
        ------
        InvalidItems
            For columns that do not exist or come twice, or parameters of another model.
        """
        where = np.asarray(fixed[0])
        whole = where.ndim == 1 and (where.size == 0 or np.issubdtype(where.dtype, np.integer))
        if not whole or where.size != len(fixed[1]) or np.unique(where).size != where.size:
            raise InvalidItems("Fixed items are a list of different columns, and as many items in that order.")
        if where.size and (where.min() < 0 or where.max() >= columns):
            raise InvalidItems(f"A fixed item lies outside the {columns} columns of the responses.")
        if FAMILY.get(fixed[1].model, fixed[1].model) != FAMILY.get(model, model):
            raise InvalidItems(f"The fixed items are {fixed[1].model}; this calibration is {model}.")
        return cls(where.astype(np.int64), fixed[1])

    @property
    def categories(self) -> dict[int, int]:
        """Categories of each anchor, by column."""
        return {int(j): int(k) for j, k in zip(self.columns, self.items.categories, strict=True)}


def design_of(
    data: PreparedResponses, model: str, groups: int, anchors: Anchors | None, *, ridge: float = 0.0
) -> Design:
    """What is free: all that nothing else settles.

    The unit and origin of theta come from anchors if there are any, else the first group is N(0, 1); under the Rasch
    model the slopes of 1 settle the unit, so its standard deviation is free as well.
    """
    shape = model_of(data, model)
    exists = np.concatenate([np.ones((data.categories.size, 1), dtype=bool), shape.live], axis=1)
    free, given = exists.copy(), np.zeros(exists.shape)
    anchored = anchors is not None and anchors.columns.size > 0
    if model == "rasch":
        free[:, 0], given[:, 0] = False, 1.0
    if anchors is not None:
        for row, j in enumerate(anchors.columns):
            at = int(np.searchsorted(data.fitted, j))
            free[at], given[at, exists[at]] = False, slope_intercept(anchors.items, row, data.used[j])
    later = np.arange(groups) > 0
    return Design(
        shape,
        exists,
        free,
        given,
        free_means=later | anchored,
        free_sds=later | anchored | (model == "rasch"),
        ridge=ridge,
    )


def slope_intercept(items: ItemParameters, row: int, used: Sequence[int] | NDArray[np.int64]) -> Floats:
    """Parameters of one item in the form of its category model, for the categories in use."""
    codes = np.asarray(used, dtype=np.int64)
    if items.category_slopes is not None and items.category_intercepts is not None:
        a, c = items.category_slopes[row][codes], items.category_intercepts[row][codes]
        return np.concatenate([(a - a[0])[1:], (c - c[0])[1:]])
    a, b = float(items.slopes[row]), items.thresholds[row]
    if FAMILY.get(items.model, items.model) == "graded":
        return np.concatenate([[a], -a * b[codes[1:] - 1]])
    whole = np.concatenate([[0.0], -a * np.cumsum(b)])
    return np.concatenate([[a], whole[codes[1:]] - whole[codes[0]]])


def unlinked_groups(data: PreparedResponses, groups: int, anchors: Anchors | None) -> list[int]:
    """Groups that no chain of common items leads to from where the scale is set: fixed items, or the first group."""
    shared = np.array([(data.codes[data.groups == g] >= 0).any(axis=0) for g in range(groups)])
    anchored = np.isin(data.fitted, anchors.columns) if anchors is not None else np.zeros(data.fitted.size, dtype=bool)
    linked = shared[:, anchored].any(axis=1) if anchored.any() else np.arange(groups) == 0
    for _ in range(groups):
        linked = linked | (shared & shared[linked].any(axis=0)).any(axis=1)
    return [int(g) for g in np.nonzero(~linked)[0]]


def check_anchored(codes: NDArray[np.int8], anchors: Anchors) -> None:
    """Refuse responses in categories the anchors do not have.

    Raises
    ------
    InvalidResponses
    """
    beyond = codes[:, anchors.columns] >= anchors.items.categories[None, :]
    if beyond.any():
        person, row = (int(k) for k in np.argwhere(beyond)[0])
        raise InvalidResponses(
            f"Person {person}, item {int(anchors.columns[row])}: a category that the fixed item does not have."
        )


def checked_nodes(quadrature: int, bounds: tuple[float, float], tolerance: float, ridge: float | None) -> Floats:
    """The nodes of a search for parameters, where it can be meant.

    Raises
    ------
    ScoringError
        For too few nodes, bounds that do not hold the prior, a tolerance or a ridge that is negative or not finite.
    """
    nodes = even_nodes(quadrature, bounds)
    if quadrature < FEWEST_NODES:
        raise ScoringError(f"A calibration needs at least {FEWEST_NODES} nodes; got {quadrature}.")
    if bounds[0] > -LEAST_REACH or bounds[1] < LEAST_REACH:
        raise ScoringError(
            f"A calibration's bounds go from {-LEAST_REACH:g} or below to {LEAST_REACH:g} or above, to hold the prior; "
            f"got {bounds}."
        )
    for name, value in (("tolerance", tolerance), ("ridge", ridge or 0.0)):
        if not (math.isfinite(value) and value >= 0):
            raise ScoringError(f"A calibration's {name} is a finite number of at least 0; got {value}.")
    return nodes
