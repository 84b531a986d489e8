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
from app.privacy.holdings import HOLDINGS, Owned, owned_by, rows_of
from app.verification import queries as verifications

LOOKED_AT = "certificate.looked-at"
HOLDING_OF = {holding.table: holding for holding in HOLDINGS}
AUDIT = HOLDING_OF["audit_entry"]
HANGS_ON = (
    ("skill_result", "sitting_id"),
    ("award_decision", "result_id"),
    ("award", "result_id"),
    ("credential", "sitting_id"),
    ("share_grant", "credential_id"),
    ("review_case", "sitting_id"),
)  # each after what it hangs on


@dataclass(frozen=True, slots=True)
class Event:
    """One act: when, of which kind, and the skill it was about where that is known.

    `times` stands where only a day and a number are kept; `at` is then the beginning of the day.
    """

    at: datetime
    kind: str
    skill: banks.SkillView | None
    times: int | None = None
    consent: str | None = None  # its kind, where one was given or taken back


def timeline(person_id: UUID, *, session: Session, links: Links) -> tuple[Event, ...]:
    """Sittings, results, certificates, consents, sign-ins, cases: every entry by the person or about what is theirs."""
    owned = owned_by(person_id, session=session, links=links)
    skills = _skills_by_subject(person_id, owned, session=session)
    rows = rows_of(AUDIT, owned, session=session)
    acts = [_event(row, skills) for row in rows]
    looks = _looks(person_id, skills, session=session)
    return tuple(sorted((*acts, *looks), key=lambda event: event.at, reverse=True))


def _looks(person_id: UUID, skills: dict[str, banks.SkillView], *, session: Session) -> Iterator[Event]:
    held = {one.id: one for one in credentials.credentials_of(person_id, session=session)}
    for credential_id, days in verifications.looked_at(list(held), session=session).items():
        for day in days:
            at = datetime.combine(day.day, time(), tzinfo=UTC)
            yield Event(at, LOOKED_AT, skills.get(str(held[credential_id].sitting_id)), day.times)


def _skills_by_subject(person_id: UUID, owned: Owned, *, session: Session) -> dict[str, banks.SkillView]:
    """By the ids of sittings, and of what hangs on a sitting: results, decisions, certificates, cases, links."""
    taken = sittings.sittings_of(person_id, session=session)
    known = {slug: banks.skill(slug, session=session) for slug in {sitting.skill for sitting in taken}}
    found = {str(sitting.id): known[sitting.skill] for sitting in taken}
    for table, column in HANGS_ON:
        for row in rows_of(HOLDING_OF[table], owned, session=session):
            if (skill := found.get(str(row[column]))) is not None:
                found.setdefault(str(row["id"]), skill)
    return found


def _event(row: dict[str, Any], skills: dict[str, banks.SkillView]) -> Event:
    consent = row["detail"].get("kind") if row["kind"].startswith("consent.") else None
    return Event(row["at"], row["kind"], skills.get(row["subject"]), consent=consent)
