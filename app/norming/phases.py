"""Long work in three phases: read, compute, write. Shared by command line, pages and jobs.

The sample is read in a reading session, so that the seconds of arithmetic that follow hold no lock; the use case
then computes before its first statement and writes in one transaction, whole or not at all.
"""

from __future__ import annotations

from uuid import UUID

from app.assessment.policy import SittingPolicy
from app.foundation import policies
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.entropy import Entropy
from app.norming import bases
from app.norming.draft_norm import draft_norm
from app.norming.effort import Effort
from app.norming.preview_norm import preview_norm
from scoring.calibration_parts import PartsHere, Placing

FULL = Effort()


def calibrate(
    skill: str,
    *,
    database: Database,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
    effort: Effort = FULL,
    placing: Placing = PartsHere,
) -> UUID:
    """Calibrate the latest sample of a skill; the id of its run."""
    from app.norming.calibrate_items import calibrate_items  # noqa: PLC0415  scipy and numba: seconds no page may pay

    with database.reading() as session:
        sample = bases.latest_sample(skill, session=session)
        policy = policies.current(SittingPolicy, session=session, at=clock.now())
    with database.transaction() as session:
        return calibrate_items(
            sample,
            session=session,
            clock=clock,
            entropy=entropy,
            actor=actor,
            policy=policy,
            effort=effort,
            placing=placing,
        ).id


def draft(skill: str, *, database: Database, clock: Clock, entropy: Entropy, actor: Actor) -> UUID:
    """Draft the next norm version of a skill; its id."""
    with database.reading() as session:
        basis = bases.basis_of_draft(skill, session=session, at=clock.now())
    with database.transaction() as session:
        return draft_norm(basis, session=session, clock=clock, entropy=entropy, actor=actor).id


def preview(norm_id: UUID, *, database: Database, clock: Clock, actor: Actor) -> None:
    """Preview a draft."""
    with database.reading() as session:
        basis = bases.basis_of_preview(norm_id, session=session, at=clock.now())
    with database.transaction() as session:
        preview_norm(basis, session=session, clock=clock, actor=actor)
