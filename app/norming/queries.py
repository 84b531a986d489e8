"""Reading norms and samples. What comes back is frozen; tables are scoring values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.assessment.queries import normed_editions
from app.foundation import policies
from app.foundation.audit import AuditEntry
from app.norming import rules
from app.norming.errors import NormNotFound
from app.norming.former import former_of
from app.norming.founders_compared import comparison_of
from app.norming.locked import APPROVED, STOPPED
from app.norming.models import (
    CalibrationRun,
    LegacySample,
    NormGroup,
    NormRollback,
    NormState,
    NormVersion,
    Recalibration,
    SittingComparison,
)
from app.norming.policy import NormPolicy
from app.norming.rules import Gate, RollbackReason
from app.norming.scales import correlation_error
from app.norming.snapshot import MASSES, content_of, is_as_drafted
from app.norming.still_holds import compared_with
from scoring.norms import NormTable

NORM_STATES = tuple(NormState)
TABLES_KEPT = 64  # of 160 kB each at most
_tables: dict[tuple[UUID, str], NormTable] = {}


@dataclass(frozen=True, slots=True)
class NormView:
    """One norm version, unrounded."""

    id: UUID
    label: str
    skill: str
    language: str
    population: Mapping[str, str]
    n: int
    window_start_on: date | None
    window_end_on: date | None
    table: NormTable
    composite: Mapping[str, Any]
    cut: float
    cut_standard_error: float
    cut_percentile: float
    latent_sd: float
    demo: bool
    is_founding: bool  # made of sittings from before there was a norm
    gate: Gate
    may_certify: bool
    gate_reasons: tuple[str, ...]
    release_id: UUID
    calibration_id: UUID
    instrument: str
    consent_basis: str | None
    file_sha256: str
    sha256: str
    state: NormState
    preview: Mapping[str, Any] | None
    drafted_at: datetime
    drafted_by: UUID
    previewed_at: datetime | None
    approved_at: datetime | None
    approved_by: UUID | None
    takes_effect_at: datetime | None
    published_at: datetime | None
    superseded_at: datetime | None
    restored_at: datetime | None

    @property
    def gives_percentile_rank(self) -> bool:
        """Whether a percentile rank may be shown at all."""
        return self.gate is not Gate.NONE

    @property
    def is_provisional(self) -> bool:
        """Whether what is shown must say that it may still move."""
        return self.gate is not Gate.FULL

    @property
    def masses(self) -> tuple[float, ...] | None:
        """Of the norm group over the nodes, (61,): what its sittings begin from; None for a normal prior."""
        masses = self.composite.get(MASSES)
        return tuple(masses) if isinstance(masses, list) else None

    @property
    def cut_error_in_sd(self) -> float:
        """Standard error of the cut in standard deviations of the norm group, as the gate reads it."""
        return self.cut_standard_error / self.latent_sd

    @property
    def is_cut_measured(self) -> bool:
        """Whether the error of the cut means anything; where people answer alike, it comes out near nothing."""
        return rules.CUT_NOT_MEASURED not in self.gate_reasons

    @property
    def told_cut_error(self) -> float | None:
        """The cut's standard error as people and programs are told it, or None where it is not measured."""
        return self.cut_standard_error if self.is_cut_measured else None

    @property
    def told_cut_error_in_sd(self) -> float | None:
        """The same in standard deviations of the norm group."""
        return self.cut_error_in_sd if self.is_cut_measured else None

    @property
    def in_force_since(self) -> datetime | None:
        """When it took force last; None where it never did."""
        return self.restored_at or self.published_at

    @property
    def is_public(self) -> bool:
        """Whether it is or was in force: anyone may see it."""
        return self.state in (NormState.PUBLISHED, NormState.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class RollbackView:
    """A rollback that waits for a second person."""

    former_id: UUID
    former_label: str
    former_sha256: str
    former_cut: float
    reason: RollbackReason
    asked_at: datetime
    asked_by: UUID
    lapses_at: datetime


@dataclass(frozen=True, slots=True)
class RunView:
    """How a calibration went."""

    id: UUID
    calibration_id: UUID
    n: int
    fits: Mapping[str, Any]

    @property
    def summary(self) -> str:
        """One sentence per kind of evidence; none where the sample is read on an earlier scale."""
        if not self.fits:
            return " Its items carry a scale already; it is kept."
        sentences = (
            f" {kind.replace('_', ' ').capitalize()}: {fit['items']} items, log-likelihood {fit['log_likelihood']:.3f}."
            for kind, fit in self.fits.items()
        )
        return "".join(sentences)


def norm(norm_id: UUID, *, session: Session) -> NormView:
    """One norm version, whatever its state."""
    row = session.get(NormVersion, norm_id)
    if row is None:
        raise NormNotFound(norm_id)
    return view_of(row)


def label_of(norm_id: UUID, *, session: Session) -> str:
    """The label of a norm version; its id, where none is known under it."""
    return session.scalar(select(NormVersion.label).where(NormVersion.id == norm_id)) or str(norm_id)


def norm_as_stored(norm_id: UUID, *, session: Session) -> NormView:
    """The same with its table as the database has it now: for whoever looks whether somebody changed it."""
    view = norm(norm_id, session=session)
    return replace(view, table=NormTable.from_dict(session.get_one(NormVersion, norm_id).latent))


def norms(*, session: Session, skill: str | None = None, public_only: bool = False) -> tuple[NormView, ...]:
    """Norm versions, the latest draft first."""
    query = (
        select(NormVersion).join(NormVersion.group).order_by(NormVersion.drafted_at.desc(), NormVersion.label.desc())
    )
    if skill is not None:
        query = query.where(NormGroup.skill == skill)
    if public_only:
        query = query.where(NormVersion.state.in_([NormState.PUBLISHED, NormState.SUPERSEDED]))
    return tuple(view_of(row) for row in session.scalars(query))


def published(skill: str, language: str, *, session: Session) -> tuple[NormView, ...]:
    """The norm in force for a skill in a language: one or none, whatever people it describes."""
    query = select(NormVersion).where(
        NormVersion.skill == skill, NormVersion.language == language, NormVersion.state == NormState.PUBLISHED
    )
    return tuple(view_of(row) for row in session.scalars(query))


def rollback_of(norm_id: UUID, *, session: Session, at: datetime) -> RollbackView | None:
    """The open rollback of a norm, or None."""
    query = select(NormRollback).where(
        NormRollback.norm_id == norm_id, NormRollback.confirmed_at.is_(None), NormRollback.lapses_at >= at
    )
    row = session.scalar(query)
    if row is None:
        return None
    former = session.get_one(NormVersion, row.former_id)
    return RollbackView(
        former.id, former.label, row.former_sha256, former.cut, row.reason, row.asked_at, row.asked_by, row.lapses_at
    )


def rolled_back(*, session: Session) -> tuple[NormView, ...]:
    """Norms that two people took out of force, the latest first."""
    confirmed = select(NormRollback).where(NormRollback.confirmed_at.is_not(None))
    rows = session.scalars(confirmed.order_by(NormRollback.confirmed_at.desc())).all()
    found = dict.fromkeys(row.norm_id for row in rows)
    return tuple(norm(norm_id, session=session) for norm_id in found)


def former(norm_id: UUID, *, session: Session) -> NormView | None:
    """The norm that would take force again if this one were rolled back, or None."""
    row = session.get(NormVersion, norm_id)
    if row is None or row.state is not NormState.PUBLISHED:
        return None
    former_id = former_of(row, session=session)
    return norm(former_id, session=session) if former_id is not None else None


def watched_until(view: NormView, *, session: Session, at: datetime) -> datetime | None:
    """The end of the watch over a norm that took force lately; None where there is no watch."""
    if view.state is not NormState.PUBLISHED or view.in_force_since is None:
        return None
    end = view.in_force_since + timedelta(days=policies.current(NormPolicy, session=session, at=at).watch_days)
    return end if at < end else None


@dataclass(frozen=True, slots=True)
class StopView:
    """When a norm was stopped before it took effect, and why."""

    at: datetime
    reason: str


def stop_of(norm_id: UUID, *, session: Session) -> StopView | None:
    """The latest stop of a norm that nobody has approved since, or None."""
    kinds = (AuditEntry.kind.in_((APPROVED, STOPPED)), AuditEntry.subject == str(norm_id))
    entry = session.scalar(select(AuditEntry).where(*kinds).order_by(AuditEntry.sequence.desc()).limit(1))
    return StopView(entry.at, entry.detail["reason"]) if entry and entry.kind == STOPPED else None


def earliest_effect(*, session: Session, at: datetime) -> datetime:
    """From when a norm scheduled at this instant takes effect."""
    return rules.earliest_effect(at, policies.current(NormPolicy, session=session, at=at))


def has_moved_on(view: NormView, *, session: Session) -> bool:
    """Whether another norm is in force than the one that a preview compares with."""
    in_force = published(view.skill, view.language, session=session)
    return view.preview is not None and compared_with(view.preview) != (str(in_force[0].id) if in_force else None)


def has_outgrown_window(view: NormView, *, session: Session, at: datetime) -> bool:
    """Whether a norm that is to certify cannot take effect any more: its responses would be too old by then."""
    policy = policies.current(NormPolicy, session=session, at=at)
    hour = max(at, view.takes_effect_at or rules.earliest_effect(at, policy))
    return view.may_certify and rules.is_too_old(view.window_start_on, on=hour.date(), policy=policy)


def kinds_correlation_error(norm: NormView, *, session: Session) -> float:
    """Standard error of the correlation of judgement and self-report that the norm is read by."""
    return correlation_error(norm.calibration_id, norm.composite.get("correlation"), session=session)


def judged_at(norm_id: UUID, *, session: Session) -> tuple[datetime, ...]:
    """When the norm was held against the gates of its policy: its draft, its preview, its founders' comparison."""
    query = select(NormVersion.drafted_at, NormVersion.previewed_at).where(NormVersion.id == norm_id)  # not its table
    drafted_at, previewed_at = session.execute(query).one()
    compared = comparison_of(norm_id, session=session)
    instants = (drafted_at, previewed_at, compared.compared_at if compared else None)
    return tuple(at for at in instants if at is not None)


def is_calibrated(release_id: UUID, language: str, *, session: Session) -> bool:
    """Whether a sample of the release's items, answered in this language, carries parameters estimated from it."""
    query = select(CalibrationRun.id).join(CalibrationRun.sample).join(LegacySample.group)
    in_language = query.where(LegacySample.release_id == release_id, NormGroup.language == language)
    return session.scalar(in_language.limit(1)) is not None


def has_real_sample(skill: str, *, session: Session) -> bool:
    """Whether answers of real people to a skill's items were imported, in any state of use."""
    real = (
        select(LegacySample.id)
        .join(LegacySample.group)
        .where(NormGroup.skill == skill, LegacySample.is_simulated.is_(False))
        .limit(1)
    )
    return session.scalar(real) is not None


def content(norm_id: UUID, *, session: Session) -> dict[str, Any]:
    """The hashed content of a norm version with its hash: enough for anyone to recompute rank, cut and hash."""
    row = session.get(NormVersion, norm_id)
    if row is None or row.state not in (NormState.PUBLISHED, NormState.SUPERSEDED):
        raise NormNotFound(norm_id)
    return {"content": content_of(row), "sha256": row.sha256}


def not_as_drafted(*, session: Session) -> tuple[str, ...]:
    """Labels of norms in force or superseded whose numbers do not give their hash, their approved hash or their cut."""
    query = select(NormVersion).where(NormVersion.state.in_([NormState.PUBLISHED, NormState.SUPERSEDED]))
    return tuple(row.label for row in session.scalars(query) if not is_as_drafted(row))


def editions_apart(*, session: Session) -> tuple[str, ...]:
    """Editions that do not pin what their norm says, by skill, language and number."""
    stated = {
        norm.id: (norm.cut, norm.cut_standard_error, norm.composite, norm.may_certify, norm.demo)
        for norm in session.scalars(select(NormVersion))
    }
    return tuple(
        one.name
        for one in normed_editions(session=session)
        if (one.cut, one.cut_standard_error, one.composite or {}, one.may_certify, one.demo) != stated.get(one.norm_id)
    )


def run(run_id: UUID, *, session: Session) -> RunView:
    """One calibration run."""
    row = session.get_one(CalibrationRun, run_id)
    return RunView(row.id, row.calibration_id, row.n, row.fits)


def view_of(row: NormVersion) -> NormView:
    """The norm version as others may see it."""
    return NormView(
        id=row.id,
        label=row.label,
        skill=row.group.skill,
        language=row.group.language,
        population=row.group.population,
        n=row.n,
        window_start_on=row.window_start_on,
        window_end_on=row.window_end_on,
        table=_table_of(row),
        composite=row.composite,
        cut=row.cut,
        cut_standard_error=row.cut_standard_error,
        cut_percentile=row.cut_percentile,
        latent_sd=row.latent_sd,
        demo=row.demo,
        is_founding=row.run.sample.is_founding,
        gate=row.gate,
        may_certify=row.may_certify,
        gate_reasons=tuple(row.gate_reasons),
        release_id=row.run.sample.release_id,
        calibration_id=row.run.calibration_id,
        instrument=row.run.sample.instrument,
        consent_basis=row.run.sample.consent_basis,
        file_sha256=row.run.sample.file_sha256,
        sha256=row.sha256,
        state=row.state,
        preview=row.preview,
        drafted_at=row.drafted_at,
        drafted_by=row.drafted_by,
        previewed_at=row.previewed_at,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        takes_effect_at=row.takes_effect_at,
        published_at=row.published_at,
        superseded_at=row.superseded_at,
        restored_at=row.restored_at,
    )


def _table_of(row: NormVersion) -> NormTable:
    """Its table, read once in a process: a version is never edited, and its hash names its numbers."""
    named = (row.id, row.sha256)
    kept = _tables.get(named)
    if kept is None:
        if len(_tables) >= TABLES_KEPT:
            _tables.clear()
        kept = _tables[named] = NormTable.from_dict(row.latent)
    return kept


def has_signed(person_id: UUID, *, session: Session) -> bool:
    """Whether a norm version names this person as drafter or approver, or a rollback or recalibration its people."""
    version = or_(NormVersion.drafted_by == person_id, NormVersion.approved_by == person_id)
    rollback = or_(NormRollback.asked_by == person_id, NormRollback.confirmed_by == person_id)
    named = (
        select(NormVersion.id).where(version),
        select(NormRollback.id).where(rollback),
        select(SittingComparison.id).where(SittingComparison.compared_by == person_id),
        select(Recalibration.id).where(Recalibration.asked_by == person_id),
    )
    return any(session.scalar(query.limit(1)) is not None for query in named)
