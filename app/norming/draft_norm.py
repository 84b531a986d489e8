"""Compute a norm version from a calibrated sample: the latent distribution, the cut, its error, and the gates.

Nothing in the numbers is handed in: they follow from responses, parameters and policies alone.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank import queries as item_bank
from app.norming.bases import DraftBasis
from app.norming.calibration_errors import LatentNotEstimated, NotCalibrated
from app.norming.models import CalibrationRun, NormVersion
from app.norming.rules import SampleFacts, standing
from app.norming.snapshot import MASSES, masses_of, sha256_of
from scoring.errors import ScoringError
from scoring.norms import NormTable

PERCENT = 100
INITIALS = 3


def draft_norm(basis: DraftBasis, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor) -> NormVersion:
    """Draft the next norm version of the sample's group, by a named person.

    The arithmetic comes before the first statement of the transaction: a writer on SQLite holds up every other one.

    Raises
    ------
    LatentNotEstimated
        If the responses carry too little to estimate a distribution from.
    """
    require(actor, "norm_editor", "norm_approver")
    if actor.person_id is None:
        raise SignInNeeded
    table = _latent(basis)
    cut, sd, now = table.cut(basis.policy.cut_percentile / PERCENT), table.sd, clock.now()
    error_at_cut = basis.calibrated.error_at(cut.theta)
    run = session.get(CalibrationRun, basis.run_id, with_for_update={"of": CalibrationRun})
    if run is None:
        raise NotCalibrated(basis.sample.skill)
    stored = run.sample
    facts = SampleFacts(
        n=stored.n,
        window_start_on=stored.window_start_on,
        window_end_on=stored.window_end_on,
        consent_basis=stored.consent_basis,
        ages_known=stored.ages_known,
        has_judgement=basis.sample.judgement is not None,
        parameters_estimated=not item_bank.calibration(run.calibration_id, session=session).is_prior,
    )
    found = standing(facts, cut.standard_error / sd, error_at_cut=error_at_cut, on=now.date(), policy=basis.policy)
    norm = NormVersion(
        id=entropy.uuid(),
        norm_group_id=stored.norm_group_id,
        group=stored.group,
        skill=stored.group.skill,
        language=stored.group.language,
        run_id=run.id,
        run=run,
        label=_label(basis.sample.skill, now.year, session=session),
        n=stored.n,
        window_start_on=stored.window_start_on,
        window_end_on=stored.window_end_on,
        latent=table.to_dict(),
        composite={**basis.calibrated.as_pins(), MASSES: masses_of(table)},
        cut=cut.theta,
        cut_standard_error=cut.standard_error,
        cut_percentile=basis.policy.cut_percentile,
        latent_sd=sd,
        demo=stored.is_simulated,
        gate=found.gate,
        may_certify=found.may_certify,
        gate_reasons=list(found.reasons),
        policy_version=basis.policy_version,
        drafted_at=now,
        drafted_by=actor.person_id,
    )
    norm.sha256 = sha256_of(norm)
    session.add(norm)
    session.flush()
    detail = {"label": norm.label, "sha256": norm.sha256, "cut": norm.cut, "n": norm.n}
    audit.record("norm.drafted", norm.id, actor=actor, at=now, session=session, detail=detail)
    return norm


def _latent(basis: DraftBasis) -> NormTable:
    try:
        return basis.calibrated.norm_table()
    except ScoringError as problem:
        raise LatentNotEstimated(basis.sample.skill, str(problem)) from problem


def _label(skill: str, year: int, *, session: Session) -> str:
    """`EXT-2026.1`: letters of the skill, the year, a running number; drafts that come to nothing keep theirs."""
    stem = f"{skill.replace('-', '')[:INITIALS].upper()}-{year}"
    count = session.scalar(select(func.count()).where(NormVersion.label.startswith(f"{stem}.", autoescape=True)))
    return f"{stem}.{(count or 0) + 1}"
