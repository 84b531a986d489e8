"""`decile runbook`: what to do when something is wrong, from the pages that came with the program.

It needs neither settings nor database: whoever asks may have lost them.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

import click

from app.foundation.errors import NotFound
from app.foundation.shipped import DEPLOY, RUNBOOKS

OVERVIEW = "README"


class RunbookNotFound(NotFound):
    """No page of that name came with this release."""

    code = "runbook-not-found"

    def __init__(self, name: str, nearest: str) -> None:
        super().__init__(
            f"There is no runbook {name}. The nearest name is {nearest}: `decile runbook {nearest}`. `decile runbook` "
            "lists them all."
        )


@click.command("runbook")
@click.argument("name", required=False)
def runbook(name: str | None) -> None:
    """Print the runbook of this NAME, as remedies and alerts give it; without a name, list them all.

    Example: decile runbook worker_dead
    """
    if name:
        click.echo(_page(name).read_text("utf-8"), nl=False)
        return
    pages = _pages()
    widest = max(len(one) for one in pages)
    for one, path in pages.items():
        click.echo(f"{one:<{widest}}  {_title(path)}")
    click.echo(f"Units, alerts and examples for a server: {DEPLOY}")


def _pages() -> dict[str, Path]:
    return {path.stem: path for path in sorted(RUNBOOKS.glob("*.md")) if path.stem != OVERVIEW}


def _page(name: str) -> Path:
    """That page; a path as in the alerts of former releases names it too."""
    pages, wanted = _pages(), Path(name).name.removesuffix(".md")
    if wanted not in pages:
        raise RunbookNotFound(name, get_close_matches(wanted, pages, n=1, cutoff=0)[0])
    return pages[wanted]


def _title(path: Path) -> str:
    return path.read_text("utf-8").partition("\n")[0].removeprefix("# ")
