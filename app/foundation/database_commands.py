"""`decile db`: bring the database to this release, or say whether it is there."""

from __future__ import annotations

import click

from app.foundation import running, schema
from app.foundation.runtime import Runtime


@click.group("db")
def db() -> None:
    """The database's schema.

    Example: decile db upgrade
    """


@db.command("upgrade")
@click.pass_obj
def upgrade_command(runtime: Runtime) -> None:
    """Create or migrate every table, the job library's included.

    Example: decile db upgrade
    """
    schema.upgrade(runtime.database)
    click.echo("The database is at this release's schema.")


@db.command("revision")
def revision_command() -> None:
    """Print the revision of the schema that this release needs.

    Example: decile db revision
    """
    click.echo(schema.head())


@db.command("downgrade")
@click.option("--to", "revision", required=True, help="What the former release's `decile db revision` prints.")
@click.pass_obj
def downgrade_command(runtime: Runtime, revision: str) -> None:
    """Take the schema back to a former release, with web and worker stopped; what only the newer one kept is lost.

    Responses, results and credentials stay.

    Example: decile db downgrade --to 2026_11_28_awards_wait
    """
    with running.nothing_running(runtime.settings.data):
        schema.downgrade(runtime.database, revision)
    click.echo(f"The database is at the schema {revision}. Start the release that needs it.")


@db.command("compact")
@click.pass_obj
def compact_command(runtime: Runtime) -> None:
    """Rewrite SQLite's file, so that nothing deleted is left anywhere in it, with web and worker stopped.

    It needs room for the file once more. On PostgreSQL use its own `VACUUM FULL`.

    Example: decile db compact
    """
    if not runtime.database.is_sqlite:
        raise click.ClickException("The database is PostgreSQL, which is rewritten by its own VACUUM FULL.")
    with running.nothing_running(runtime.settings.data):
        runtime.database.compact()
    click.echo("The database's file was rewritten without what had been deleted.")


@db.command("check")
@click.pass_obj
def check_command(runtime: Runtime) -> None:
    """Compare the database with the models; exit 1 and name each difference.

    Example: decile db check
    """
    found = schema.differences(runtime.database)
    for difference in found:
        click.echo(schema.in_words(difference))
    if found:
        raise click.exceptions.Exit(1)
    click.echo("Database and models agree.")
