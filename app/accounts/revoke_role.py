"""An operator takes a role back."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import end_all_of
from app.accounts.errors import PersonNotFound, RoleUnknown
from app.accounts.models import Person, RoleGrant
from app.accounts.restrictions import hold_accounts
from app.accounts.roles import Role
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock


def revoke_role(person_id: UUID, role: str, *, session: Session, clock: Clock, actor: Actor) -> bool:
    """Take it back and end every sign-in; whether it was held, without which nothing changes."""
    require(actor, "operator")
    if role not in set(Role):
        raise RoleUnknown(role, tuple(Role))
    hold_accounts(person_id, session=session)
    if session.get(Person, person_id) is None:
        raise PersonNotFound(person_id)
    held = session.scalar(
        delete(RoleGrant).where(RoleGrant.person_id == person_id, RoleGrant.role == role).returning(RoleGrant.role)
    )
    if held is None:
        return False
    end_all_of(person_id, session=session)
    detail = {"role": role}
    audit.record("role.revoke", person_id, actor=actor, at=clock.now(), session=session, detail=detail)
    return True
