"""The two pictures of an item: the answer its model expects over the scale, and how much it tells where."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.foundation.drawings import Curves, curves
from app.foundation.plots import Point
from scoring.graded_response import category_probabilities, item_information
from scoring.items import ItemParameters

PLACES = np.linspace(-3.5, 3.5, 36)  # standard deviations of the population


def expected_category(items: ItemParameters, points: Sequence[Point], names: tuple[str, str]) -> Curves:
    """The expected category of one item over theta, and beside it the mean category of people grouped by theta."""
    probabilities = np.nan_to_num(category_probabilities(items, PLACES)[:, 0])
    expected = probabilities @ np.arange(probabilities.shape[1])
    model = list(zip(PLACES.tolist(), expected.tolist(), strict=True))
    observed = [(names[1], list(points))] if points else []
    return curves([(names[0], model), *observed])


def information(items: ItemParameters, name: str) -> Curves:
    """The information of one item over theta."""
    heights = item_information(items, PLACES)[:, 0]
    return curves([(name, list(zip(PLACES.tolist(), heights.tolist(), strict=True)))])
