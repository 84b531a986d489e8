"""Reading recalibrations: frozen answers for pages, the command line and the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.norming.calibration_errors import RecalibrationNotFound
from app.norming.dividing import may_divide
from app.norming.errors import NormNotFound
from app.norming.models import LegacySample, NormGroup, Recalibration, SampleLabel
from app.norming.packed import unpack_labels
from app.norming.recalibration import Choice, Phase, Progress
from app.norming.sample_errors import NoSample

MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Step:
    """One phase that was begun."""

    phase: Phase
    began_at: datetime
    ended_at: datetime | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it lasts."""
        return (self.ended_at - self.began_at).total_seconds() if self.ended_at else None


@dataclass(frozen=True, slots=True)
class RecalibrationView:
    """How far a recalibration is, and what its phases found."""

    id: UUID
    skill: str
    choice: Choice
    progress: Progress
    phase: Phase
    steps: tuple[Step, ...]
    found: Mapping[str, Any]
    sample_id: UUID | None
    run_id: UUID | None
    norm_id: UUID | None
    asked_at: datetime
    asked_by: UUID
    ended_at: datetime | None
    reason: str | None
    reason_text: str | None

    @property
    def is_open(self) -> bool:
        """Whether there is work left to do."""
        return self.progress in (Progress.WAITING, Progress.RUNNING)

    @property
    def phases(self) -> tuple[tuple[Phase, Step | None], ...]:
        """Every phase it goes through, with how it went; a preview alone has but one."""
        by_phase = {step.phase: step for step in self.steps}
        first = self.steps[0].phase if self.steps else self.phase
        return tuple((phase, by_phase.get(phase)) for phase in list(Phase)[list(Phase).index(first) :])

    @property
    def done(self) -> int:
        """How many of them are done."""
        return sum(step.ended_at is not None for step in self.steps)

    @property
    def sample(self) -> UUID:
        """The chosen sample; there is one from the second phase on."""
        if self.sample_id is None:
            raise NoSample(self.skill)
        return self.sample_id

    @property
    def norm(self) -> UUID:
        """The drafted norm; there is one in the last phase."""
        if self.norm_id is None:
            raise NormNotFound(self.id)
        return self.norm_id


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block of people that a choice can leave out."""

    division: str
    label: str
    people: int


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample that a norm can be made from."""

    id: UUID
    instrument: str
    population: Mapping[str, str]
    language: str
    n: int
    window: tuple[Any, Any]
    is_simulated: bool
    imported_at: datetime
    blocks: tuple[BlockView, ...]


def recalibration(recalibration_id: UUID, *, session: Session) -> RecalibrationView:
    """One recalibration.

    Raises
    ------
    RecalibrationNotFound
    """
    row = session.get(Recalibration, recalibration_id)
    if row is None:
        raise RecalibrationNotFound(recalibration_id)
    return view_of(row)


def latest(*, session: Session, skill: str | None = None, limit: int = MOST_SHOWN) -> tuple[RecalibrationView, ...]:
    """The latest recalibrations, the newest first."""
    query = select(Recalibration).order_by(Recalibration.asked_at.desc(), Recalibration.id).limit(limit)
    if skill is not None:
        query = query.where(Recalibration.skill == skill)
    return tuple(view_of(row) for row in session.scalars(query))


def skills_with_sample(*, session: Session) -> tuple[str, ...]:
    """Skills of which there are responses to make a norm from."""
    query = select(NormGroup.skill).join(LegacySample).distinct().order_by(NormGroup.skill)
    return tuple(session.scalars(query))


def latest_sample_id(skill: str, *, session: Session) -> UUID | None:
    """The whole sample of a skill that was brought in last, or None."""
    found = samples_of(skill, session=session)
    return found[0].id if found else None


def samples_of(skill: str, *, session: Session) -> tuple[SampleView, ...]:
    """The whole samples of a skill, the latest first, with the blocks that can be left out."""
    query = (
        select(LegacySample)
        .join(LegacySample.group)
        .where(NormGroup.skill == skill, LegacySample.is_part.is_(False))
        .order_by(LegacySample.imported_at.desc())
    )
    return tuple(_sample_view(row, session=session) for row in session.scalars(query))


def _sample_view(row: LegacySample, *, session: Session) -> SampleView:
    divisions = session.scalars(
        select(SampleLabel)
        .where(SampleLabel.sample_id == row.id, SampleLabel.is_block.is_(True))
        .order_by(SampleLabel.name)
    )
    blocks = []
    columns = row.mapping.get("blocks", {})
    for division in divisions:
        if not may_divide(division.name, columns.get(division.name, division.name)):
            continue
        people = np.bincount(unpack_labels(division.numbers), minlength=len(division.labels))
        labelled = zip(division.labels, people, strict=True)
        blocks += [BlockView(division.name, label, int(count)) for label, count in labelled if label]
    return SampleView(
        row.id,
        row.instrument,
        row.group.population,
        row.group.language,
        row.n,
        (row.window_start_on, row.window_end_on),
        row.is_simulated,
        row.imported_at,
        tuple(blocks),
    )


def view_of(row: Recalibration) -> RecalibrationView:
    """The recalibration as others may see it."""
    instant = datetime.fromisoformat
    return RecalibrationView(
        id=row.id,
        skill=row.skill,
        choice=Choice.from_json(row.choice),
        progress=row.progress,
        phase=row.phase,
        steps=tuple(
            Step(Phase(phase), instant(began), instant(ended) if ended else None) for phase, began, ended in row.steps
        ),
        found=row.found,
        sample_id=row.sample_id,
        run_id=row.run_id,
        norm_id=row.norm_id,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        ended_at=row.ended_at,
        reason=row.reason,
        reason_text=row.reason_text,
    )
