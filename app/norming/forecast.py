"""What a preview computes beyond the line: who would differ at renewal, and how the norm might be wrong.

Pure arithmetic on what was read; everything comes back as plain JSON, because the preview is kept with the version.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.assessment.scored_sittings import ScoredSitting
from app.norming.bases import Labelled, PreviewBasis
from app.norming.queries import NormView
from scoring.adverse_impact import FEWEST_PERSONS, ImpactRow, adverse_impact
from scoring.normal import normal_distribution

EVEN_ODDS = 0.5  # where the median crosses the cut
LATELY_DAYS = 90
SUCCESSIVE = 20  # blocks of 5 % in the order in which people came
LARGEST_BLOCK = 0.5  # of the sample; a block that is most of it is the sample
MOST_SHOWN = 10  # blocks, the most influential first
PERCENT = 100


def sensitivity(basis: PreviewBasis) -> dict[str, Any]:
    """How far the cut moves, in standard deviations of the group, if any one block of people is left out."""
    n, quantile = basis.calibrated.sample.n, basis.norm.cut_percentile / PERCENT
    order = np.arange(n) * SUCCESSIVE // max(n, 1)
    divisions = [Labelled("order", True, tuple(str(k + 1) for k in range(SUCCESSIVE)), order)]
    divisions += [one for one in basis.labels if one.is_block]
    found = [entry for division in divisions for entry in _influences(division, basis, quantile)]
    found.sort(key=lambda entry: -abs(entry["shift_in_sd"]))
    largest = abs(found[0]["shift_in_sd"]) if found else 0.0
    limit = basis.policy.largest_influence
    return {
        "divisions": [division.name for division in divisions],
        "blocks": len(found),
        "largest": largest,
        "limit": limit,
        "is_within": largest <= limit,
        "most_influential": found[:MOST_SHOWN],
    }


def _influences(division: Labelled, basis: PreviewBasis, quantile: float) -> list[dict[str, Any]]:
    counts = np.bincount(division.numbers, minlength=len(division.labels))
    smallest, largest = FEWEST_PERSONS, LARGEST_BLOCK * basis.calibrated.sample.n
    told = [label != "" and smallest <= count <= largest for label, count in zip(division.labels, counts, strict=True)]
    if not any(told):
        return []
    renumbered = np.where(told, np.cumsum(told) - 1, -1)
    cuts = basis.calibrated.cuts_without(renumbered[division.numbers], quantile)
    kept = [place for place, tell in enumerate(told) if tell]
    return [
        {
            "division": division.name,
            "block": division.labels[place],
            "people": int(counts[place]),
            "shift_in_sd": float((cut - basis.norm.cut) / basis.norm.latent_sd),
        }
        for place, cut in zip(kept, cuts, strict=True)
        if np.isfinite(cut)
    ]


def impact(basis: PreviewBasis, above: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """Rates above the line and their ratios, by each group the sample knows of; small cells keep only their counts."""
    tables = []
    for division in basis.labels:
        if division.is_block or above.size != division.numbers.size:
            continue
        groups = {division.name: [division.labels[number] or None for number in division.numbers]}
        table = adverse_impact(groups, above).tables[0]
        rows = [_impact_row(row) for row in table.rows]
        tables.append({"group": division.name, "unknown": table.unknown, "rows": rows})
    return tables


def _impact_row(row: ImpactRow) -> dict[str, Any]:
    is_told = row.candidates >= FEWEST_PERSONS
    upper = row.ratio_interval[1] if row.ratio_interval else None
    return {
        "label": row.categories[0],
        "people": row.candidates,
        "above": row.selected if is_told else None,
        "rate": row.rate if is_told else None,
        "rate_interval": list(row.rate_interval) if is_told else None,
        "ratio": row.ratio,
        "ratio_interval": [row.ratio_interval[0], upper if upper is not None and np.isfinite(upper) else None]
        if row.ratio_interval
        else None,
        "below_four_fifths": row.below_four_fifths,
        "note": row.note,
    }


def renewals(
    sittings: Sequence[ScoredSitting], norm: NormView, former: NormView | None, *, at: datetime
) -> dict[str, Any]:
    """Counts among sittings on the same scale: the share lately, and whose latest one would come out otherwise.

    Live credentials stay what they are. Scores are held against the new line as they stand: a renewal also begins from
    the new norm's own group, which where sittings began from a normal prior is another change (`from_normal`).
    """
    after = at - timedelta(days=LATELY_DAYS)
    lately = [one for one in sittings if one.completed_at > after]
    newly, no_longer = who_would_differ(sittings, norm, former)
    return {
        "days": LATELY_DAYS,
        "sittings": len(lately),
        "above_before": int(_is_above(lately, former).sum()) if former else None,
        "above_after": int(_is_above(lately, norm).sum()),
        "from_normal": norm.masses is not None and former is not None and former.masses is None,
        "people": len({one.person_id for one in sittings}),
        "newly_above": len(newly) if former else None,
        "no_longer_above": len(no_longer) if former else None,
    }


def who_would_differ(
    sittings: Sequence[ScoredSitting], norm: NormView, former: NormView | None
) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """People newly above the line, and no longer above it, by their latest sitting."""
    if former is None:
        return (), ()
    latest = list({one.person_id: one for one in sittings}.values())
    before, after = _is_above(latest, former), _is_above(latest, norm)
    newly = tuple(one.person_id for one, yes in zip(latest, after & ~before, strict=True) if yes)
    no_longer = tuple(one.person_id for one, yes in zip(latest, before & ~after, strict=True) if yes)
    return newly, no_longer


def _is_above(sittings: Sequence[ScoredSitting], norm: NormView) -> NDArray[np.bool_]:
    median = np.array([one.median for one in sittings])
    spread = np.hypot([one.standard_error for one in sittings], norm.cut_standard_error)
    return np.asarray(normal_distribution((median - norm.cut) / spread) >= EVEN_ODDS)
