"""Categories that nobody chose: a calibration marks their thresholds, far out, where no estimate comes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.calibration_models import CLOSE, FAR
from scoring.errors import InvalidItems
from scoring.items import ItemParameters


def with_unused_above(items: ItemParameters, categories: ArrayLike) -> ItemParameters:
    """Graded items with as many categories as they are known to have, of which nobody chose the highest.

    A calibration knows only the codes it saw. Thresholds of codes above them lie FAR logits out, as those of unused
    codes below the lowest do.

    Parameters
    ----------
    items : ItemParameters
        As `calibrate` found them.
    categories : array-like of int, shape (J,)
        Number of categories of each item, none below that in `items`.

    Raises
    ------
    InvalidItems
        For another model, or fewer categories than an item has.
    """
    wanted = np.asarray(categories, dtype=np.int64)
    if items.model != "graded" or wanted.shape != (len(items),) or (wanted < items.categories).any():
        raise InvalidItems(
            "Only graded items can be given categories above theirs, as many for each as it has or more."
        )
    table = np.full((len(items), int(wanted.max()) - 1), np.nan)
    for j, (own, all_of_it) in enumerate(zip(items.categories, wanted, strict=True)):
        table[j, : own - 1] = items.thresholds[j, : own - 1]
        beyond = FAR + CLOSE * np.arange(all_of_it - own)
        table[j, own - 1 : all_of_it - 1] = table[j, own - 2] + beyond / items.slopes[j]
    return ItemParameters(items.slopes, table)


def known_to_both(new: ItemParameters, base: ItemParameters) -> NDArray[np.bool_]:
    """Which thresholds, (J, most categories - 1), are estimates in both and no mere mark of a category nobody chose.

    Such a mark lies about FAR logits out, where no estimate comes; averaged like one, it outweighs all others.
    """
    width = int(new.categories.max()) - 1
    logits = [np.abs(items.slopes[:, None] * items.thresholds[:, :width]) for items in (new, base)]
    return np.asarray((logits[0] < FAR / 2) & (logits[1] < FAR / 2))  # padding is NaN, and not below anything
