"""Use case: keep parameters of further items on a scale that exists; those of the others stay, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank.calibrated_items import JUDGEMENT, SELF_REPORT, FittedItems, unpack
from app.item_bank.errors import CalibrationNotFound
from app.item_bank.models import Calibration
from app.item_bank.queries import CalibrationView
from app.item_bank.store_calibration import store_calibration
from scoring.items import ItemParameters


def extend_calibration(
    calibration_id: UUID,
    added: Mapping[str, FittedItems],
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> CalibrationView:
    """Store a calibration that knows `added`, by kind of evidence, beside every item that `calibration_id` knows.

    Raises
    ------
    CalibrationNotFound
    CalibrationInvalid
        If an item is known already, or is not of the release or of that kind.
    """
    base = session.get(Calibration, calibration_id)
    if base is None:
        raise CalibrationNotFound(calibration_id)
    known = unpack(base)
    kinds = {
        SELF_REPORT: (known.self_report_codes, known.self_report),
        JUDGEMENT: (known.judgement_codes, known.judgement),
    }
    whole = {
        kind: _with(codes, items, base.standard_errors.get(kind, {}), added[kind])
        if kind in added and items is not None
        else FittedItems(codes, items, base.standard_errors.get(kind, {}))
        for kind, (codes, items) in kinds.items()
        if items is not None
    }
    return store_calibration(
        base.release_id,
        source=base.source,
        n=base.n,
        self_report=whole.get(SELF_REPORT),
        judgement=whole.get(JUDGEMENT),
        extends=base.extends_id or base.id,
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    )


def _with(
    codes: tuple[str, ...], items: ItemParameters, errors: Mapping[str, list[object]], added: FittedItems
) -> FittedItems:
    width = max(items.thresholds.shape[1], added.items.thresholds.shape[1])
    joined = ItemParameters(
        np.concatenate([items.slopes, added.items.slopes]),
        np.concatenate([_padded(items.thresholds, width), _padded(added.items.thresholds, width)]),
        items.model,
    )
    both = {name: [*kept, *added.standard_errors[name]] for name, kept in errors.items()}
    return FittedItems((*codes, *added.codes), joined, both, notes=added.notes)


def _padded(thresholds: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.pad(thresholds, ((0, 0), (0, width - thresholds.shape[1])), constant_values=np.nan)
