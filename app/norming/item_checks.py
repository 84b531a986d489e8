"""Whether items still behave as when the scale was set, and alike for everyone: drift and DIF, item by item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from app.norming.base_scale import drift_report, fitted_freely, kinds_of, not_known
from app.norming.bases import Labelled, PreviewBasis
from app.norming.samples import KindOfEvidence, answered_by
from scoring.errors import ScoringError
from scoring.responses import ResponseMatrix

FEWEST_IN_A_GROUP = 100  # people; with fewer a difference between groups is noise
SIGNIFICANT = 0.05  # after Benjamini and Hochberg over the items, as `scoring.dif_result.Dif.flagged`


def drift(basis: PreviewBasis) -> dict[str, Any]:
    """Parameters estimated freely on this sample, linked to the base scale, against those in use.

    A sample that set the scale itself has nothing to drift from; a recalibration has looked already.
    """
    if basis.drift is not None:
        return dict(basis.drift)
    if basis.set_the_scale:
        return not_known()
    sample, scale = basis.calibrated.sample, basis.calibrated.items
    try:
        return drift_report(fitted_freely(sample, scale), scale)
    except ScoringError as problem:
        return not_known(str(problem))


def functioning(basis: PreviewBasis) -> list[dict[str, Any]]:
    """DIF of every item between the two largest groups of each division; nothing where the sample knows no groups."""
    return [
        entry
        for division in basis.labels
        if not division.is_block
        for kind, evidence in kinds_of(basis.calibrated.sample, basis.calibrated.items)
        for entry in _functioning_of(kind, evidence, division)
    ]


def counted_class(entry: Mapping[str, Any]) -> str:
    """The ETS class of one entry of `functioning` as gate and manual count it: A unless significant among all items.

    A class rests on the item's own p alone, and of ninety items without DIF some have a small one.
    """
    return str(entry["ets"]) if entry["adjusted_p"] < SIGNIFICANT else "A"


def _functioning_of(kind: str, evidence: KindOfEvidence, division: Labelled) -> list[dict[str, Any]]:
    from scoring.differential_functioning import dif  # noqa: PLC0415  as above

    answered = answered_by(evidence)
    numbers = division.numbers[answered]
    counts = np.bincount(numbers, minlength=len(division.labels))
    known = [place for place, label in enumerate(division.labels) if label and counts[place] >= FEWEST_IN_A_GROUP]
    two = sorted(sorted(known, key=lambda place: -counts[place])[:2])
    if len(two) < 2:
        return []
    chosen = np.isin(numbers, two)
    found = dif(ResponseMatrix(evidence.responses.codes[answered][chosen]), numbers[chosen], "mantel_haenszel")
    reference, focal = (division.labels[place] for place in two)
    return [
        {
            "item": code,
            "kind": kind,
            "division": division.name,
            "reference": reference,
            "focal": focal,
            "effect": float(found.effect[k]),
            "size": float(found.standardised[k]),
            "adjusted_p": float(found.adjusted_p[k]),
            "ets": found.ets[k],
        }
        for k, code in enumerate(evidence.codes)
    ]
