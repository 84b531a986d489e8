"""Use cases: further items on a scale that exists, and a scale that goes on with the next release of its bank.

Either way the parameters of the items that were there stay, to the last bit, and the scale stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank.calibrated_items import JUDGEMENT, SELF_REPORT, CalibratedItems, FittedItems, unpack
from app.item_bank.errors import CalibrationNotFound
from app.item_bank.models import Calibration
from app.item_bank.queries import CalibrationView
from app.item_bank.shared_items import shared_items
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
    known = _fitted(unpack(base))
    whole = {kind: _with(given, added[kind]) if kind in added else given for kind, given in known.items()}
    return _stored(base, base.release_id, whole, session=session, clock=clock, entropy=entropy, actor=actor)


def carry_calibration(
    calibration_id: UUID, release_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> CalibrationView:
    """Store for another release of the bank what `calibration_id` knows of the items that stand in it unchanged.

    Raises
    ------
    CalibrationNotFound, ReleaseNotFound
    CalibrationInvalid
        If there is no such item.
    """
    base = session.get(Calibration, calibration_id)
    if base is None:
        raise CalibrationNotFound(calibration_id)
    shared = shared_items(release_id, base.release_id, session=session).codes
    return _stored(
        base, release_id, _fitted(unpack(base).only(shared)), session=session, clock=clock, entropy=entropy, actor=actor
    )


def _fitted(known: CalibratedItems) -> dict[str, FittedItems]:
    """What is known, by kind of evidence."""
    kinds = {
        SELF_REPORT: (known.self_report_codes, known.self_report),
        JUDGEMENT: (known.judgement_codes, known.judgement),
    }
    return {
        kind: FittedItems(codes, items, known.standard_errors.get(kind, {}))
        for kind, (codes, items) in kinds.items()
        if items is not None
    }


def _stored(
    base: Calibration,
    release_id: UUID,
    whole: Mapping[str, FittedItems],
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> CalibrationView:
    return store_calibration(
        release_id,
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


def _with(given: FittedItems, added: FittedItems) -> FittedItems:
    width = max(given.items.thresholds.shape[1], added.items.thresholds.shape[1])
    joined = ItemParameters(
        np.concatenate([given.items.slopes, added.items.slopes]),
        np.concatenate([_padded(of.items.thresholds, width) for of in (given, added)]),
        given.items.model,
    )
    errors = {name: [*kept, *added.standard_errors[name]] for name, kept in given.standard_errors.items()}
    return FittedItems((*given.codes, *added.codes), joined, errors, notes=added.notes)


def _padded(thresholds: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.pad(thresholds, ((0, 0), (0, width - thresholds.shape[1])), constant_values=np.nan)
