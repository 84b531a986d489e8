"""`decile bank`: check, compare, export and import the files of a bank, and release a version of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import click

from app.accounts import queries as accounts
from app.foundation.access import operator
from app.foundation.given_paths import GivenPath
from app.foundation.runtime import Runtime
from app.foundation.shipped import ITEM_BANKS
from app.item_bank.bank_differences import differences
from app.item_bank.bank_files import check_bank, other_banks, read_bank, skills_file_of
from app.item_bank.bank_summary import BankSummary, summary_of
from app.item_bank.errors import BankInvalid
from app.item_bank.export_bank import FORMS, export_bank, export_qti
from app.item_bank.import_bank import import_bank
from app.item_bank.problems import Problem, errors_of
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills
from app.item_bank.shown import lines_of

QTI = "qti"
BANK_FOLDER = GivenPath(exists=True, file_okay=False, path_type=Path)


@click.group("bank")
def bank() -> None:
    """Content files and immutable bank releases.

    Example: decile bank check item_banks/collaboration/v1
    """


@bank.command("where")
def where_command() -> None:
    """Print the folder of the banks that came with this program.

    Example: decile bank release "$(decile bank where)/collaboration/v3"
    """
    click.echo(str(ITEM_BANKS))


@bank.command("check")
@click.argument("paths", type=BANK_FOLDER, nargs=-1, required=True, metavar="PATH...")
@click.option("--summary", is_flag=True, help="Also counts, reading grades, likeness and minutes of each bank.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def check_command(paths: tuple[Path, ...], *, summary: bool, as_json: bool) -> None:
    """Check banks' files: show each problem with file, line, field and remedy; exit 1 if one must be corrected.

    Warnings are matters of degree, for a person to weigh: they leave the exit code at 0.

    Example: decile bank check --summary item_banks/collaboration/v1
    """
    problems = {path: check_bank(path) for path in paths}
    errors = errors_of(problem for found in problems.values() for problem in found)
    readable = [path for path in paths if summary and not errors_of(problems[path])]
    figures = [summary_of(read_bank(path), other_banks(path)) for path in readable]
    if as_json:
        click.echo(json.dumps(_as_json(problems, figures), ensure_ascii=False, indent=2))
    else:
        for path, found in problems.items():
            click.echo("\n".join([*(str(problem) for problem in found), _verdict(path, found)]))
        for one in figures:
            click.echo("\n" + "\n".join(lines_of(one)))
    if errors:
        raise click.exceptions.Exit(1)


def _verdict(path: Path, problems: list[Problem]) -> str:
    errors = len(errors_of(problems))
    warnings = f" {len(problems) - errors} warning(s)." if len(problems) > errors else ""
    return (f"{errors} problem(s) in {path}." if errors else f"{path} may be released.") + warnings


def _as_json(problems: dict[Path, list[Problem]], figures: list[BankSummary]) -> dict[str, Any]:
    found = list(dict.fromkeys(problem for each in problems.values() for problem in each))
    told: dict[str, Any] = {
        "paths": [str(path) for path in problems],
        "ok": not errors_of(found),
        "problems": [problem.as_dict() for problem in found],
    }
    return {**told, "summaries": [one.as_dict() for one in figures]} if figures else told


@bank.command("release")
@click.argument("path", type=BANK_FOLDER)
@click.option(
    "--as-drafts", is_flag=True, help="New and reworded items wait for their reviews before anybody is asked."
)
@click.option("--author", "authors", multiple=True, help="Address of somebody with an account who wrote the new items.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of a line.")
@click.pass_obj
def release_command(runtime: Runtime, path: Path, *, as_drafts: bool, authors: tuple[str, ...], as_json: bool) -> None:
    """Check a bank version, beside the other skills' banks too, and release it, once.

    The same content again changes nothing. Items whose words stood in an earlier version keep their state.

    Example: decile bank release item_banks/collaboration/v1
    """
    errors = errors_of(check_bank(path))
    if errors:
        raise BankInvalid(path, errors)
    with runtime.transaction() as session:
        release_skills(skills_file_of(path), session=session)
        release = release_bank(
            path,
            as_drafts=as_drafts,
            authors=[accounts.person_by_email(email, session=session).id for email in authors],
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            actor=operator(),
        )
    if as_json:
        shown = {"id": str(release.id), "label": release.label, "sha256": release.sha256}
        click.echo(json.dumps(shown, indent=2))
        return
    mark = ", provisional key" if release.provisional_key else ""
    click.echo(f"Released {release.label} ({release.sha256[:12]}{mark}).")


@bank.command("diff")
@click.argument("before", type=BANK_FOLDER)
@click.argument("after", type=BANK_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def diff_command(before: Path, after: Path, *, as_json: bool) -> None:
    """Show what changed from one bank version to another, item by item.

    Example: decile bank diff item_banks/collaboration/v1 item_banks/collaboration/v2
    """
    found = differences(read_bank(before), read_bank(after))
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(str(one))
    items = {one.item: one.what for one in found}
    counts = ", ".join(f"{list(items.values()).count(what)} {what}" for what in ("added", "removed", "changed"))
    click.echo(f"{counts}." if found else "They say the same.")


@bank.command("export")
@click.argument("path", type=BANK_FOLDER)
@click.option(
    "--format",
    "form",
    type=click.Choice((*FORMS, QTI)),
    default="json",
    show_default=True,
    help="What to write; qti is a package of many files.",
)
@click.option("--to", "file", type=click.File("wb"), default="-", help="Write there instead of to standard output.")
def export_command(path: Path, *, form: str, file: BinaryIO) -> None:
    """Write a whole bank version as one document. It holds the keys: keep it away from candidates.

    `--format qti` writes a QTI 3 content package, a zip file with one item file for each item and language.

    Example: decile bank export item_banks/collaboration/v1 --format qti --to collaboration-v1.zip
    """
    file.write(export_qti(path) if form == QTI else export_bank(path, form).encode())


@bank.command("import")
@click.argument("file", type=GivenPath(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--into",
    type=GivenPath(file_okay=False, path_type=Path),
    default=Path("item_banks"),
    show_default=True,
    help="Folder of all banks, below which <skill>/v<n> is made.",
)
def import_command(file: Path, into: Path) -> None:
    """Lay out an exported bank (JSON, YAML, or a QTI package *.zip) as the folder of its version.

    Nothing is written over.

    Example: decile bank import collaboration-v1.json --into item_banks
    """
    folder = import_bank(file, into)
    click.echo(f"Wrote {folder}. Check it with `decile bank check {folder}`.")
