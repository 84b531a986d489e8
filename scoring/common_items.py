"""Items common to two calibrations: whether they can be compared, and how their units and places lie apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from scoring.errors import InvalidItems
from scoring.items import ItemParameters
from scoring.unused_categories import known_to_both

Floats = NDArray[np.float64]

FLATTEST_SLOPE = 1e-3  # logits; an item nearer to zero says nothing about the unit


def check_common(new: ItemParameters, base: ItemParameters) -> None:
    """Refuse items that do not correspond, or say nothing about the unit.

    Raises
    ------
    InvalidItems
    """
    if len(new) != len(base) or len(new) == 0 or new.model != base.model:
        raise InvalidItems(
            f"Common items come in pairs of one model: there are {len(new)} new ones ({new.model}) and {len(base)} "
            f"base ones ({base.model})."
        )
    if (new.categories != base.categories).any():
        raise InvalidItems(
            f"Item {int(np.argmax(new.categories != base.categories))} has other categories in the base."
        )
    if not (np.abs(steepness(new)) > FLATTEST_SLOPE).any() or not (np.abs(steepness(base)) > FLATTEST_SLOPE).any():
        raise InvalidItems("No common item discriminates; nothing can be linked through them.")


def steepness(items: ItemParameters) -> Floats:
    """How fast each item's most different categories part with theta."""
    if items.category_slopes is None:
        return items.slopes
    return np.asarray(np.nanmax(items.category_slopes, axis=1) - np.nanmin(items.category_slopes, axis=1))


def displacements(new: ItemParameters, base: ItemParameters) -> tuple[Floats, Callable[[float], Floats]]:
    """Log ratio of every item's unit, new over base, and its shift of place once the new unit is multiplied by A."""
    steep_new = np.maximum(np.abs(steepness(new)), FLATTEST_SLOPE)
    steep_base = np.maximum(np.abs(steepness(base)), FLATTEST_SLOPE)
    if new.model == "nominal":
        places_new, places_base = _balance(new), _balance(base)
    else:
        known = known_to_both(new, base)
        known |= ~known.any(axis=1, keepdims=True)  # an item of marks alone has moved out of reach: that is a drift
        places_new, places_base = (
            np.nanmean(np.where(known, items.thresholds[:, : known.shape[1]], np.nan), axis=1) for items in (new, base)
        )
    return np.log(steep_new / steep_base), lambda slope: np.asarray(places_base - slope * places_new)


def _balance(items: ItemParameters) -> Floats:
    """Where a nominal item's steepest falling and rising categories are equally likely."""
    assert items.category_slopes is not None  # noqa: S101  tells the type checker what `nominal` means
    assert items.category_intercepts is not None  # noqa: S101
    rows = np.arange(len(items))
    low, high = np.nanargmin(items.category_slopes, axis=1), np.nanargmax(items.category_slopes, axis=1)
    fall = items.category_intercepts[rows, low] - items.category_intercepts[rows, high]
    return np.asarray(fall / np.maximum(steepness(items), FLATTEST_SLOPE))
