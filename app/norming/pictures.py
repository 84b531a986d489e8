"""The two pictures of a norm: where its people stand with the line, and the percentile rank of each point."""

from __future__ import annotations

import numpy as np

from app.foundation.drawings import Curves, Distribution, curves, distribution
from app.norming.queries import NormView

POINTS = 81
REACH = 3.5  # standard deviations to either side of the group's mean


def distribution_of(norm: NormView) -> Distribution:
    """The density of the norm group over the scale, cut at the line."""
    places = _places(norm)
    heights = np.interp(places, norm.table.grid, norm.table.density)
    return distribution(list(zip(places.tolist(), heights.tolist(), strict=True)), norm.cut)


def ranks_of(norm: NormView, name: str) -> Curves:
    """The percentile rank of each point of the scale (an ogive); `name` is what the line is called in the table."""
    places = _places(norm)[::4]
    ranks = norm.table.percentile_rank(places)
    return curves([(name, list(zip(places.tolist(), ranks.tolist(), strict=True)))], mark=norm.cut)


def _places(norm: NormView) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    reach = REACH * norm.latent_sd
    return np.linspace(norm.table.mean - reach, norm.table.mean + reach, POINTS)
