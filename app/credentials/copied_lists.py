"""Published status lists as files, named as their pages are: kept elsewhere, they tell a restore who is revoked."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.orm import Session

from app.credentials import queries
from app.foundation.whole_files import write_public

LISTS = "status"


def write_lists(folder: Path, *, session: Session) -> int:
    """Write every list that was signed below `folder`; how many there are."""
    lists = queries.published_status_lists(session=session)
    for listed in lists:
        write_public(folder / LISTS / str(listed.number), listed.signed_document.encode())
        if listed.signed_jwt is not None:
            write_public(folder / LISTS / f"{listed.number}.jwt", listed.signed_jwt.encode())
    return len(lists)


def read_lists(folder: Path) -> tuple[str, ...]:
    """The signed lists below `folder`, none in a copy of a release that wrote none; whoever reads them proves them."""
    files = (file for file in sorted((folder / LISTS).glob("*")) if file.name.isdecimal())
    return tuple(file.read_text(encoding="utf-8", errors="replace") for file in files)
