"""The scale that a sample is read on: its release's, or a former release's where both are one instrument.

A bank is released once and never edited: a correction, and every new item, is the next release. What stands in both
keeps its parameters, so the scale goes on, and with it what a score means. Simulated people set no scale for real ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import CalibratedItems
from app.item_bank.shared_items import shared_items
from app.norming import kinds_together
from app.norming.models import CalibrationRun, LegacySample, NormGroup


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """What is known on a scale of the items of one release."""

    calibration_id: UUID  # of the release itself, or of the former one that it is carried from
    is_carried: bool
    items: CalibratedItems
    kinds_correlation: float | None


def scale_of(row: LegacySample, *, session: Session) -> Scale | None:
    """The scale for a sample, or None while its skill has none that its release could be read on.

    A trial bank is what one instrument asked: each sets a scale of its own.
    """
    runs = session.execute(_runs(row)).all()
    own = next((one.calibration_id for one in runs if one.release_id == row.release_id), None)
    if own is not None:
        return _known(item_bank.latest_on_scale(own, session=session), session=session)
    if not runs or item_bank.release(row.release_id, session=session).is_trial:
        return None
    return _carried(runs[-1].calibration_id, runs[-1].release_id, row.release_id, session=session)


def has_another_scale(row: LegacySample, *, session: Session) -> bool:
    """Whether the skill has a scale already that this sample does not stand on."""
    return session.execute(_runs(row).limit(1)).first() is not None


def _runs(row: LegacySample) -> Select[UUID, UUID]:
    """Calibrations of the skill by people of the same kind, simulated or real, the first run first."""
    return (
        select(CalibrationRun.calibration_id, LegacySample.release_id)
        .join(CalibrationRun.sample)
        .join(LegacySample.group)
        .where(NormGroup.skill == row.group.skill, LegacySample.is_simulated == row.is_simulated)
        .order_by(CalibrationRun.calibrated_at)
    )


def _known(calibration_id: UUID, *, session: Session) -> Scale:
    items = item_bank.item_parameters(calibration_id, session=session)
    return Scale(calibration_id, False, items, _told(calibration_id, session=session))


def _carried(calibration_id: UUID, former_id: UUID, release_id: UUID, *, session: Session) -> Scale | None:
    shared = shared_items(release_id, former_id, session=session)
    if not shared.is_one_instrument:
        return None
    latest = item_bank.latest_on_scale(calibration_id, session=session)
    items = item_bank.item_parameters(latest, session=session).only(shared.codes)
    return Scale(latest, True, items, _told(latest, session=session))


def correlation_error(calibration_id: UUID, correlation: float | None, *, session: Session) -> float:
    """Standard error of the correlation of the kinds that a norm is read by; a large one where a policy gave it."""
    stored = _told_by_run(calibration_id, session=session)
    if stored is None or correlation is None or kinds_together.in_use(stored) != correlation:
        return kinds_together.LARGEST_ERROR
    return float(stored["standard_error"])


def _told(calibration_id: UUID, *, session: Session) -> float | None:
    """How the kinds go together in the sample that set the scale."""
    return kinds_together.in_use(_told_by_run(calibration_id, session=session))


def _told_by_run(calibration_id: UUID, *, session: Session) -> dict[str, Any] | None:
    """What the run that set the scale stored of it."""
    first = item_bank.set_by(calibration_id, session=session)
    query = select(CalibrationRun.kinds_correlation).where(CalibrationRun.calibration_id == first)
    return session.scalar(query.order_by(CalibrationRun.calibrated_at).limit(1))
