"""Many tests at once: p-values adjusted for how many there are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values so that, at .05, one in twenty of the flagged is expected to be false.

    References
    ----------
    Benjamini & Hochberg (1995).
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p)[::-1]
    scaled = p[order] * p.size / np.arange(p.size, 0, -1)
    out = np.empty(p.size)
    out[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return out
