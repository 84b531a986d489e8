"""`decile db`: bring the database to this release, or say whether it is there."""

from __future__ import annotations

import click

from app.foundation import schema
from app.foundation.runtime import Runtime


@click.group("db")
def db() -> None:
    """The database's schema."""


@db.command("upgrade")
@click.pass_obj
def upgrade_command(runtime: Runtime) -> None:
    """Create or migrate every table, the job library's included.

    Example: decile db upgrade
    """
    schema.upgrade(runtime.database)
    click.echo("The database is at this release's schema.")


@db.command("check")
@click.pass_obj
def check_command(runtime: Runtime) -> None:
    """Compare the database with the models; exit 1 and name each difference.

    Example: decile db check
    """
    found = schema.differences(runtime.database)
    for difference in found:
        click.echo(str(difference))
    if found:
        raise click.exceptions.Exit(1)
    click.echo("Database and models agree.")
