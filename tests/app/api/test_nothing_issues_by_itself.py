"""A certificate comes of a sitting and of nothing else: a new norm, bank, calibration or start issues none."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import worker
from app.assessment.adopt_edition import adopt_edition
from app.factory import create_app
from app.foundation.access import Actor, operator, system
from app.foundation.audit import AuditEntry
from app.foundation.db import Base
from app.foundation.runtime import Runtime
from app.item_bank import queries as banks
from app.item_bank.release_bank import release_bank
from app.norming.models import NormState
from app.norming.publish_norm import publish_norm
from tests.app.api.world import EDITOR, World
from tests.app.assessment.builders import SKILL, Place, sharpened
from tests.app.norming.builders import APPROVER_ID, a_calibrated_sample, a_norm
from tests.journeys.at_a_standstill import run_jobs, with_signer

BANK = Path(__file__).resolve().parents[3] / "item_banks" / SKILL / "v2"
ISSUED = ("credential", "award", "award_decision", "skill_result", "frozen_sitting", "status_list")
NOT_HERE = {"sign_checkpoint", "examine_records"}  # no key of the log, and rows that were put in by hand
AT_NIGHT = tuple(job.name for job in worker.PERIODIC if job.name not in NOT_HERE)


def what_was_issued(runtime: Runtime) -> dict[str, Any]:
    """Every row that a certificate is made of, and every entry of the record about one."""
    with runtime.reading() as session:
        found: dict[str, Any] = {
            name: sorted(map(repr, session.execute(select(Base.metadata.tables[name])).all())) for name in ISSUED
        }
        entries = select(AuditEntry.sequence).where(
            AuditEntry.kind.startswith("credential.") | AuditEntry.kind.startswith("award.")
        )
        return {**found, "record": session.scalars(entries).all()}


def publish_another_norm(runtime: Runtime, editor: Actor, approver: Actor) -> None:
    with runtime.transaction() as session:
        a_calibrated_sample(session, runtime.clock, runtime.entropy, seed=2, shift=-1.5)  # far lower: more would pass
        norm = a_norm(session, runtime.clock, runtime.entropy, editor, approver, NormState.SCHEDULED)
        publish_norm(norm.id, session=session, clock=runtime.clock, actor=system())


def release_another_bank(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        release_bank(BANK, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())


def adopt_another_calibration(runtime: Runtime, norm_id: UUID) -> None:
    """With a line so low that everybody who ever sat would stand above it."""
    place = Place(runtime.database, runtime.clock, runtime.entropy)  # type: ignore[arg-type]
    with runtime.transaction() as session:
        release = banks.latest_release(SKILL, session=session)
        prior = banks.prior_calibration(release.id, session=session)
        assert prior is not None
        fitted = sharpened(place, prior, 1.4, session=session)
        adopt_edition(SKILL, "en", release.id, fitted.id, cut=-3.0, cut_standard_error=0.05, may_certify=True,
                      norm_id=norm_id, session=session, at=runtime.clock.now())  # fmt: skip


def test_case_030_a_new_norm_bank_calibration_or_start_issues_and_changes_nothing(world: World, tmp_path: Path) -> None:
    runtime = with_signer(world.runtime, tmp_path)
    now = runtime.clock.now()
    editor = Actor(world.facts.people[EDITOR], "editor", frozenset({"candidate", "norm_editor"}), now)
    approver = Actor(APPROVER_ID, "approver", frozenset({"candidate", "norm_approver"}), now)
    before = what_was_issued(runtime)
    assert len(before["credential"]) == 1
    for act in (
        lambda: release_another_bank(runtime),
        lambda: publish_another_norm(runtime, editor, approver),
        lambda: adopt_another_calibration(runtime, world.facts.norm),
        lambda: create_app(runtime),
    ):
        act()
        run_jobs(runtime)
        for name in AT_NIGHT:
            worker.JOBS[name](runtime)
        run_jobs(runtime)
        assert what_was_issued(runtime) == before
