"""Samples, and what a draft or a preview is computed from: read whole before the writing transaction begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.assessment.policy import SittingPolicy
from app.assessment.scored_sittings import ScoredSitting, scored_sittings
from app.foundation import policies
from app.item_bank import queries as item_bank
from app.norming import stray_shares
from app.norming.calibration_errors import NotCalibrated
from app.norming.errors import NormNotFound
from app.norming.latent import CalibratedSample
from app.norming.models import (
    CalibrationRun,
    LegacySample,
    NormGroup,
    NormVersion,
    Recalibration,
    SampleLabel,
)
from app.norming.packed import sha256_of, unpack, unpack_labels
from app.norming.policy import NormPolicy
from app.norming.queries import NormView, published, view_of
from app.norming.recalibration import Phase
from app.norming.sample_errors import NoSample, SampleAltered
from app.norming.samples import SCENARIO, STATEMENT, Sample, by_kind
from app.norming.scales import scale_of

DAYS_OF_A_CREDENTIAL = 366  # whoever earned one in this time may renew it


@dataclass(frozen=True, slots=True, eq=False)
class DraftBasis:
    """Everything a draft is computed from, read before the writing transaction."""

    run_id: UUID
    calibrated: CalibratedSample
    policy: NormPolicy
    policy_version: int

    @property
    def sample(self) -> Sample:
        """The sample behind it."""
        return self.calibrated.sample


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """One division of a sample: into groups (sex, country) or blocks (day, campaign, network)."""

    name: str
    is_block: bool
    labels: tuple[str, ...]  # "" is unknown
    numbers: NDArray[np.int64]  # of each person's label


@dataclass(frozen=True, slots=True, eq=False)
class PreviewBasis:
    """A draft, the norm in force, and the people both are compared on."""

    norm: NormView
    former: NormView | None
    calibrated: CalibratedSample
    policy: NormPolicy
    set_the_scale: bool  # the parameters were estimated on this very sample
    labels: tuple[Labelled, ...]
    sittings: tuple[ScoredSitting, ...]  # of the last year, by people who may renew
    at: datetime
    drift: Mapping[str, Any] | None = None  # as a recalibration reported it; None where none did
    is_one_scale: bool = False  # of the norm and the one in force

    @property
    def compared(self) -> NormView | None:
        """The norm in force where it is on the draft's scale: lines on two scales say nothing of each other."""
        return self.former if self.is_one_scale else None


def latest_sample(skill: str, *, session: Session) -> Sample:
    """The whole sample of a skill that was imported last."""
    latest = (
        select(LegacySample.id)
        .join(LegacySample.group)
        .where(NormGroup.skill == skill, LegacySample.is_part.is_(False))
        .order_by(LegacySample.imported_at.desc())
        .limit(1)
    )
    sample_id = session.scalar(latest)
    if sample_id is None:
        raise NoSample(skill)
    return sample(sample_id, session=session)


def sample(sample_id: UUID, *, session: Session) -> Sample:
    """One sample with its responses."""
    return _sample(session.get_one(LegacySample, sample_id, options=[undefer(LegacySample.responses)]), session=session)


def set_the_scale(sample_id: UUID, *, session: Session) -> bool:
    """Whether the parameters in use were estimated on this very sample."""
    fits = session.scalar(select(CalibrationRun.fits).where(CalibrationRun.sample_id == sample_id))
    return bool(fits)


def basis_of_draft(skill: str, *, session: Session, at: datetime) -> DraftBasis:
    """What the next norm of a skill is drafted from: its latest sample, on the scale it was calibrated on."""
    return basis_of_draft_from(latest_sample(skill, session=session), session=session, at=at)


def basis_of_draft_from(sample: Sample, *, session: Session, at: datetime) -> DraftBasis:
    """What a norm of this very sample is drafted from."""
    run = session.scalar(select(CalibrationRun).where(CalibrationRun.sample_id == sample.id))
    if run is None:
        raise NotCalibrated(sample.skill)
    sitting = policies.current(SittingPolicy, session=session, at=at)
    weights, correlation = _composite_of(sample, sitting)
    items = item_bank.item_parameters(run.calibration_id, session=session)
    return DraftBasis(
        run.id,
        CalibratedSample(sample, items, weights, correlation, stray_shares.shares_of(run.stray_shares)),
        policies.current(NormPolicy, session=session, at=at),
        policies.version(NormPolicy, session=session, at=at),
    )


def basis_of_preview(
    norm_id: UUID, *, session: Session, at: datetime, computed: CalibratedSample | None = None
) -> PreviewBasis:
    """What a draft is compared with, and on whom.

    `computed` is what the draft was computed from, where that is at hand: its likelihoods are not taken again.
    """
    row = session.get(NormVersion, norm_id)
    if row is None:
        raise NormNotFound(norm_id)
    stored = session.get_one(LegacySample, row.run.sample_id, options=[undefer(LegacySample.responses)])
    in_force = published(row.skill, row.language, session=session)
    scale = item_bank.on_the_same_scale(row.run.calibration_id, session=session)
    weights, correlation = row.composite["weights"], row.composite["correlation"]
    items = item_bank.item_parameters(row.run.calibration_id, session=session)
    calibrated = CalibratedSample(
        _sample(stored, session=session),
        items,
        (float(weights[0]), float(weights[1])),
        float(correlation),
        stray_shares.pinned(row.composite),
    )
    labels = session.scalars(select(SampleLabel).where(SampleLabel.sample_id == stored.id).order_by(SampleLabel.name))
    return PreviewBasis(
        norm=view_of(row),
        former=in_force[0] if in_force else None,
        calibrated=computed if computed is not None and computed.is_same_as(calibrated) else calibrated,
        policy=policies.current(NormPolicy, session=session, at=at),
        set_the_scale=bool(row.run.fits),
        labels=tuple(Labelled(one.name, one.is_block, tuple(one.labels), unpack_labels(one.numbers)) for one in labels),
        sittings=sittings_on_the_scale(view_of(row), session=session, at=at),
        at=at,
        drift=_drift_reported(norm_id, session=session),
        is_one_scale=bool(in_force) and in_force[0].calibration_id in scale,
    )


def _drift_reported(norm_id: UUID, *, session: Session) -> Mapping[str, Any] | None:
    """The drift report of the recalibration that drafted the norm; None for a norm drafted otherwise."""
    query = select(Recalibration.found).where(Recalibration.norm_id == norm_id).order_by(Recalibration.asked_at)
    reports = (found[Phase.DRIFT] for found in session.scalars(query) if Phase.DRIFT in found)
    return next(reports, None)


def sittings_on_the_scale(norm: NormView, *, session: Session, at: datetime) -> tuple[ScoredSitting, ...]:
    """Sittings of the last year whose scores this norm could read: they are on the scale of its calibration."""
    year = at - timedelta(days=DAYS_OF_A_CREDENTIAL)
    sittings = scored_sittings(norm.skill, norm.language, after=year, until=at, session=session)
    scale = item_bank.on_the_same_scale(norm.calibration_id, session=session)
    return tuple(one for one in sittings if one.calibration_id in scale)


def _composite_of(sample: Sample, policy: SittingPolicy) -> tuple[tuple[float, float], float]:
    """Weights (judgement, self-report) and correlation; a kind without evidence carries no weight."""
    if sample.judgement is None:
        return (0.0, 1.0), 0.0
    if sample.self_report is None:
        return (1.0, 0.0), 0.0
    judgement, self_report = policy.composite_weights
    told = sample.kinds_correlation
    return (judgement, self_report), policy.kinds_correlation if told is None else told


def _sample(row: LegacySample, *, session: Session) -> Sample:
    release = item_bank.release(row.release_id, session=session)
    items = {item.code: item for item in item_bank.release_items(row.release_id, row.group.language, session=session)}
    answered = unpack(row.responses, len(row.columns))
    if sha256_of(answered, row.columns) != row.responses_sha256:
        raise SampleAltered(row.id)
    evidence = by_kind(tuple(row.columns), answered, items)
    scale = scale_of(row, session=session)
    return Sample(
        id=row.id,
        skill=row.group.skill,
        language=row.group.language,
        release_id=row.release_id,
        is_trial=release.is_trial,
        n=row.n,
        calibration_id=scale.calibration_id if scale else None,
        self_report=evidence.get(STATEMENT),
        judgement=evidence.get(SCENARIO),
        facets={code: item.facet for code, item in items.items()},
        scale=scale.items if scale else None,
        kinds_correlation=scale.kinds_correlation if scale else None,
    )
