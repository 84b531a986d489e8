"""An operator gives a person a role."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import PersonNotFound, RoleUnknown
from app.accounts.inserting import insert_if_absent
from app.accounts.merging import require_not_closed
from app.accounts.models import Person, RoleGrant
from app.accounts.restrictions import hold_accounts
from app.accounts.roles import Role
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock


def grant_role(person_id: UUID, role: str, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Grant it. Sign-ins opened before end, so that none of them holds a right it was not opened with.

    Raises
    ------
    Forbidden, RoleUnknown, PersonNotFound, AccountClosed
    """
    require(actor, "operator")
    if role not in set(Role):
        raise RoleUnknown(role, tuple(Role))
    hold_accounts(person_id, session=session)  # waits for a merge that is closing the account
    person = session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise PersonNotFound(person_id)
    require_not_closed(person, session=session)
    now = clock.now()
    if insert_if_absent(RoleGrant(person_id=person_id, role=role, granted_at=now), session=session):
        end_all_of(person_id, session=session)
        audit.record("role.grant", person_id, actor=actor, at=now, session=session, detail={"role": role})
