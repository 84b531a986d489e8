"""`decile person export` and `decile person erase`, for requests that come by letter. Check first who is asking."""

from __future__ import annotations

from pathlib import Path

import click

from app.accounts import queries as accounts
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.privacy.erase_person import erase_person
from app.privacy.export_person import export_person
from app.privacy.models import Certificates


@click.command("export")
@click.argument("email")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export_command(runtime: Runtime, email: str, file: Path) -> None:
    """Write a complete copy of somebody's data to FILE, a ZIP that only you may read.

    Example: decile person export ada@example.org ada.zip
    """
    with runtime.transaction() as session:
        found = accounts.person_by_email(email, session=session)
        packed = export_person(found.id, session=session, clock=runtime.clock, links=runtime.links, actor=operator())
    file.touch(mode=0o600)
    file.write_bytes(packed)
    click.echo(f"Wrote {file} ({len(packed)} bytes): data.json and data.html.")


@click.command("erase")
@click.argument("email")
@click.option(
    "--certificates",
    required=True,
    type=click.Choice([choice.value for choice in Certificates]),
    help="revoke: they end now. keep: a bare register line stays to their end.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def erase_command(runtime: Runtime, email: str, certificates: str, *, yes: bool) -> None:
    """Erase a person for good. The days of their sittings stay under a keyed hash while limits count them.

    Example: decile person erase ada@example.org --certificates revoke
    """
    if not yes:
        click.confirm(f"Erase everything kept of {email}, for good?", abort=True)
    with runtime.transaction() as session:
        found = accounts.person_by_email(email, session=session)
        erase_person(
            found.id,
            Certificates(certificates),
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            links=runtime.links,
            jobs=runtime.jobs,
            mailer=runtime.mailer,
            actor=operator(),
        )
    click.echo("Erased. The audit record says when, and names nobody.")
