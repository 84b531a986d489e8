"""Before an account is erased: what its address must still be known by, and until when."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.errors import PersonNotFound
from app.accounts.lineage import leave_lineage
from app.accounts.models import Person
from app.foundation.entropy import Entropy
from app.foundation.links import Links


def leave_address(person_id: UUID, *, until: datetime, session: Session, entropy: Entropy, links: Links) -> UUID:
    """The lineage under which contexts above may keep what outlives the account, up to `until`."""
    person = session.get(Person, person_id)
    if person is None:
        raise PersonNotFound(person_id)
    lineage_id = leave_lineage(person, until=until, session=session, entropy=entropy, links=links)
    for merged in session.scalars(select(Person).where(Person.merged_into_id == person_id)):
        merged.lineage_id = lineage_id  # whoever comes back with any of the addresses comes back as the same person
        leave_lineage(merged, until=until, session=session, entropy=entropy, links=links)
    return lineage_id
