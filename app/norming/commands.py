"""`decile responses`, `decile calibrate`, `decile norm`: from a sample to a published norm, on the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.runtime import Runtime
from app.norming import phases, queries, recalibrations
from app.norming.approve_norm import approve_norm
from app.norming.ask_for_rollback import ask_for_rollback
from app.norming.cancel_recalibration import cancel_recalibration
from app.norming.cluster import placing_on
from app.norming.draw_founding_sample import draw_founding_sample
from app.norming.errors import MappingInvalid
from app.norming.import_responses import import_responses
from app.norming.mapping import SampleMapping, read_mapping
from app.norming.policy import NormPolicy
from app.norming.proven_person import prove
from app.norming.publish_norm import publish_norm
from app.norming.queries import NormView
from app.norming.recalibration import Phase
from app.norming.recalibration import Progress as Ended
from app.norming.roll_back_norm import roll_back_norm
from app.norming.rules import RollbackReason
from app.norming.sample_file import SampleFile, read_sample
from app.norming.schedule_norm import schedule_norm
from app.norming.sent_choice import LANGUAGES, choice_said
from app.norming.shown import norm_as_json, norm_as_lines, recalibration_as_json, recalibration_as_line
from app.norming.start_recalibration import start_recalibration

T = TypeVar("T")
FILE = click.Path(dir_okay=False, path_type=Path)
MAPPING_SUFFIX = ".mapping.yaml"
LOOK_EVERY_SECONDS = 0.3


def _shown_working(text: str, work: Callable[[], T]) -> T:
    """Run `work` under a moving sign on a terminal; anywhere else there is nothing to see."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(text, total=None)
        return work()


@click.group()
def responses() -> None:
    """Samples of responses that were collected elsewhere.

    Example: decile responses import extraversion.csv --skill extraversion --population "Adults online, 2012"
    """


@responses.command("import")
@click.argument("file", type=FILE)
@click.option("--skill", required=True, help="Slug of the skill the responses belong to.")
@click.option("--population", required=True, help="Who these people are, in one line: it is printed with every rank.")
@click.option("--mapping", "mapping_path", type=FILE, help="What the columns mean; default: FILE with .mapping.yaml.")
@click.option("--dry-run", is_flag=True, help="Check everything, import nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def import_command(
    runtime: Runtime,
    file: Path,
    skill: str,
    population: str,
    mapping_path: Path | None,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import a legacy sample: all of it, or nothing and one report of every problem.

    Example: decile responses import big5.csv.gz --skill extraversion --population "Adults, online" --mapping e.yaml
    """
    mapping = _mapping(runtime, mapping_path or _beside(file))
    sample = _shown_working(f"Reading {file.name}", lambda: read_sample(file, mapping))
    shown = _shown_sample(sample) | {"dry_run": dry_run}
    if not dry_run:
        with runtime.transaction() as session:
            stored = import_responses(
                sample,
                mapping,
                skill=skill,
                population=population,
                file_name=file.name,
                session=session,
                clock=runtime.clock,
                entropy=runtime.entropy,
                actor=operator(),
            )
        shown["sample_id"] = str(stored.id)
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    aside = "".join(f"\n  set aside, {reason}: {count}" for reason, count in sample.set_aside.items())
    click.echo(f"{'Would import' if dry_run else 'Imported'} {len(sample.codes)} of {sample.rows_read} rows.{aside}")
    if not dry_run:
        click.echo(f"Next: decile calibrate {skill}")


@responses.command("founding")
@click.option("--skill", required=True, help="Slug of the skill.")
@click.option("--language", type=click.Choice(["en", "fr"]), required=True, help="Language of the sittings.")
@click.pass_obj
def founding_command(runtime: Runtime, skill: str, language: str) -> None:
    """Make the sample of a first norm out of founding sittings, once every item has enough responses.

    Example: decile responses founding --skill adaptability --language en
    """
    with runtime.transaction() as session:
        stored = draw_founding_sample(
            skill, language, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator()
        )
        n = stored.n
    click.echo(f"Stored {n} founding sittings as a sample.\nNext: decile calibrate {skill}")


def _beside(file: Path) -> Path:
    return file.with_name(file.name.partition(".")[0] + MAPPING_SUFFIX)


def _mapping(runtime: Runtime, path: Path) -> SampleMapping:
    if not path.is_file():
        raise MappingInvalid([f"there is no file {path}; name one with --mapping"])
    with runtime.reading() as session:
        policy = policies.current(NormPolicy, session=session, at=runtime.clock.now())
    return read_mapping(path, youngest_adult_years=policy.youngest_adult_years)


def _shown_sample(sample: SampleFile) -> dict[str, object]:
    return {
        "imported": len(sample.codes),
        "rows": sample.rows_read,
        "set_aside": sample.set_aside,
        "sha256": sample.sha256,
    }


@click.command()
@click.argument("skill")
@click.pass_obj
def calibrate(runtime: Runtime, skill: str) -> None:
    """Estimate the item parameters from the latest sample of a skill.

    Example: decile calibrate extraversion
    """
    with placing_on(runtime.settings.dask_scheduler) as placing:
        run_id = _shown_working(
            f"Calibrating {skill}",
            lambda: phases.calibrate(
                skill,
                database=runtime.database,
                clock=runtime.clock,
                entropy=runtime.entropy,
                actor=operator(),
                placing=placing,
            ),
        )
    with runtime.reading() as session:
        run = queries.run(run_id, session=session)
    click.echo(f"Calibrated {skill} on {run.n} people.{run.summary}")
    click.echo(f"Next: decile norm draft {skill} --as EMAIL --code CODE")


@click.group()
def norm() -> None:
    """Norm versions: draft, preview, approve by a second person, schedule, publish.

    Example: decile norm list
    """


AS_PERSON = click.option("--as", "email", required=True, help="Address of the person who does this.")
CODE = click.option("--code", prompt=True, hide_input=True, help="Present code of their authenticator app.")
NORM_ID = click.argument("norm_id", type=click.UUID)
SHA256 = click.option("--sha256", help="Fingerprint you looked at: another version is refused.")


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
    norm_id = _shown_working(
        f"Drafting a norm of {skill}",
        lambda: phases.draft(
            skill, database=runtime.database, clock=runtime.clock, entropy=runtime.entropy, actor=actor
        ),
    )
    click.echo(norm_as_lines(_norm(runtime, norm_id)))
    click.echo(f"Next: decile norm preview {norm_id}")


@norm.command("recalibrate")
@click.argument("skill")
@AS_PERSON
@CODE
@click.option("--sittings", type=click.Choice(LANGUAGES), help="Draw first sittings in this language.")
@click.option("--sample", "sample_id", type=click.UUID, help="A stored sample; default: the latest.")
@click.option("--since", help="First day of sittings, as 2026-01-31; default: the window of the policy.")
@click.option("--until", help="Last day of sittings.")
@click.option("--only", multiple=True, help="Blocks to take alone, as day=2026-06-01; several are alternatives.")
@click.option("--without", multiple=True, help="Blocks to leave out, likewise.")
@click.option("--detach", is_flag=True, help="Do not wait; the worker goes on by itself either way.")
@click.pass_obj
def recalibrate_command(
    runtime: Runtime, /, skill: str, email: str, code: str, *, detach: bool, sample_id: UUID | None, **chosen: Any
) -> None:
    """Take a norm from chosen data to a preview: one job of the worker, followed here while it lasts.

    Example: decile norm recalibrate extraversion --without day=2026-06-01 --as ada@example.org --code 123456
    """
    actor = prove(email, code, runtime)
    with runtime.transaction() as session:
        stored = sample_id or recalibrations.latest_sample_id(skill, session=session)
        choice = choice_said(stored, **chosen)
        recalibration_id = start_recalibration(
            skill,
            choice,
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            jobs=runtime.jobs,
            actor=actor,
        )
    click.echo(f"Recalibration {recalibration_id} waits for the worker.")
    if not detach:
        _follow(runtime, recalibration_id)


@norm.command("recalibrations")
@click.option("--skill", help="Only of this skill.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def recalibrations_command(runtime: Runtime, skill: str | None, *, as_json: bool) -> None:
    """Recalibrations of late, how far each is, and what its phases found.

    Example: decile norm recalibrations --json
    """
    with runtime.reading() as session:
        found = recalibrations.latest(session=session, skill=skill)
    if as_json:
        click.echo(json.dumps([recalibration_as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(recalibration_as_line(one))


@norm.command("follow")
@click.argument("recalibration_id", type=click.UUID)
@click.pass_obj
def follow_command(runtime: Runtime, recalibration_id: UUID) -> None:
    """Watch a recalibration until it is over.

    Example: decile norm follow 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    _follow(runtime, recalibration_id)


@norm.command("cancel")
@click.argument("recalibration_id", type=click.UUID)
@click.pass_obj
def cancel_command(runtime: Runtime, recalibration_id: UUID) -> None:
    """Stop a recalibration; the norm in force stays as it is.

    Example: decile norm cancel 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    with runtime.transaction() as session:
        cancel_recalibration(recalibration_id, session=session, clock=runtime.clock, actor=operator())
    click.echo(f"Recalibration {recalibration_id} is cancelled.")


def _follow(runtime: Runtime, recalibration_id: UUID) -> None:
    """Say each phase as it ends; a bar on a terminal. Interrupted, it goes on in the worker."""
    console, said = Console(stderr=True), 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Waiting for the worker", total=len(Phase))
        while True:
            with runtime.reading() as session:
                found = recalibrations.recalibration(recalibration_id, session=session)
            for step in found.steps[said:]:
                if step.seconds is not None:
                    click.echo(f"  {step.phase}: done in {step.seconds:.1f} s")
                    said += 1
            progress.update(task, completed=found.done, total=len(found.phases), description=str(found.phase))
            if not found.is_open:
                break
            time.sleep(LOOK_EVERY_SECONDS)
    if found.progress is not Ended.DONE:
        raise click.ClickException(found.reason_text or f"The recalibration is {found.progress}.")
    click.echo(norm_as_lines(_norm(runtime, found.norm)))
    click.echo(f"Next, by another person than the drafter: decile norm approve {found.norm} --as EMAIL --code CODE")


@norm.command("preview")
@NORM_ID
@click.option("--json", "as_json", is_flag=True, help="One JSON object with everything the preview found.")
@click.pass_obj
def preview_command(runtime: Runtime, norm_id: UUID, *, as_json: bool) -> None:
    """Show what would change if the draft were published.

    Example: decile norm preview 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    _shown_working(
        "Comparing with the norm in force",
        lambda: phases.preview(norm_id, database=runtime.database, clock=runtime.clock, actor=operator()),
    )
    found = _norm(runtime, norm_id)
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
    seen = sha256 or _norm(runtime, norm_id).sha256
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
        found = queries.norms(session=session, skill=skill)
    if as_json:
        click.echo(json.dumps([norm_as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(f"{one.id}  {one.label:14} {one.state:11} {one.skill}  N = {one.n}  cut {one.cut:.3f}")


@norm.command("show")
@NORM_ID
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
@click.pass_obj
def show_command(runtime: Runtime, norm_id: UUID, *, as_json: bool) -> None:
    """One norm version with its gates and preview.

    Example: decile norm show 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    found = _norm(runtime, norm_id)
    click.echo(json.dumps(norm_as_json(found), ensure_ascii=False, indent=2) if as_json else norm_as_lines(found))


def _norm(runtime: Runtime, norm_id: UUID) -> NormView:
    with runtime.reading() as session:
        return queries.norm(norm_id, session=session)
