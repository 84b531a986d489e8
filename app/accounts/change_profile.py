"""A person changes how they are called and in which language they are written to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.errors import PersonNotFound
from app.accounts.models import Person
from app.accounts.rules import require_language, tidy_name
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def change_profile(
    person_id: UUID, *, display_name: str, language: str, session: Session, clock: Clock, actor: Actor
) -> None:
    """Store both. The name is kept as written; empty means that none is shown."""
    person = session.get(Person, person_id)
    if person is None:
        raise PersonNotFound(person_id)
    person.display_name, person.language = tidy_name(display_name), require_language(language)
    session.flush()
    audit.record("person.profile-changed", person_id, actor=actor, at=clock.now(), session=session)
