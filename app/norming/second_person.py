"""Who counts as the second pair of eyes: not the first person, not their other account, not somebody made for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.roles import Role
from app.foundation.access import Actor, SignInNeeded
from app.norming.errors import NotASecondPerson, SelfApproval
from app.norming.rules import is_another_person


def require_second_person(actor: Actor, first: UUID, *, acted_at: datetime, label: str, session: Session) -> UUID:
    """The id of the person behind `actor`, who confirms what `first` did at `acted_at`.

    Raises
    ------
    SelfApproval
        If both are one person, whatever roles they hold or held.
    NotASecondPerson
        If the second one became an approver only after the first acted (a change of roles, an account opened or
        invited for the occasion), or reads the same mailbox.
    """
    if actor.person_id is None:
        raise SignInNeeded
    if not is_another_person(actor.person_id, first):
        raise SelfApproval(label)
    held_since = accounts.role_held_since(actor.person_id, Role.NORM_APPROVER, session=session)
    if held_since is None or held_since > acted_at:
        raise NotASecondPerson(label)
    if accounts.is_same_person(actor.person_id, first, session=session):
        raise NotASecondPerson(label)
    return actor.person_id
