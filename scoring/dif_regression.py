"""Logistic and ordinal regression of one item on the matching score, the group, and their product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from scoring.dif_result import ItemFound, r2_class
from scoring.proportional_odds import proportional_odds

Floats = NDArray[np.float64]

TINY = 1e-12


def nested_regressions(table: Floats, score: Floats) -> ItemFound:
    """Score alone; with the group; with the group and its product with the score: three nested regressions."""
    n = table.sum()
    spread = np.repeat(score[:, None], 2, axis=1).ravel()
    counts = table.reshape(-1, table.shape[2])
    there = counts.sum(axis=1) > 0
    counts, spread = counts[there], spread[there]
    group = np.tile([0.0, 1.0], score.size)[there]
    persons = counts.sum(axis=1)
    spread = spread - persons @ spread / n
    spread /= max(float(np.sqrt(persons @ spread**2 / n)), TINY)
    columns = np.stack([spread, group, spread * group], axis=1)
    null, alone, uniform, full = (proportional_odds(counts, columns[:, :k]) for k in range(4))
    steps = np.diff([alone.log_likelihood, uniform.log_likelihood, full.log_likelihood])
    first, second = np.maximum(2 * steps, 0.0)
    gained = _nagelkerke(null.log_likelihood, full.log_likelihood, n) - _nagelkerke(
        null.log_likelihood, alone.log_likelihood, n
    )
    p = float(chi2.sf(first + second, 2))
    size = max(gained, 0.0)
    return ItemFound(
        float(first + second),
        2,
        p,
        float(uniform.coefficients[1]),
        size,
        r2_class(size, p),
        float(chi2.sf(first, 1)),
        float(chi2.sf(second, 1)),
    )


def _nagelkerke(null: float, model: float, n: float) -> float:
    """Share of variance explained (Nagelkerke 1991)."""
    most = -np.expm1(2 * null / n)
    return float(-np.expm1(2 * (null - model) / n) / max(most, TINY))
