"""Refusals of calibrations and recalibrations: what could not be estimated, and what is under way or over."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.foundation.errors import Conflict, NotFound, Unavailable


class NotCalibrated(Conflict):
    """A norm stands on a calibration."""

    code = "not-calibrated"

    def __init__(self, skill: str) -> None:
        super().__init__(f"The sample of {skill} is not calibrated yet. Run `decile calibrate {skill}` first.")


class CalibrationFailed(Conflict):
    """The item parameters could not be had from these responses."""

    code = "calibration-failed"

    def __init__(self, skill: str, notes: Sequence[str]) -> None:
        super().__init__(
            f"The responses of {skill} could not be calibrated: {'; '.join(notes) or 'the fit did not converge'}. "
            "Nothing was stored. Look at the items named, or import a larger sample."
        )


class SchedulerSilent(Unavailable):
    """Nobody speaks Dask at the address that the settings give."""

    code = "scheduler-silent"

    def __init__(self, address: str, problem: str) -> None:
        super().__init__(
            f"The Dask scheduler at {address} does not answer ({problem}). "
            "Calibrations run in the worker meanwhile, with the same result."
        )


class LatentNotEstimated(Conflict):
    """No distribution could be estimated behind the responses."""

    code = "latent-not-estimated"

    def __init__(self, skill: str, reason: str) -> None:
        super().__init__(
            f"The responses of {skill} do not show how its people are distributed: {reason} "
            "Nothing was stored. Import a larger sample, or one with more items."
        )


class ScaleWouldMove(Conflict):
    """A fresh calibration would be a second scale for the same skill."""

    code = "scale-would-move"

    def __init__(self, skill: str) -> None:
        super().__init__(
            f"{skill} has a calibrated scale from an earlier bank release, and this sample is of a release that keeps "
            "less than half of its items of a kind: calibrating it by itself would move the scale. Nothing was stored. "
            "Import a sample of the release that is calibrated, or release a bank that keeps more of it."
        )


class RecalibrationNotFound(NotFound):
    """No recalibration under that id."""

    code = "recalibration-not-found"

    def __init__(self, recalibration_id: UUID) -> None:
        super().__init__(
            f"There is no recalibration {recalibration_id}. `decile norm recalibrations` shows those that exist."
        )


class RecalibrationUnderWay(Conflict):
    """One at a time for a skill."""

    code = "recalibration-under-way"

    def __init__(self, skill: str) -> None:
        super().__init__(f"A recalibration of {skill} is under way. Wait until it is done, or cancel it.")


class RecalibrationEnded(Conflict):
    """It is over, or its phase has passed."""

    code = "recalibration-ended"

    def __init__(self, recalibration_id: UUID, progress: str) -> None:
        super().__init__(f"Recalibration {recalibration_id} is {progress}; nothing of it can be changed any more.")
