"""`decile log`: whether the public log fits together."""

from __future__ import annotations

import click

from app.foundation.runtime import Runtime
from app.transparency import queries


@click.group("log")
def log() -> None:
    """The public log of what was issued, revoked and published.

    Example: decile log verify
    """


@log.command("verify")
@click.pass_obj
def verify_command(runtime: Runtime) -> None:
    """Recompute every hash, tree and signature of the log; name the first that does not fit.

    The audit record is recomputed too, against the hashes of it that the log holds.

    Example: decile log verify
    """
    with runtime.reading() as session:
        found = queries.verify(session=session)
        sealed = queries.verify_audit(session=session)
    click.echo(f"The log holds together: {found.size} entries, signed by {found.verifier_key}")
    click.echo(f"The audit record is what was sealed, up to its entry {sealed.sequence}.")
