"""`decile manual`: build the technical manual, and read its release gate."""

from __future__ import annotations

from pathlib import Path

import click

from app.foundation.given_paths import GivenPath
from app.foundation.runtime import Runtime
from app.manual.build_manual import build_manual
from app.manual.release_gate import Limits, require_within

FOUNDERS = Limits()


@click.group()
def manual() -> None:
    """The technical manual of the norms in force.

    Example: decile manual build --to manual
    """


@manual.command("build")
@click.option(
    "--to",
    "directory",
    type=GivenPath(file_okay=False, path_type=Path),
    default="manual",
    show_default=True,
    help="Folder to write the files into.",
)
@click.pass_obj
def build_command(runtime: Runtime, directory: Path) -> None:
    """Write the manual as HTML, PDF and JSON, with the release manifest. The same database gives the same bytes.

    Example: decile manual build --to manual
    """
    with runtime.reading() as session:
        files = build_manual(session=session, clock=runtime.clock)
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
        click.echo(f"{directory / name}  {len(content)} bytes")


@manual.command("gate")
@click.argument("manifest", type=GivenPath(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--false-certify",
    type=click.FloatRange(0, 1),
    default=FOUNDERS.false_certify,
    show_default=True,
    help="Largest share of certificates that may be wrong.",
)
@click.option(
    "--false-miss",
    type=click.FloatRange(0, 1),
    default=FOUNDERS.false_miss,
    show_default=True,
    help="Largest share of the top tenth that may be missed.",
)
def gate_command(manifest: Path, false_certify: float, false_miss: float) -> None:
    """Fail unless the misclassification budget of a release manifest is kept, cell by cell.

    Example: decile manual gate manual/release_manifest.json
    """
    judged = require_within(manifest, Limits(false_certify, false_miss))
    click.echo(f"The release gate is open: {judged} cells are within their limits.")
