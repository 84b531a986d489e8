"""`decile norm recalibrate` and what follows it: one job from parameters to a preview, on the command line."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress

from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.norming import recalibrations
from app.norming.cancel_recalibration import cancel_recalibration
from app.norming.norm_options import AS_PERSON, CODE, norm_of, require_known
from app.norming.proven_person import prove
from app.norming.recalibration import Phase, Source
from app.norming.recalibration import Progress as Ended
from app.norming.sent_choice import LANGUAGES, choice_said
from app.norming.shown import norm_as_lines, recalibration_as_json, recalibration_as_line
from app.norming.start_recalibration import start_recalibration

LOOK_EVERY_SECONDS = 0.3


@click.command("recalibrate")
@click.argument("skill")
@AS_PERSON
@CODE
@click.option("--sittings", type=click.Choice(LANGUAGES), help="Draw first sittings in this language.")
@click.option("--sample", "sample_id", type=click.UUID, help="A stored sample; default: the latest.")
@click.option("--since", help="With --sittings: first day, as 2026-01-31; default: the window of the policy.")
@click.option("--until", help="With --sittings: last day.")
@click.option(
    "--only", multiple=True, help="Of a sample: days, campaigns, networks, countries to take alone, as day=2026-06-01."
)
@click.option("--without", multiple=True, help="Of a sample: blocks to leave out, likewise.")
@click.option("--detach", is_flag=True, help="Do not wait; the worker goes on by itself either way.")
@click.pass_obj
def recalibrate_command(
    runtime: Runtime, /, skill: str, email: str, code: str, *, detach: bool, sample_id: UUID | None, **chosen: Any
) -> None:
    """Take a norm from chosen data to a preview: one job of the worker, followed here while it lasts.

    Example: decile norm recalibrate extraversion --without day=2026-06-01 --as ada@example.org --code 123456
    """
    choice = choice_said(sample_id, **chosen)  # first: a code counts once
    actor = prove(email, code, runtime)
    with runtime.transaction() as session:
        if choice.source is Source.SAMPLE and sample_id is None:
            choice = replace(choice, sample_id=recalibrations.latest_sample_id(skill, session=session))
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


@click.command("recalibrations")
@click.option("--skill", help="Only of this skill.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
@click.pass_obj
def recalibrations_command(runtime: Runtime, skill: str | None, *, as_json: bool) -> None:
    """Recalibrations of late, how far each is, and what its phases found.

    Example: decile norm recalibrations --json
    """
    with runtime.reading() as session:
        require_known(skill, session=session)
        found = recalibrations.latest(session=session, skill=skill)
    if as_json:
        click.echo(json.dumps([recalibration_as_json(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(recalibration_as_line(one))
    click.echo(f"{len(found)} recalibrations")


@click.command("follow")
@click.argument("recalibration_id", type=click.UUID)
@click.pass_obj
def follow_command(runtime: Runtime, recalibration_id: UUID) -> None:
    """Watch a recalibration until it is over.

    Example: decile norm follow 3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11
    """
    _follow(runtime, recalibration_id)


@click.command("cancel")
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
    click.echo(norm_as_lines(norm_of(runtime, found.norm)))
    click.echo(f"Next, by another person than the drafter: decile norm approve {found.norm} --as EMAIL --code CODE")
