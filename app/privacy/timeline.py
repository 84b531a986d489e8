"""Everything that happened to a person's data: the audit record, and the days on which certificates were looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import queries as sittings
from app.credentials import queries as credentials
from app.foundation.links import Links
from app.item_bank import queries as banks
from app.privacy.holdings import HOLDINGS, owned_by, rows_of
from app.verification import queries as verifications

LOOKED_AT = "certificate.looked-at"
AUDIT = next(holding for holding in HOLDINGS if holding.table == "audit_entry")


@dataclass(frozen=True, slots=True)
class Event:
    """One act: when, of which kind, and the skill it was about where that is known.

    `times` stands where only a day and a number are kept; `at` is then the beginning of the day.
    """

    at: datetime
    kind: str
    skill: banks.SkillView | None
    times: int | None = None


def timeline(person_id: UUID, *, session: Session, links: Links) -> tuple[Event, ...]:
    """Sittings, results, certificates, consents, sign-ins, cases: every entry by the person or about what is theirs."""
    skills = _skills_by_subject(person_id, session=session)
    rows = rows_of(AUDIT, owned_by(person_id, session=session, links=links), session=session)
    acts = [_event(row, skills) for row in rows]
    looks = _looks(person_id, skills, session=session)
    return tuple(sorted((*acts, *looks), key=lambda event: event.at, reverse=True))


def _looks(person_id: UUID, skills: dict[str, banks.SkillView], *, session: Session) -> Iterator[Event]:
    held = {one.id: one for one in credentials.credentials_of(person_id, session=session)}
    for credential_id, days in verifications.looked_at(list(held), session=session).items():
        for day in days:
            at = datetime.combine(day.day, time(), tzinfo=UTC)
            yield Event(at, LOOKED_AT, skills.get(str(held[credential_id].sitting_id)), day.times)


def _skills_by_subject(person_id: UUID, *, session: Session) -> dict[str, banks.SkillView]:
    taken = sittings.sittings_of(person_id, session=session)
    known = {slug: banks.skill(slug, session=session) for slug in {sitting.skill for sitting in taken}}
    return {str(sitting.id): known[sitting.skill] for sitting in taken}


def _event(row: dict[str, Any], skills: dict[str, banks.SkillView]) -> Event:
    return Event(row["at"], row["kind"], skills.get(row["subject"]))
