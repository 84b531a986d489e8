"""Mantel's and Haenszel's tests of one item, on its tables of group by category, one for each matching score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from scoring.dif_result import NOTHING_TO_TEST, ItemFound, delta_class, smd_class

Floats = NDArray[np.float64]

DELTA_PER_LOGIT = -2.35  # ETS delta scale, Holland & Thayer (1988)
ADDED = 0.5  # to each cell of an item whose odds ratio would be 0 or infinite
TINY = 1e-12


def mantel_haenszel(table: Floats) -> ItemFound:
    """Common odds ratio over strata (S, 2 groups, 2 categories), on the ETS delta scale, with its error.

    Holland & Thayer (1988); the variance of the log odds ratio after Robins, Breslow & Greenland (1986).
    """
    total = table.sum(axis=(1, 2))
    table, total = table[total > 1], total[total > 1]
    a, b, c, d = table[:, 0, 1], table[:, 0, 0], table[:, 1, 1], table[:, 1, 0]  # reference right, wrong; focal
    row, column = a + b, a + c
    expected = row * column / total
    variance = row * (c + d) * column * (b + d) / (total**2 * (total - 1))
    if not variance.any():
        return NOTHING_TO_TEST
    statistic = max(abs(float((a - expected).sum())) - 0.5, 0.0) ** 2 / float(variance.sum())
    log_odds, error, note = _common_log_odds(table[variance > 0])
    delta = DELTA_PER_LOGIT * log_odds
    p = float(chi2.sf(statistic, 1))
    size = abs(delta)
    ets = delta_class(size, abs(DELTA_PER_LOGIT) * error, p)
    return ItemFound(statistic, 1, p, delta, size, ets, p, 1.0, note)


def _common_log_odds(table: Floats) -> tuple[float, float, str]:
    """Of strata that can say something of it: the log odds ratio, its standard error, and what had to be added.

    Where no stratum has somebody right in the one group and wrong in the other, the ratio is 0 or infinite: then a half
    is added to every cell (Haldane 1956).
    """
    (r, s), note = _cross_products(table), ""
    if r.sum() <= 0 or s.sum() <= 0:
        table, note = table + ADDED, f"A cross-product of its odds ratio was empty; {ADDED} was added to each cell."
        r, s = _cross_products(table)
    a, b, c, d = table[:, 0, 1], table[:, 0, 0], table[:, 1, 1], table[:, 1, 0]
    total = table.sum(axis=(1, 2))
    p_share, q_share = (a + d) / total, (b + c) / total
    error = np.sqrt(
        (p_share * r).sum() / (2 * r.sum() ** 2)
        + (p_share * s + q_share * r).sum() / (2 * r.sum() * s.sum())
        + (q_share * s).sum() / (2 * s.sum() ** 2)
    )
    return float(np.log(r.sum() / s.sum())), float(error), note


def _cross_products(table: Floats) -> tuple[Floats, Floats]:
    total = table.sum(axis=(1, 2))
    return table[:, 0, 1] * table[:, 1, 0] / total, table[:, 0, 0] * table[:, 1, 1] / total


def mantel(table: Floats, codes: Floats) -> ItemFound:
    """Mantel's test for ordered categories (1963), and the standardised mean difference (Dorans & Schmitt 1991)."""
    total = table.sum(axis=(1, 2))
    table, total = table[total > 1], total[total > 1]
    size = table.sum(axis=2)  # (S, 2)
    both = (size > 0).all(axis=1)
    if not both.any():
        return NOTHING_TO_TEST
    table, total, size = table[both], total[both], size[both]
    everyone = table.sum(axis=1)
    mean, square = everyone @ codes / total, everyone @ codes**2 / total
    focal = table[:, 1] @ codes
    variance = size[:, 0] * size[:, 1] * (square - mean**2) / np.maximum(total - 1, 1)
    statistic = float(((focal - size[:, 1] * mean).sum()) ** 2 / max(float(variance.sum()), TINY))
    weight = size[:, 1] / size[:, 1].sum()
    difference = float(weight @ (focal / size[:, 1] - table[:, 0] @ codes / size[:, 0]))
    shares = everyone.sum(axis=0) / total.sum()
    deviation = max(float(np.sqrt(shares @ codes**2 - (shares @ codes) ** 2)), TINY)
    p = float(chi2.sf(statistic, 1))
    standardised = abs(difference) / deviation
    return ItemFound(statistic, 1, p, difference, standardised, smd_class(standardised, p), p, 1.0)
