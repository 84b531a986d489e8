"""Which former account an address had, told by a keyed hash alone, for as long as waits and limits run.

An erased account leaves two things here: a keyed hash of its address, and a random lineage. Contexts above keep what
must outlive the account (the days of sittings) under the lineage. Whoever joins again with the address gets the
lineage back; nobody can read an address from the hash, and only who holds our keys can test a guess.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.models import ErasedAddress, Person
from app.foundation.entropy import Entropy
from app.foundation.links import Links

PURPOSE = "lineage"


def lineage_of(person_id: UUID, *, session: Session) -> UUID | None:
    """The lineage of a person who has had an account before; None for everybody else."""
    return session.scalar(select(Person.lineage_id).where(Person.id == person_id))


def lineage_left_by(email: str, *, session: Session, links: Links) -> UUID | None:
    """The lineage that an erased account with this address left, under any of our keys."""
    subjects = links.macs(PURPOSE, email)
    return session.scalar(select(ErasedAddress.lineage_id).where(ErasedAddress.subject.in_(subjects)))


def leave_lineage(person: Person, *, until: datetime, session: Session, entropy: Entropy, links: Links) -> UUID:
    """Note the address of an account that goes, as a hash; the lineage is the former one if there was one."""
    lineage_id = person.lineage_id or entropy.uuid()
    session.execute(delete(ErasedAddress).where(ErasedAddress.subject.in_(links.macs(PURPOSE, person.email))))
    row = ErasedAddress(subject=links.mac(PURPOSE, person.email), lineage_id=lineage_id, kept_until_at=until)
    session.add(row)
    session.flush()
    return lineage_id
