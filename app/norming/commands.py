"""`decile norm`: from a draft to a norm in force and back, on the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import click

from app.foundation.access import Actor, operator
from app.foundation.runtime import Runtime
from app.norming import phases, queries
from app.norming.approve_norm import approve_norm
from app.norming.ask_for_rollback import ask_for_rollback
from app.norming.norm_options import AS_PERSON, CODE, NORM_ID, SHA256, norm_of, require_known, shown_working
from app.norming.proven_person import prove
from app.norming.publish_norm import publish_norm
from app.norming.recalibration_commands import (
    cancel_command,
    follow_command,
    recalibrate_command,
    recalibrations_command,
)
from app.norming.roll_back_norm import roll_back_norm
from app.norming.rules import RollbackReason
from app.norming.schedule_norm import schedule_norm
from app.norming.shown import norm_as_json, norm_as_lines
from app.norming.stop_norm import stop_norm


@click.group()
def norm() -> None:
    """Norm versions: draft, preview, approve by a second person, schedule, publish.

    Example: decile norm list
    """


for also in (recalibrate_command, recalibrations_command, follow_command, cancel_command):
    norm.add_command(also)


@norm.command("draft")
@click.argument("skill")
@AS_PERSON
@CODE
@click.pass_obj
def draft_command(runtime: Runtime, skill: str, email: str, code: str) -> None:
    """Compute a norm version from the latest calibrated sample; the cut is derived, never given.

    Example: decile norm draft extraversion --as ada@example.org --code 123456
    """
    actor = prove(email, code, runtime)
    norm_id = shown_working(
        f"Drafting a norm of {skill}",
        lambda: phases.draft(
            skill, database=runtime.database, clock=runtime.clock, entropy=runtime.entropy, actor=actor
        ),
    )
    click.echo(norm_as_lines(norm_of(runtime, norm_id)))
    click.echo(f"Next: decile norm preview {norm_id}")


@norm.command("preview")
@NORM_ID
@click.option("--json", "as_json", is_flag=True, help="One JSON object with everything the preview found.")
@click.pass_obj
def preview_command(runtime: Runtime, norm_id: UUID, *, as_json: bool) -> None:
    """Show what would change if the draft were published.

    Example: decile norm preview 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    shown_working(
        "Comparing with the norm in force",
        lambda: phases.preview(norm_id, database=runtime.database, clock=runtime.clock, actor=operator()),
    )
    found = norm_of(runtime, norm_id)
    if as_json:
        click.echo(json.dumps(norm_as_json(found), ensure_ascii=False, indent=2))
        return
    click.echo(norm_as_lines(found))
    click.echo(f"Next, by another person than the drafter: decile norm approve {norm_id} --as EMAIL --code CODE")


@norm.command("approve")
@NORM_ID
@AS_PERSON
@CODE
@SHA256
@click.pass_obj
def approve_command(runtime: Runtime, norm_id: UUID, email: str, code: str, sha256: str | None) -> None:
    """Approve a previewed norm, as another person than the one who drafted it.

    Example: decile norm approve 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11 --as bo@example.org --code 123456
    """
    actor = prove(email, code, runtime)
    seen = sha256 or norm_of(runtime, norm_id).sha256
    with runtime.transaction() as session:
        approved = approve_norm(norm_id, seen_sha256=seen, session=session, clock=runtime.clock, actor=actor)
    click.echo(f"Approved norm {approved.label}.\nNext: decile norm schedule {norm_id}")


@norm.command("schedule")
@NORM_ID
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M"]), help="UTC; default: as soon as the delay allows.")
@click.pass_obj
def schedule_command(runtime: Runtime, norm_id: UUID, at: datetime | None) -> None:
    """Set the hour from which new sittings use an approved norm.

    Example: decile norm schedule 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11 --at 2026-12-01T08:00
    """
    wanted = at.replace(tzinfo=UTC) if at else None
    with runtime.transaction() as session:
        scheduled = schedule_norm(
            norm_id, session=session, clock=runtime.clock, actor=operator(), takes_effect_at=wanted
        )
    click.echo(f"Norm {scheduled.label} takes effect at {scheduled.takes_effect_at:%Y-%m-%d %H:%M} UTC.")


@norm.command("stop")
@NORM_ID
@click.option("--reason", required=True, help="Why, in a few words; the norm's card shows it.")
@AS_PERSON
@CODE
@click.pass_obj
def stop_command(runtime: Runtime, norm_id: UUID, reason: str, email: str, code: str) -> None:
    """Stop an approved or scheduled norm; one editor or approver is enough. It must then be approved anew.

    Example: decile norm stop 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11 --reason "wrong window" --as ada@example.org
    """
    actor = prove(email, code, runtime)
    with runtime.transaction() as session:
        stopped = stop_norm(norm_id, reason, session=session, clock=runtime.clock, actor=actor)
    click.echo(f"Stopped norm {stopped.label}. Nothing takes effect until it is approved anew.")
    click.echo(f"Next, by another person than the drafter: decile norm approve {norm_id} --as EMAIL --code CODE")


@norm.command("publish")
@NORM_ID
@click.pass_obj
def publish_command(runtime: Runtime, norm_id: UUID) -> None:
    """Publish a scheduled norm whose hour has come; the worker does so by itself.

    Example: decile norm publish 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    with runtime.transaction() as session:
        published = publish_norm(norm_id, session=session, clock=runtime.clock, actor=operator())
    click.echo(f"Published norm {published.label}.")


@norm.command("rollback")
@NORM_ID
@AS_PERSON
@CODE
@click.option("--reason", type=click.Choice([str(reason) for reason in RollbackReason]), help="Why; the first asks so.")
@SHA256
@click.pass_obj
def rollback_command(
    runtime: Runtime, norm_id: UUID, email: str, code: str, *, reason: str | None, sha256: str | None
) -> None:
    """Put the norm before this one in force again: one person asks, with --reason; another confirms, without it.

    Example: decile norm rollback 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11 --as ada@example.org --reason leaked-items
    """
    actor = prove(email, code, runtime)
    if reason is not None:
        _ask_for_rollback(runtime, norm_id, RollbackReason(reason), actor)
        return
    with runtime.reading() as session:
        asked = queries.rollback_of(norm_id, session=session, at=runtime.clock.now())
    seen = sha256 or (asked.former_sha256 if asked else "")
    with runtime.transaction() as session:
        restored = roll_back_norm(norm_id, seen_sha256=seen, session=session, clock=runtime.clock, actor=actor)
    click.echo(f"Norm {restored.label} is in force again, sha256 {restored.sha256}.")


def _ask_for_rollback(runtime: Runtime, norm_id: UUID, reason: RollbackReason, actor: Actor) -> None:
    with runtime.transaction() as session:
        ask_for_rollback(norm_id, reason, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=actor)
        former = queries.former(norm_id, session=session)
    shown = f" to {former.label}, sha256 {former.sha256}" if former else ""
    click.echo(f"Asked for a rollback{shown}. Nothing has changed yet.")
    click.echo(f"Next, by another person: decile norm rollback {norm_id} --as EMAIL --code CODE")


@norm.command("list")
@click.option("--skill", help="Only norms of this skill.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def list_command(runtime: Runtime, skill: str | None, *, as_json: bool) -> None:
    """Every norm version, the latest first.

    Example: decile norm list --json
    """
    with runtime.reading() as session:
        require_known(skill, session=session)
        found = queries.norms(session=session, skill=skill)
    if as_json:
        click.echo(json.dumps([norm_as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(f"{one.id}  {one.label:14} {one.state:11} {one.skill}  N = {one.n}  cut {one.cut:.3f}")
    click.echo(f"{len(found)} norm versions")


@norm.command("show")
@NORM_ID
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def show_command(runtime: Runtime, norm_id: UUID, *, as_json: bool) -> None:
    """One norm version with its gates and preview.

    Example: decile norm show 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    found = norm_of(runtime, norm_id)
    click.echo(json.dumps(norm_as_json(found), ensure_ascii=False, indent=2) if as_json else norm_as_lines(found))
