"""What several commands about norms ask for in the same words, and how they show that they work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from sqlalchemy.orm import Session

from app.foundation.runtime import Runtime
from app.item_bank import queries as item_bank
from app.norming import queries
from app.norming.queries import NormView

T = TypeVar("T")
AS_PERSON = click.option("--as", "email", required=True, help="Address of the person who does this.")


def _asked_for(ctx: click.Context, _param: click.Parameter, given: str | None) -> str | None:
    """The code; asked for at a terminal, where it is not seen. A script that forgot it would wait for nobody."""
    if given is not None or ctx.resilient_parsing:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError("--code is needed: the present code of their authenticator app.")
    answer: str = click.prompt("Code", hide_input=True)
    return answer


CODE = click.option(
    "--code", callback=_asked_for, help="Present code of their authenticator app; asked for if left out."
)
NORM_ID = click.argument("norm_id", type=click.UUID)
SHA256 = click.option("--sha256", help="Fingerprint you looked at: another version is refused.")


def norm_of(runtime: Runtime, norm_id: UUID) -> NormView:
    """The norm version of this id."""
    with runtime.reading() as session:
        return queries.norm(norm_id, session=session)


def require_known(skill: str | None, *, session: Session) -> None:
    """A name that is mistyped must not look like a skill without anything.

    Raises
    ------
    SkillNotFound
    """
    if skill is not None:
        item_bank.skill(skill, session=session)


def shown_working(text: str, work: Callable[[], T]) -> T:
    """Run `work` under a moving sign on a terminal; anywhere else there is nothing to see."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        progress.add_task(text, total=None)
        return work()
