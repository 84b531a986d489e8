"""Whether items still behave as when the scale was set, and alike for everyone: drift and DIF, item by item."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.norming.bases import Labelled, PreviewBasis
from app.norming.samples import KindOfEvidence, answered_by
from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.responses import ResponseMatrix

FEWEST_IN_A_GROUP = 100  # people; with fewer a difference between groups is noise
FEWEST_COMMON_ITEMS = 3


def kinds_of(basis: PreviewBasis) -> list[tuple[str, KindOfEvidence, tuple[str, ...], ItemParameters]]:
    """Each kind of evidence with the parameters in use for it."""
    sample, items = basis.calibrated.sample, basis.calibrated.items
    both = (
        ("judgement", sample.judgement, items.judgement_codes, items.judgement),
        ("self_report", sample.self_report, items.self_report_codes, items.self_report),
    )
    return [
        (kind, evidence, codes, parameters)
        for kind, evidence, codes, parameters in both
        if evidence is not None and parameters is not None
    ]


def drift(basis: PreviewBasis) -> dict[str, Any]:
    """Parameters estimated freely on this sample, linked to the base scale, against those in use.

    A sample that set the scale itself has nothing to drift from.
    """
    if basis.set_the_scale:
        return {"is_known": False, "reason": "sample-set-the-scale", "items": []}
    found: list[dict[str, Any]] = []
    for kind, evidence, codes, parameters in kinds_of(basis):
        try:
            found += _drift_of(kind, evidence, codes, parameters)
        except ScoringError as problem:
            return {"is_known": False, "reason": str(problem), "items": []}
    return {"is_known": True, "reason": None, "items": found}


def _drift_of(
    kind: str, evidence: KindOfEvidence, codes: tuple[str, ...], parameters: ItemParameters
) -> list[dict[str, Any]]:
    from scoring.calibration import calibrate  # noqa: PLC0415  scipy and numba: seconds no other page may pay
    from scoring.linking import purified_link  # noqa: PLC0415

    place = {code: column for column, code in enumerate(evidence.codes)}
    rows = [row for row, code in enumerate(codes) if code in place]
    if len(rows) < FEWEST_COMMON_ITEMS:
        raise ScoringError(f"{len(rows)} items in common are too few to link.")
    base = parameters.take(rows)
    answered = evidence.responses.codes[answered_by(evidence)][:, [place[codes[row]] for row in rows]]
    fit = calibrate(ResponseMatrix(np.minimum(answered, (base.categories - 1).astype(np.int8))))
    if not fit.converged:
        raise ScoringError("The parameters could not be estimated on this sample.")
    linked = purified_link(fit.items, base)
    screen = linked.screen
    return [
        {
            "item": codes[row],
            "kind": kind,
            "slope_drift": float(screen.slope_drift[k]),
            "location_drift": float(screen.location_drift[k]),
            "robust_z": float(min(screen.worst[k], 999.0)),
            "has_drifted": bool(screen.has_drifted[k]),
            "is_anchor": bool(linked.is_anchor[k]),
        }
        for k, row in enumerate(rows)
    ]


def functioning(basis: PreviewBasis) -> list[dict[str, Any]]:
    """DIF of every item between the two largest groups of each division; nothing where the sample knows no groups."""
    return [
        entry
        for division in basis.labels
        if not division.is_block
        for kind, evidence, _, _ in kinds_of(basis)
        for entry in _functioning_of(kind, evidence, division)
    ]


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
