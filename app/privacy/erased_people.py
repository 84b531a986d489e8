"""Who was erased, so that a backup made before brings nobody back: keyed hashes of ids, and the file of them.

The database of a backup does not know who was erased after it. The file does, if it was written later and kept
elsewhere. Whoever holds it reads no name, and can only ask of an id they know already, with our keys in hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.foundation.whole_files import write_whole
from app.privacy.errors import ErasedListOfOtherKeys, ErasedListUnreadable
from app.privacy.models import Certificates, ErasedPerson

PURPOSE, FORMAT = "erased-person", "decile-erased-people-1"
LIST_PURPOSE, CHECK_DIGITS = "erased-people", 16  # tells keys apart, and is too short to be of use to anybody else


@dataclass(frozen=True, slots=True)
class Erased:
    """One line: a keyed hash, the choice about certificates, the day."""

    subject: str
    certificates: Certificates
    erased_on: date


@dataclass(frozen=True, slots=True)
class ErasedList:
    """The file: its lines, and a check of each key that was held when it was written; a former release wrote none."""

    lines: tuple[Erased, ...]
    checks: tuple[str, ...] = ()

    def require_key(self, links: Links) -> None:
        """Raise `ErasedListOfOtherKeys` if none of its keys is held here, so that it would name nobody."""
        if self.lines and self.checks and not set(self.checks) & set(_checks(links)):
            raise ErasedListOfOtherKeys

    def keys_lacking(self, links: Links) -> int:
        """How many of its keys are not held here: whoever was erased under one of them is not recognised."""
        return len(set(self.checks) - set(_checks(links))) if self.lines else 0


def note_erased(
    ids: Iterable[UUID], certificates: Certificates, *, session: Session, clock: Clock, links: Links
) -> None:
    """Note the accounts of one person, in the transaction that erases them."""
    for one in ids:
        subject = links.mac(PURPOSE, one.hex)
        session.merge(ErasedPerson(subject=subject, certificates=certificates, erased_on=clock.now().date()))


def forget_erased_people(*, session: Session, clock: Clock) -> None:
    """Delete those so long ago that no backup is left that holds them."""
    now = clock.now()
    kept = timedelta(days=accounts.policy(session=session, at=now).erased_people_days)
    session.execute(delete(ErasedPerson).where(ErasedPerson.erased_on < (now - kept).date()))


def write_erased(path: Path, *, session: Session, clock: Clock, links: Links) -> int:
    """Write the file, in the place of a former one; how many lines."""
    rows = session.scalars(select(ErasedPerson).order_by(ErasedPerson.erased_on, ErasedPerson.subject)).all()
    lines = [
        {"subject": row.subject, "certificates": row.certificates, "erased_on": str(row.erased_on)} for row in rows
    ]
    whole = {"format": FORMAT, "written_at": clock.now().isoformat(), "checks": _checks(links), "erased": lines}
    write_whole(path, json.dumps(whole, indent=1).encode(), replacing=True)
    return len(lines)


def _checks(links: Links) -> list[str]:
    return [mac[:CHECK_DIGITS] for mac in links.macs(LIST_PURPOSE, FORMAT)]


def read_erased(path: Path) -> ErasedList:
    """Such a file.

    Raises
    ------
    ErasedListUnreadable
    """
    try:
        whole = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as problem:
        raise ErasedListUnreadable(path, "it is not JSON") from problem
    if not isinstance(whole, dict) or whole.get("format") != FORMAT or not isinstance(whole.get("erased"), list):
        raise ErasedListUnreadable(path, f"its format is not {FORMAT}")
    checks = whole.get("checks", [])
    if not isinstance(checks, list):
        raise ErasedListUnreadable(path, "its checks are no list")
    lines = tuple(_line(path, number, row) for number, row in enumerate(whole["erased"], 1))
    return ErasedList(lines, tuple(str(one) for one in checks))


def _line(path: Path, number: int, row: Any) -> Erased:
    try:
        return Erased(str(row["subject"]), Certificates(row["certificates"]), date.fromisoformat(row["erased_on"]))
    except (TypeError, KeyError, ValueError) as problem:
        reason = f"entry {number} lacks a subject, revoke or keep for certificates, or a day in erased_on"
        raise ErasedListUnreadable(path, reason) from problem


def adopt_erased(listed: Iterable[Erased], *, session: Session) -> None:
    """Know them here too, so that the next list tells of them."""
    for one in listed:
        session.merge(ErasedPerson(**asdict(one)))


def people_among(listed: Iterable[Erased], *, session: Session, links: Links) -> tuple[tuple[UUID, Certificates], ...]:
    """The people of this database whom the list names, and what was chosen for their certificates."""
    choices = {one.subject: one.certificates for one in listed}
    found = []
    for person_id in accounts.ids_of_people(session=session):
        known = choices.keys() & set(links.macs(PURPOSE, person_id.hex))
        found += [(person_id, choices[known.pop()])] if known else []
    return tuple(found)
