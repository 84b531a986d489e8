"""Items drawn at random, for whoever links them."""

from __future__ import annotations

import numpy as np

from scoring.items import ItemParameters


def some_items(count: int = 10, seed: int = 5, model: str = "graded") -> ItemParameters:
    """Items of five categories."""
    rng = np.random.default_rng(seed)
    return ItemParameters(rng.uniform(0.7, 2.2, count), np.sort(rng.normal(0, 1, (count, 4)), axis=1), model)


def nominal_items(count: int = 6, seed: int = 6) -> ItemParameters:
    """Items of four unordered categories."""
    rng = np.random.default_rng(seed)
    return ItemParameters.nominal(rng.normal(0, 1, (count, 4)), rng.normal(0, 1, (count, 4)))


def unused(items: ItemParameters, item: int, threshold: int) -> ItemParameters:
    """The same items, where nobody chose below (0) or above (-1) a threshold of one of them."""
    thresholds = items.thresholds.copy()
    thresholds[item, threshold] = (30.0 if threshold else -30.0) / items.slopes[item]
    return ItemParameters(items.slopes, thresholds)
