"""Which sitting of a skill is a person's first one: a norm takes that one alone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.models import Sitting


def tell_the_first(person_id: UUID, skill: str, *, session: Session) -> None:
    """Of what counts, only the earliest can be it: to be asked when an earlier sitting came or counts again.

    None becomes it afterwards: whoever sat before, and on what was known from there, had sat before.
    """
    of_skill = select(Sitting).where(Sitting.person_id == person_id, Sitting.skill == skill)
    rows = session.scalars(of_skill.order_by(Sitting.started_at, Sitting.id)).all()
    earliest = next((row for row in rows if row.counts_as_taken), None)
    for row in rows:
        if row is not earliest:
            row.first_of_skill = False
    session.flush()
