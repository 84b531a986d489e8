"""`decile sitting …`: thin commands over the use cases of assessment."""

from __future__ import annotations

import json
from dataclasses import asdict
from uuid import UUID

import click

from app.assessment.replay_sitting import replay_sitting
from app.foundation.runtime import Runtime


@click.group("sitting")
def sitting() -> None:
    """Sittings: recompute one from its seed and pins.

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
