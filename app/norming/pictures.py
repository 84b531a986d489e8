"""The pictures of a norm, where its people stand and which rank each point has, and those of its preview."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.foundation.drawings import Bars, Curves, Distribution, bars, curves, distribution
from app.norming.queries import NormView

POINTS = 81
BAND = 1.645  # standard errors to either side: 90 %
FOUR_FIFTHS = 0.8
UNKNOWN = "–"
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


@dataclass(frozen=True, slots=True)
class PreviewPictures:
    """The line before and after with its band, the most influential blocks, and the impact ratios by group."""

    lines: Bars
    influence: Bars
    impact: tuple[tuple[str, Bars], ...]


def of_preview(seen: Mapping[str, Any], label: str) -> PreviewPictures:
    """`label` is the draft's; bands are 90 %, ratios' intervals 95 %. A line of unmeasured error has no band."""
    cuts = [(label, seen["cut"], seen["cut_standard_error"])]
    if seen["former"] is not None:
        cuts.insert(0, (seen["former"]["label"], seen["former"]["cut"], seen["former"]["cut_standard_error"]))
    shifts = [
        (f"{one['division']} {one['block']}", *_from_zero(one["shift_in_sd"]))
        for one in seen["sensitivity"]["most_influential"]
    ]
    forests = [(table["group"], bars(_ratios(table["rows"]), middle=FOUR_FIFTHS)) for table in seen["impact"]]
    return PreviewPictures(_lines(cuts), bars(shifts, middle=0.0), tuple(forests))


def _lines(cuts: list[tuple[str, float, float | None]]) -> Bars:
    drawn = bars([(name, cut - BAND * (error or 0.0), cut, cut + BAND * (error or 0.0)) for name, cut, error in cuts])
    rows = tuple(
        row if error is not None else replace(row, figures=(UNKNOWN, row.figures[1], UNKNOWN))
        for row, (_, _, error) in zip(drawn.rows, cuts, strict=True)
    )
    return replace(drawn, rows=rows)


def _from_zero(shift: float) -> tuple[float, float, float]:
    return min(shift, 0.0), shift, max(shift, 0.0)


def _ratios(rows: list[dict[str, Any]]) -> list[tuple[str, float, float, float]]:
    """Groups with a ratio; the reference is 1 without an interval, an open end stops at the widest closed one."""
    ends = [row["ratio_interval"][1] for row in rows if row["ratio_interval"] and row["ratio_interval"][1] is not None]
    widest = max(ends, default=1.0)
    return [
        (
            row["label"],
            *(
                (row["ratio"],) * 3
                if not row["ratio_interval"]
                else (row["ratio_interval"][0], row["ratio"], row["ratio_interval"][1] or widest)
            ),
        )
        for row in rows
        if row["ratio"] is not None
    ]
