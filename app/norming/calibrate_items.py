"""Estimate the item parameters of a sample, each kind of evidence on its own theta.

The first calibration of a release sets the scale. Later samples of the same release are read on it unchanged:
the scale stays, and only percentile ranks move with the people. Simulated people set no scale for real ones: a norm
of real answers read by invented parameters would have lost the demo mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.policy import SittingPolicy
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import FittedItems, pack_errors
from app.item_bank.extend_calibration import carry_calibration, extend_calibration
from app.item_bank.store_calibration import SAMPLE, store_calibration
from app.norming import kinds_together, stray_shares
from app.norming.calibration_errors import CalibrationFailed, ScaleWouldMove
from app.norming.effort import Effort
from app.norming.exposure import exposure_of
from app.norming.models import CalibrationRun, LegacySample
from app.norming.sample_errors import NoSample
from app.norming.samples import KindOfEvidence, Sample, answered_by
from app.norming.scales import has_another_scale, scale_of
from scoring.calibration import calibrate
from scoring.calibration_parts import PartsHere, Placing
from scoring.errors import ScoringError
from scoring.items import ItemParameters
from scoring.responses import ResponseMatrix

KINDS = ("judgement", "self_report")
SHIPPED, FULL = SittingPolicy(), Effort()
Scale = tuple[tuple[str, ...], ItemParameters]


def calibrate_items(
    sample: Sample,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
    policy: SittingPolicy = SHIPPED,
    effort: Effort = FULL,
    placing: Placing = PartsHere,
    pilots: Mapping[str, FittedItems] | None = None,
) -> CalibrationRun:
    """Fit the graded model and store the parameters; a sample calibrated before gives the run it has.

    The fit comes before the first statement of the transaction: a writer on SQLite holds up every other one, and
    seconds of arithmetic must not. `policy` is that of the sittings to come, whose exposure is simulated;
    `placing` says where the people are held while the model is fitted. `pilots` are items, by kind of evidence, that
    were placed on the scale that is kept: the run reads its sample by a calibration that knows them too.

    Raises
    ------
    CalibrationFailed
        If the model cannot be fitted, with the reason.
    ScaleWouldMove
        If another release of the skill carries the scale already.
    """
    require(actor, "operator", "norm_editor", "system")
    fits = {} if sample.scale else _fits(sample, placing)
    scales = _scales(sample, fits)
    strays = _stray_shares(sample, scales, effort)
    together = None if sample.scale else _together(sample, scales, strays)
    correlation = sample.kinds_correlation if sample.scale else kinds_together.in_use(together)
    to_come = policy if correlation is None else replace(policy, kinds_correlation=correlation)
    resting = _exposure(sample, scales, strays, to_come, effort)
    row = _locked(sample, session=session)
    existing = session.scalar(select(CalibrationRun).where(CalibrationRun.sample_id == sample.id))
    if existing is not None:
        return existing
    calibration_id = _calibration(sample, row, fits, session=session, clock=clock, entropy=entropy, actor=actor)
    added = _unknown_to(calibration_id, pilots or {}, session=session)
    if added:
        tools: dict[str, Any] = {"session": session, "clock": clock, "entropy": entropy, "actor": actor}
        calibration_id = extend_calibration(calibration_id, added, **tools).id
    run = CalibrationRun(
        id=entropy.uuid(),
        sample_id=sample.id,
        sample=row,
        calibration_id=calibration_id,
        n=sample.n,
        fits={kind: _summary(fit) for kind, fit in fits.items()},
        stray_shares=strays,
        kinds_correlation=together,
        exposure=resting,
        calibrated_at=clock.now(),
    )
    session.add(run)
    session.flush()
    detail = {"skill": sample.skill, "n": sample.n, "calibration_id": str(calibration_id)}
    audit.record("sample.calibrated", sample.id, actor=actor, at=run.calibrated_at, session=session, detail=detail)
    return run


def _locked(sample: Sample, *, session: Session) -> LegacySample:
    """The sample's row, with every sample of its release locked: two at once must not set two scales."""
    query = select(LegacySample).where(LegacySample.release_id == sample.release_id).order_by(LegacySample.id)
    rows = {row.id: row for row in session.scalars(query.with_for_update(of=LegacySample))}
    if sample.id not in rows:
        raise NoSample(sample.skill)
    return rows[sample.id]


def _calibration(
    sample: Sample,
    row: LegacySample,
    fits: dict[str, FittedItems],
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> UUID:
    """The calibration that the sample is read by: on the scale that stands, or a fresh one."""
    tools: dict[str, Any] = {"session": session, "clock": clock, "entropy": entropy, "actor": actor}
    scale = scale_of(row, session=session)
    if scale is not None:
        if not scale.is_carried:
            return scale.calibration_id
        return carry_calibration(scale.calibration_id, sample.release_id, **tools).id
    if not sample.is_trial and has_another_scale(row, session=session):
        raise ScaleWouldMove(sample.skill)
    return store_calibration(
        sample.release_id,
        source=SAMPLE,
        n=sample.n,
        self_report=fits.get("self_report"),
        judgement=fits.get("judgement"),
        **tools,
    ).id


def _unknown_to(calibration_id: UUID, pilots: Mapping[str, FittedItems], *, session: Session) -> dict[str, FittedItems]:
    """Those that nobody has placed since they were fitted."""
    known = set(item_bank.item_parameters(calibration_id, session=session).codes)
    return {kind: fitted for kind, fitted in pilots.items() if not known & set(fitted.codes)}


def _fits(sample: Sample, placing: Placing) -> dict[str, FittedItems]:
    evidence = {"self_report": sample.self_report, "judgement": sample.judgement}
    return {kind: _fit(sample.skill, given, placing) for kind, given in evidence.items() if given is not None}


def _scales(sample: Sample, fits: dict[str, FittedItems]) -> dict[str, Scale]:
    """Codes and parameters of each kind that the sample is read on: those just fitted, or the scale that is kept."""
    if sample.scale is None:
        return {kind: (fit.codes, fit.items) for kind, fit in fits.items()}
    kept = {
        "self_report": (sample.scale.self_report_codes, sample.scale.self_report),
        "judgement": (sample.scale.judgement_codes, sample.scale.judgement),
    }
    return {kind: (codes, items) for kind, (codes, items) in kept.items() if items is not None}


def _stray_shares(sample: Sample, scales: dict[str, Scale], effort: Effort) -> dict[str, Any]:
    evidence = {"self_report": sample.self_report, "judgement": sample.judgement}
    return {
        kind: stray_shares.estimated(given, codes, items, half_forms=effort.half_forms)
        for kind, (codes, items) in scales.items()
        if (given := evidence[kind]) is not None
    }


def _together(sample: Sample, scales: dict[str, Scale], strays: dict[str, Any]) -> dict[str, Any] | None:
    """How the two kinds go together in the sample that sets the scale; None for a bank of one kind."""
    if len(scales) < len(KINDS) or sample.judgement is None or sample.self_report is None:
        return None
    of_judgement, of_self_report = stray_shares.shares_of(strays)
    return kinds_together.estimated(
        (sample.judgement, *scales["judgement"], of_judgement),
        (sample.self_report, *scales["self_report"], of_self_report),
    )


def _exposure(
    sample: Sample, scales: dict[str, Scale], strays: dict[str, Any], policy: SittingPolicy, effort: Effort
) -> dict[str, Any] | None:
    if len(scales) < len(KINDS):
        return None  # a bank of one kind is a legacy scale, and none of those is large enough to rest anything
    return exposure_of(
        scales["judgement"],
        scales["self_report"],
        sample.facets,
        stray_shares=stray_shares.shares_of(strays),
        policy=policy,
        sittings=effort.sittings,
    )


def _fit(skill: str, evidence: KindOfEvidence, placing: Placing) -> FittedItems:
    responses = ResponseMatrix(evidence.responses.codes[answered_by(evidence)])
    try:
        fit = calibrate(responses, placing=placing)
    except ScoringError as problem:
        raise CalibrationFailed(skill, [str(problem)]) from problem
    if not fit.converged:
        raise CalibrationFailed(skill, fit.notes)
    errors = fit.standard_errors
    return FittedItems(
        codes=evidence.codes,
        items=fit.items,
        standard_errors=pack_errors(errors.slopes, errors.thresholds),
        log_likelihood=fit.log_likelihood,
        notes=tuple(fit.notes),
    )


def _summary(fit: FittedItems) -> dict[str, Any]:
    return {"items": len(fit.codes), "log_likelihood": fit.log_likelihood, "notes": list(fit.notes)}
