"""Who releases a key that another person's panel made: not that person, not their other account, nobody made for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation.access import Actor, SignInNeeded
from app.keying.errors import AnotherPersonMustClear
from app.keying.models import Panel
from app.keying.rules import KEY_ROLES


def require_second_person(actor: Actor, panel: Panel, *, session: Session) -> UUID:
    """The id of the person behind `actor`, who releases the key of a panel that another one opened.

    Both decided about keys before anybody was invited, so that neither is among the judges.

    Raises
    ------
    AnotherPersonMustClear
        If both are one person or read one mailbox, or the second was given such a role once the panel was open.
    """
    if actor.person_id is None:
        raise SignInNeeded
    since = [accounts.role_held_since(actor.person_id, role, session=session) for role in KEY_ROLES]
    if not any(at and at <= panel.opened_at for at in since):
        raise AnotherPersonMustClear
    if accounts.is_same_person(actor.person_id, panel.opened_by, session=session):
        raise AnotherPersonMustClear
    return actor.person_id
