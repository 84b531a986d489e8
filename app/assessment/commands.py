"""`decile sitting …`: thin commands over the use cases of assessment."""

from __future__ import annotations

import json
from dataclasses import asdict
from uuid import UUID

import click

from app.assessment.course import locked_sitting
from app.assessment.errors import SittingNotFound, SittingUnknown
from app.assessment.models import State
from app.assessment.replay_sitting import replay_sitting
from app.assessment.void_sitting import void_sitting
from app.foundation.access import operator
from app.foundation.runtime import Runtime


def _some_words(_ctx: click.Context, _parameter: click.Parameter, words: str) -> str:
    if not words.strip():
        raise click.BadParameter("say in a few words what broke.")
    return words.strip()


@click.group("sitting")
def sitting() -> None:
    """Sittings: recompute one from its seed and pins, or void one that a fault of ours broke.

    Example: decile sitting replay 3f0c6c0e-6f0e-4c6b-9a57-0d7a3c1f1a10
    """


@sitting.command("replay")
@click.argument("sitting_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print the replay as JSON.")
@click.pass_context
def replay(ctx: click.Context, sitting_id: UUID, *, as_json: bool) -> None:
    """Recompute every choice, number and decision of a sitting; exit code 1 if anything differs.

    Example: decile sitting replay 3f0c6c0e-6f0e-4c6b-9a57-0d7a3c1f1a10
    """
    runtime: Runtime = ctx.obj
    with runtime.reading() as session:
        found = replay_sitting(sitting_id, session=session)
    if as_json:
        click.echo(json.dumps({**asdict(found), "matches": found.matches}, default=str, indent=2))
    else:
        click.echo(f"sitting {found.sitting_id}: {found.state} ({found.stop_reason}), {found.positions} positions")
        click.echo(f"P(composite >= cut) {found.probability_above}, median {found.median}")
        click.echo("everything comes out again" if found.matches else "\n".join(found.differences))
    ctx.exit(0 if found.matches else 1)


@sitting.command("void")
@click.argument("sitting_id", type=click.UUID)
@click.option("--cause", required=True, callback=_some_words, help="What broke, for the record; name nobody.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def void_command(runtime: Runtime, sitting_id: UUID, cause: str, *, yes: bool) -> None:
    """End an open sitting that a fault of ours broke: it counts for nothing, and no wait follows.

    Its page says that the fault was ours. A sitting that has ended stays as it ended; where its result is doubted, that
    is a case for a person.

    Example: decile sitting void 3f0c6c0e-6f0e-4c6b-9a57-0d7a3c1f1a10 --cause "no answer was saved for an hour"
    """
    if not yes:
        click.confirm(f"Void the sitting {sitting_id}, for good?", abort=True)
    with runtime.transaction() as session:
        try:
            was_void = locked_sitting(sitting_id, session=session).state == State.VOID
        except SittingNotFound:
            raise SittingUnknown(sitting_id) from None  # an operator has no sittings of their own to open
        void_sitting(sitting_id, cause=cause, session=session, clock=runtime.clock, actor=operator())
    if was_void:
        click.echo(f"The sitting {sitting_id} was void already. Nothing was changed.")
    else:
        click.echo(f"Voided {sitting_id}. It counts for nothing, and its person may begin again at once.")
