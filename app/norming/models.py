"""Norm groups, the samples behind them, calibration runs, and norm versions: replaced, never edited."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import DDL

from app.foundation.db import Base, where
from app.norming.calibration_errors import RecalibrationEnded
from app.norming.errors import NormInAnotherState, NormNotDue
from app.norming.guards import POSTGRESQL_IMMUTABLE, SQLITE_IMMUTABLE
from app.norming.recalibration import Phase, Progress
from app.norming.rules import Gate, RollbackReason


class NormState(StrEnum):
    """Where a norm version stands; each step follows from the one before."""

    DRAFT = "draft"
    PREVIEWED = "previewed"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"


class NormGroup(Base):
    """A described population, for one skill in one language: whom a percentile rank compares with."""

    __tablename__ = "norm_group"
    __table_args__ = (UniqueConstraint("skill", "language", "described_as", name="uq_norm_group_described"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    skill: Mapped[str]
    language: Mapped[str]
    described_as: Mapped[str]  # English; the same words in other languages are in `population`
    population: Mapped[dict[str, Any]]


class LegacySample(Base):
    """Responses collected elsewhere, with where they come from; packed, without any person's id."""

    __tablename__ = "legacy_sample"
    __table_args__ = (UniqueConstraint("norm_group_id", "responses_sha256", name="uq_legacy_sample_responses"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    norm_group_id: Mapped[UUID] = mapped_column(ForeignKey("norm_group.id"))
    release_id: Mapped[UUID] = mapped_column(ForeignKey("bank_release.id"))
    instrument: Mapped[str]
    consent_basis: Mapped[str | None]
    window_start_on: Mapped[date | None]
    window_end_on: Mapped[date | None]
    ages_known: Mapped[bool]
    is_simulated: Mapped[bool]
    is_founding: Mapped[bool] = mapped_column(default=False)  # of sittings before there was a norm: no award at stake
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    mapping: Mapped[dict[str, Any]]
    n: Mapped[int]
    set_aside: Mapped[dict[str, Any]]
    columns: Mapped[list[str]]
    categories: Mapped[list[int]]
    responses: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    responses_sha256: Mapped[str]
    imported_at: Mapped[datetime]
    is_part: Mapped[bool] = mapped_column(default=False)  # of another sample, chosen for a recalibration

    group: Mapped[NormGroup] = relationship(lazy="joined")


class SampleLabel(Base):
    """To which group or block each person of a sample belongs: kept beside the responses, read by previews alone."""

    __tablename__ = "sample_label"

    sample_id: Mapped[UUID] = mapped_column(ForeignKey("legacy_sample.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    is_block: Mapped[bool]
    labels: Mapped[list[str]]  # in alphabetical order; "" is unknown
    numbers: Mapped[bytes] = mapped_column(LargeBinary)  # one per person, packed: see `packed`


class CalibrationRun(Base):
    """One calibration of one sample: what was fitted, how it went, and the parameters it gave."""

    __tablename__ = "calibration_run"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sample_id: Mapped[UUID] = mapped_column(ForeignKey("legacy_sample.id"), unique=True)
    calibration_id: Mapped[UUID] = mapped_column(ForeignKey("calibration.id"))
    n: Mapped[int]
    fits: Mapped[dict[str, Any]]
    stray_shares: Mapped[dict[str, Any] | None]  # {kind: share, error or reason}; runs older than the shares have none
    kinds_correlation: Mapped[dict[str, Any] | None]  # of a sample that set a scale of both kinds, since it is told
    exposure: Mapped[dict[str, Any] | None]  # chances by which items rest; None for a bank too small to rest any
    calibrated_at: Mapped[datetime]

    sample: Mapped[LegacySample] = relationship(lazy="joined")


class NormVersion(Base):
    """One norm computed for one norm group: replaced by a later version, never edited."""

    __tablename__ = "norm_version"
    __table_args__ = (
        CheckConstraint("approved_by <> drafted_by", name="two_people"),
        CheckConstraint("approved_by IS NOT NULL OR state IN ('draft', 'previewed')", name="approved_first"),
        Index("uq_norm_version_published", "skill", "language", unique=True, **where("state = 'published'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    norm_group_id: Mapped[UUID] = mapped_column(ForeignKey("norm_group.id"), index=True)
    skill: Mapped[str]  # with the language what its group says: an index over both admits one published norm
    language: Mapped[str]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("calibration_run.id"))
    label: Mapped[str] = mapped_column(unique=True)
    n: Mapped[int]
    window_start_on: Mapped[date | None]
    window_end_on: Mapped[date | None]
    # the latent distribution, as `scoring.NormTable` reads it; long, and most who read a norm need its cut alone
    latent: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    composite: Mapped[dict[str, Any]]
    cut: Mapped[float]
    cut_standard_error: Mapped[float]
    cut_percentile: Mapped[float]
    latent_sd: Mapped[float]
    demo: Mapped[bool]
    gate: Mapped[Gate]
    may_certify: Mapped[bool]
    gate_reasons: Mapped[list[str]]
    policy_version: Mapped[int]
    sha256: Mapped[str]

    state: Mapped[NormState] = mapped_column(default=NormState.DRAFT)
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    previewed_at: Mapped[datetime | None]
    preview: Mapped[dict[str, Any] | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    approved_sha256: Mapped[str | None]
    scheduled_at: Mapped[datetime | None]
    takes_effect_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]
    restored_at: Mapped[datetime | None]  # in force again by a rollback, since

    group: Mapped[NormGroup] = relationship(lazy="joined")
    run: Mapped[CalibrationRun] = relationship(lazy="joined")

    def require_previewable(self) -> None:
        """Raise once somebody has approved it: from then on it stays as it was seen."""
        if self.state is not NormState.PREVIEWED:
            self._require(NormState.DRAFT, "previewed")

    def mark_previewed(self, preview: dict[str, Any], *, at: datetime) -> None:
        """Draft -> previewed; looking again replaces the former preview."""
        self.require_previewable()
        self.state, self.preview, self.previewed_at = NormState.PREVIEWED, preview, at

    def require_approvable(self) -> None:
        """Raise unless previewed."""
        self._require(NormState.PREVIEWED, "approved")

    def approve(self, by: UUID, *, at: datetime) -> None:
        """Previewed -> approved. Who may is decided by the use case; what was approved is kept as a hash."""
        self.require_approvable()
        self.state, self.approved_by, self.approved_at = NormState.APPROVED, by, at
        self.approved_sha256 = self.sha256

    def require_schedulable(self) -> None:
        """Raise unless approved."""
        self._require(NormState.APPROVED, "scheduled")

    def schedule(self, takes_effect_at: datetime, *, at: datetime) -> None:
        """Approved -> scheduled."""
        self.require_schedulable()
        self.state, self.takes_effect_at, self.scheduled_at = NormState.SCHEDULED, takes_effect_at, at

    def stop(self) -> None:
        """Approved or scheduled -> previewed, as if nobody had approved it."""
        if self.state is not NormState.SCHEDULED:
            self._require(NormState.APPROVED, "stopped")
        self.state, self.approved_by, self.approved_at, self.approved_sha256 = NormState.PREVIEWED, None, None, None
        self.scheduled_at, self.takes_effect_at = None, None

    def require_due(self, *, at: datetime) -> None:
        """Raise unless scheduled and its hour has come."""
        self._require(NormState.SCHEDULED, "published")
        if self.takes_effect_at is None or self.takes_effect_at > at:
            raise NormNotDue(self.label, self.takes_effect_at or at)

    def publish(self, *, at: datetime) -> None:
        """Scheduled and due -> published."""
        self.require_due(at=at)
        self.state, self.published_at = NormState.PUBLISHED, at

    def supersede(self, *, at: datetime) -> None:
        """Published -> superseded."""
        self._require(NormState.PUBLISHED, "superseded")
        self.state, self.superseded_at = NormState.SUPERSEDED, at

    def restore(self, *, at: datetime) -> None:
        """Superseded -> published again, with the numbers it always had."""
        self._require(NormState.SUPERSEDED, "put in force again")
        self.state, self.superseded_at, self.restored_at = NormState.PUBLISHED, None, at

    def _require(self, needed: NormState, step: str) -> None:
        if self.state is not needed:
            raise NormInAnotherState(self.label, self.state, needed, step)


class NormRollback(Base):
    """Asked for by one person, confirmed by another: a norm in force gives way to the one before it."""

    __tablename__ = "norm_rollback"
    __table_args__ = (CheckConstraint("confirmed_by <> asked_by", name="two_people"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    norm_id: Mapped[UUID] = mapped_column(ForeignKey("norm_version.id"), index=True)  # gives way
    former_id: Mapped[UUID] = mapped_column(ForeignKey("norm_version.id"))  # takes force again
    former_sha256: Mapped[str]
    reason: Mapped[RollbackReason]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    lapses_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    def is_open(self, *, at: datetime) -> bool:
        """Whether a second person can still confirm it."""
        return self.confirmed_at is None and at <= self.lapses_at


class SittingComparison(Base):
    """Founding sittings behind a norm against sittings under it, at one moment. Kept whatever came out."""

    __tablename__ = "sitting_comparison"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    norm_id: Mapped[UUID] = mapped_column(ForeignKey("norm_version.id"), index=True)
    n: Mapped[int]  # sittings under the norm
    shift: Mapped[float]  # standard deviations of the norm group; above 0: higher under the norm
    standard_error: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    bound: Mapped[float]
    holds: Mapped[bool]
    policy_version: Mapped[int]
    compared_at: Mapped[datetime]
    compared_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class Recalibration(Base):
    """A norm on its way from chosen data to a preview: phase after phase in the worker, each committed whole.

    What a phase found is kept here, so that a worker which dies goes on with the phase it died in.
    """

    __tablename__ = "norm_recalibration"
    __table_args__ = (
        Index("uq_norm_recalibration_open", "skill", unique=True, **where("progress IN ('waiting', 'running')")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    skill: Mapped[str]
    choice: Mapped[dict[str, Any]]  # of data, as `recalibration.Choice` reads it
    progress: Mapped[Progress] = mapped_column(default=Progress.WAITING)
    phase: Mapped[Phase]  # under way, or the last one that was
    steps: Mapped[list[Any]]  # [phase, when it began, when it ended or None], in order
    found: Mapped[dict[str, Any]]  # by phase
    sample_id: Mapped[UUID | None] = mapped_column(ForeignKey("legacy_sample.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("calibration_run.id"))
    norm_id: Mapped[UUID | None] = mapped_column(ForeignKey("norm_version.id"), index=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # code of the refusal that ended it
    reason_text: Mapped[str | None] = mapped_column(Text)  # the same in English, for logs and the command line

    @property
    def is_open(self) -> bool:
        """Whether there is work left to do."""
        return self.progress in (Progress.WAITING, Progress.RUNNING)

    def begin(self, *, at: datetime) -> None:
        """Note that the present phase is being worked on; again after a crash keeps when it began first."""
        self.require_at(self.phase)
        self.progress = Progress.RUNNING
        if not self.steps or self.steps[-1][0] != self.phase:
            self.steps = [*self.steps, [str(self.phase), at.isoformat(), None]]

    def finish(self, found: dict[str, Any], *, at: datetime) -> None:
        """The present phase is done with; on to the next, or to the end."""
        self.found = {**self.found, str(self.phase): found}
        phase, began, _ = self.steps[-1]
        self.steps = [*self.steps[:-1], [phase, began, at.isoformat()]]
        following = self.phase.following
        if following is None:
            self.progress, self.ended_at = Progress.DONE, at
        else:
            self.phase = following

    def cancel(self, *, at: datetime) -> None:
        """Whatever the worker computes from now on is thrown away."""
        self.require_at(self.phase)
        self.progress, self.ended_at = Progress.CANCELLED, at

    def refuse(self, code: str, why: str, *, at: datetime) -> None:
        """It cannot go on, for a reason that trying again will not mend."""
        self.progress, self.ended_at, self.reason, self.reason_text = Progress.REFUSED, at, code, why

    def require_at(self, phase: Phase) -> None:
        """Raise unless it is still under way, and in this phase."""
        if not self.is_open or self.phase is not phase:
            raise RecalibrationEnded(self.id, self.progress)


for _dialect, _statements in (("sqlite", SQLITE_IMMUTABLE), ("postgresql", POSTGRESQL_IMMUTABLE)):
    for _statement in _statements:
        event.listen(NormVersion.__table__, "after_create", DDL(_statement).execute_if(dialect=_dialect))
