"""`decile credential bundle` and `export`: what verifies without us."""

from __future__ import annotations

from pathlib import Path

import click

from app.credentials import codes
from app.foundation.given_paths import GivenPath
from app.foundation.runtime import Runtime
from app.foundation.whole_files import PUBLIC, write_whole
from app.verification.bundle_credential import bundle_credential
from app.verification.export_register import export_register


@click.command("bundle")
@click.argument("code")
@click.option(
    "--output", "-o", type=GivenPath(dir_okay=False, path_type=Path), help="New file to write; CODE.zip if left out."
)
@click.pass_obj
def bundle(runtime: Runtime, code: str, output: Path | None) -> None:
    """Write certificate, keys, status, log proof and a script that checks them, at most 200 kB, for when we are gone.

    Example: decile credential bundle 7Q4F-XK2M-9TBD-W3HN-T -o certificate.zip
    """
    exact = codes.read_code(code)
    with runtime.reading() as session:
        base_url = runtime.settings.base_url
        content = bundle_credential(exact, base_url=base_url, session=session, at=runtime.clock.now())
    file = output or Path(f"{codes.grouped(exact)}.zip")
    write_whole(file, content, replacing=False, mode=PUBLIC)
    click.echo(f"Wrote {file}, {len(content)} bytes. Unpack it and run `python verify.py` inside.")


@click.command("export")
@click.argument("folder", type=GivenPath(file_okay=False, path_type=Path))
@click.pass_obj
def export(runtime: Runtime, folder: Path) -> None:
    """Write the register into FOLDER as files of the same addresses, for the day on which the issuer closes.

    Example: decile credential export /srv/decile-closed
    """
    with runtime.reading() as session:
        base_url = runtime.settings.base_url
        done = export_register(folder, base_url=base_url, session=session, at=runtime.clock.now())
    click.echo(
        f"Wrote {done.certificates} certificates, their keys and status lists, and {done.log_entries} entries "
        f"of the log to {folder}."
    )
    if done.without_bundle:
        click.echo(
            f"{len(done.without_bundle)} have no bundle, since their JWT, list or log entry is not signed: "
            + ", ".join(codes.grouped(code) for code in done.without_bundle)
        )
