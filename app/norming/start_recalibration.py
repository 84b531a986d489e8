"""Use cases: ask for a recalibration, or for the preview of a draft alone. The worker does the work."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.locks import hold
from app.norming.calibration_errors import RecalibrationUnderWay
from app.norming.locked import norm_for_update
from app.norming.models import LegacySample, NormGroup, Recalibration
from app.norming.recalibration import Choice, Phase, Progress, Source
from app.norming.sample_errors import NoSample, SampleUnknown


def start_recalibration(
    skill: str, choice: Choice, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> UUID:
    """Begin with the choice of data; the norm is drafted in the name of the person who asks.

    Raises
    ------
    NoSample
        Where there is none to take.
    SampleUnknown
        Where the choice names a sample of another skill, or one that there is not.
    RecalibrationUnderWay
    """
    require(actor, "norm_editor")
    if choice.source is Source.SAMPLE:
        known = select(LegacySample.id).join(LegacySample.group).where(NormGroup.skill == skill)
        if choice.sample_id is None:
            raise NoSample(skill)
        if session.scalar(known.where(LegacySample.id == choice.sample_id)) is None:
            raise SampleUnknown(choice.sample_id, skill)
    tools: dict[str, Any] = {"session": session, "clock": clock, "entropy": entropy, "jobs": jobs, "actor": actor}
    return _begun(skill, choice, Phase.SAMPLE, None, **tools)


def start_preview(norm_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor) -> UUID:
    """Go through the last phase alone, for a draft that stands, or once more for a norm that was previewed.

    Raises
    ------
    NormNotFound, NormAltered, RecalibrationUnderWay
    """
    require(actor, "norm_editor", "norm_approver")
    norm = norm_for_update(norm_id, session=session)
    norm.require_previewable()
    choice = Choice(Source.SAMPLE, sample_id=norm.run.sample_id)
    tools: dict[str, Any] = {"session": session, "clock": clock, "entropy": entropy, "jobs": jobs, "actor": actor}
    return _begun(norm.group.skill, choice, Phase.PREVIEW, norm_id, **tools)


def _begun(
    skill: str,
    choice: Choice,
    phase: Phase,
    norm_id: UUID | None,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> UUID:
    if actor.person_id is None:
        raise SignInNeeded
    hold(session, "recalibration", skill)
    is_open = Recalibration.progress.in_((Progress.WAITING, Progress.RUNNING))
    if session.scalar(select(Recalibration.id).where(Recalibration.skill == skill, is_open)) is not None:
        raise RecalibrationUnderWay(skill)
    now = clock.now()
    row = Recalibration(
        id=entropy.uuid(),
        skill=skill,
        choice=choice.as_json(),
        phase=phase,
        progress=Progress.WAITING,
        steps=[],
        found={},
        norm_id=norm_id,
        asked_at=now,
        asked_by=actor.person_id,
    )
    session.add(row)
    session.flush()
    detail = {"skill": skill, "phase": str(phase), "choice": choice.as_json()}
    audit.record("recalibration.asked", row.id, actor=actor, at=now, session=session, detail=detail)
    arguments = {"recalibration_id": str(row.id)}
    jobs.enqueue("recalibrate", f"recalibrate:{row.id}", session=session, arguments=arguments)
    return row.id
