"""A person names a second mailbox. Nothing but one message goes there until somebody who reads it has agreed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.errors import PersonNotFound, SameMailbox, TooManyMessages
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.models import Person, SecondAddress
from app.accounts.policy import AccountPolicy
from app.accounts.rules import is_same_mailbox, normalise_email, second_address_limit
from app.accounts.second_addresses import MAIL_JOB, NAMED
from app.foundation import audit, policies
from app.foundation.access import Actor
from app.foundation.audit import AuditEntry
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.foundation.links import Links


def name_second_address(
    person_id: UUID, typed: str, *, session: Session, clock: Clock, jobs: Jobs, links: Links, actor: Actor
) -> None:
    """Keep it in the place of a former one, and have it asked.

    A mailbox that many named today is not asked again; nobody is told, since that would tell of the others.

    Raises
    ------
    ProofNotFresh, PersonNotFound, EmailInvalid
    SameMailbox
        It is where the person is written to anyway.
    TooManyMessages
        So many were asked within the last hour; nobody's mailbox is flooded by somebody with an account.
    """
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    person = session.get(Person, person_id, with_for_update=True)
    if person is None:
        raise PersonNotFound(person_id)
    address = normalise_email(typed)
    if is_same_mailbox(address, person.email):
        raise SameMailbox
    policy = policies.current(AccountPolicy, session=session, at=now)
    if _named_lately(person_id, session=session, at=now) >= policy.mails_per_address_per_hour:
        raise TooManyMessages
    # Held as it stands: had its reader agreed just now, that would else count for the one that is named here.
    session.get(SecondAddress, person_id, with_for_update=True, populate_existing=True)
    session.merge(SecondAddress(person_id=person_id, email=address, named_at=now, proven_at=None))
    audit.record(NAMED, person_id, actor=actor, at=now, session=session)
    if not _counts_as_asked(address, session=session, at=now, policy=policy, links=links):
        return
    arguments = {"person_id": str(person_id), "named_at": now.isoformat()}
    jobs.enqueue(MAIL_JOB, f"mail:{NAMED}:{person_id}:{now.timestamp()}", session=session, arguments=arguments)


def _counts_as_asked(address: str, *, session: Session, at: datetime, policy: AccountPolicy, links: Links) -> bool:
    """Whether it may be asked once more today, under whatever spelling and by whomever; then it is counted."""
    subjects, limit = guesses.subjects_of_mailbox(address, links), second_address_limit(policy)
    budget = guesses.counted(subjects, guesses.SECOND_ADDRESS, limit=limit, session=session, at=at)
    is_within = budget.left > 0
    if is_within:
        budget.add()
    return is_within


def _named_lately(person_id: UUID, *, session: Session, at: datetime) -> int:
    lately = select(func.count()).where(
        AuditEntry.subject == str(person_id), AuditEntry.kind == NAMED, AuditEntry.at > at - timedelta(hours=1)
    )
    return session.scalar(lately) or 0
