"""Use cases: an account rests, and wakes again. Every sign-in and token ends at once; none is given meanwhile."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import AlreadyRestricted, NotRestricted, PersonNotFound, RestrictionReasonNeeded
from app.accounts.merging import require_not_closed
from app.accounts.models import Person, PersonRestriction
from app.accounts.restrictions import Cause, hold_accounts, standing
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy


def restrict_account(
    person_id: UUID, cause: Cause, reason: str, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> None:
    """Let it rest, with words for the record.

    Raises
    ------
    RestrictionReasonNeeded, AlreadyRestricted
    PersonNotFound, AccountClosed
        They were erased, or went on with another account, while this waited.
    """
    words, now = _words(reason), clock.now()
    hold_accounts(person_id, session=session)
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise PersonNotFound(person_id)
    require_not_closed(person, session=session)
    if standing(person_id, session=session) is not None:
        raise AlreadyRestricted
    session.add(
        PersonRestriction(id=entropy.uuid(), person_id=person_id, cause=cause.value, reason=words, restricted_at=now)
    )
    end_all_of(person_id, session=session)
    session.flush()
    detail = {"cause": cause.value}
    audit.record("person.restricted", person_id, actor=actor, at=now, session=session, detail=detail)


def lift_restriction(person_id: UUID, reason: str, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Wake it: whoever proves the address is let in as before.

    Raises
    ------
    RestrictionReasonNeeded, NotRestricted
    """
    words, now = _words(reason), clock.now()
    hold_accounts(person_id, session=session)
    row = standing(person_id, session=session)
    if row is None:
        raise NotRestricted
    row.lifted_at, row.lifted_reason = now, words
    session.flush()
    detail = {"cause": row.cause}
    audit.record("person.restriction_lifted", person_id, actor=actor, at=now, session=session, detail=detail)


def _words(reason: str) -> str:
    if not reason.strip():
        raise RestrictionReasonNeeded
    return reason.strip()
