"""`decile credential bundle`: an archive that verifies without us."""

from __future__ import annotations

from pathlib import Path

import click

from app.credentials import codes
from app.foundation.runtime import Runtime
from app.verification.bundle_credential import bundle_credential


@click.command("bundle")
@click.argument("code")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write; CODE.zip if left out."
)
@click.pass_obj
def bundle(runtime: Runtime, code: str, output: Path | None) -> None:
    """Write certificate, keys, status, log proof and a script that checks them, at most 200 kB, for when we are gone.

    Example: decile credential bundle 7Q4F-XK2M-9TBD-W3HN-5 -o certificate.zip
    """
    exact = codes.read_code(code)
    with runtime.reading() as session:
        base_url = runtime.settings.base_url
        content = bundle_credential(exact, base_url=base_url, session=session, at=runtime.clock.now())
    file = output or Path(f"{codes.grouped(exact)}.zip")
    file.write_bytes(content)
    click.echo(f"Wrote {file}, {len(content)} bytes. Unpack it and run `python verify.py` inside.")
