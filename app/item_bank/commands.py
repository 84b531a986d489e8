"""`decile bank`: check the files of a bank, and release a version of it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.item_bank.bank_files import check_bank, skills_file_of
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills

BANK_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group("bank")
def bank() -> None:
    """Content files and immutable bank releases."""


@bank.command("check")
@click.argument("path", type=BANK_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def check_command(path: Path, *, as_json: bool) -> None:
    """Check a bank's files; exit 1 and show each problem with file, line, field and remedy.

    Example: decile bank check item_banks/collaboration/v1
    """
    problems = check_bank(path)
    if as_json:
        shown = {"path": str(path), "ok": not problems, "problems": [problem.as_dict() for problem in problems]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    elif problems:
        click.echo("\n".join(str(problem) for problem in problems))
        click.echo(f"{len(problems)} problem(s) in {path}.")
    else:
        click.echo(f"{path} may be released.")
    if problems:
        raise click.exceptions.Exit(1)


@bank.command("release")
@click.argument("path", type=BANK_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a line.")
@click.pass_obj
def release_command(runtime: Runtime, path: Path, *, as_json: bool) -> None:
    """Release a bank version, once; the same content again changes nothing.

    Example: decile bank release item_banks/collaboration/v1
    """
    with runtime.transaction() as session:
        release_skills(skills_file_of(path), session=session)
        release = release_bank(path, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
    if as_json:
        shown = {"id": str(release.id), "label": release.label, "sha256": release.sha256}
        click.echo(json.dumps(shown, indent=2))
        return
    mark = ", provisional key" if release.provisional_key else ""
    click.echo(f"Released {release.label} ({release.sha256[:12]}{mark}).")
