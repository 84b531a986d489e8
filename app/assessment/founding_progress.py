"""How far the founding of a skill is, and what its founders were promised."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.models import FoundingForm, FoundingPromise, FrozenSitting, Sitting
from app.assessment.norming_rows import usable
from app.item_bank import queries as item_bank
from app.item_bank.item_record import not_scored_now


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A founder who waits for the norm of a skill in the language of their sitting."""

    person_id: UUID
    skill: str
    language: str
    told_at: datetime | None


def promise_to(person_id: UUID, skill: str, *, session: Session) -> PromiseView | None:
    """What this person was promised as a founder of the skill."""
    row = session.get(FoundingPromise, (person_id, skill))
    return PromiseView(row.person_id, row.skill, row.language, row.told_at) if row else None


def waiting_founders(*, session: Session) -> tuple[PromiseView, ...]:
    """Founders who were not told yet, the longest waiting first."""
    query = select(FoundingPromise).where(FoundingPromise.told_at.is_(None)).order_by(FoundingPromise.made_at)
    return tuple(PromiseView(row.person_id, row.skill, row.language, None) for row in session.scalars(query))


@dataclass(frozen=True, slots=True)
class FoundingProgress:
    """How far the founding sittings of a release are, in one language."""

    sittings: int  # completed
    founders: int  # people, each counted once
    responses: Mapping[str, int]  # usable, by code of every item that forms are drawn from

    def items_with(self, least: int) -> int:
        """Items that have at least so many usable responses."""
        return sum(count >= least for count in self.responses.values())


def founding_progress(release_id: UUID, language: str, *, session: Session) -> FoundingProgress:
    """Usable responses (scored, so not those that did not arise) of completed founding sittings, by item.

    What may not be scored any more, as suspended and retired items, is not waited for: no form brings it.
    """
    items = item_bank.release_items(release_id, language, session=session)
    not_scored = not_scored_now(release_id, language, session=session)
    counts = {item.code: 0 for item in items if item.code not in not_scored}
    query = (
        select(FrozenSitting.responses, Sitting.person_id)
        .join(Sitting, Sitting.id == FrozenSitting.sitting_id)
        .join(FoundingForm, FoundingForm.sitting_id == Sitting.id)
        .where(FoundingForm.release_id == release_id, FoundingForm.language == language, *usable())
    )
    people, sittings = set(), 0
    for responses, person_id in session.execute(query):
        people.add(person_id)
        sittings += 1
        for code, _kind, category, _value, *role in json.loads(responses)["units"]:
            if code in counts:
                counts[code] += category is not None and not role
    return FoundingProgress(sittings, len(people), counts)
