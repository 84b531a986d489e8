"""Everything that happened to a person's data, as the audit record has it, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import queries as sittings
from app.foundation.links import Links
from app.item_bank import queries as banks
from app.privacy.holdings import HOLDINGS, owned_by, rows_of

AUDIT = next(holding for holding in HOLDINGS if holding.table == "audit_entry")


@dataclass(frozen=True, slots=True)
class Event:
    """One act: when, of which kind, and the skill it was about where it was about a sitting."""

    at: datetime
    kind: str
    skill: banks.SkillView | None


def timeline(person_id: UUID, *, session: Session, links: Links) -> tuple[Event, ...]:
    """Sittings, results, certificates, consents, sign-ins, cases: every entry by the person or about what is theirs."""
    skills = _skills_by_subject(person_id, session=session)
    rows = rows_of(AUDIT, owned_by(person_id, session=session, links=links), session=session)
    return tuple(_event(row, skills) for row in reversed(list(rows)))


def _skills_by_subject(person_id: UUID, *, session: Session) -> dict[str, banks.SkillView]:
    taken = sittings.sittings_of(person_id, session=session)
    known = {slug: banks.skill(slug, session=session) for slug in {sitting.skill for sitting in taken}}
    return {str(sitting.id): known[sitting.skill] for sitting in taken}


def _event(row: dict[str, Any], skills: dict[str, banks.SkillView]) -> Event:
    return Event(row["at"], row["kind"], skills.get(row["subject"]))
