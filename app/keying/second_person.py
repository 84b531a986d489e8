"""Who releases a panel's key: nobody who opened it or chose a judge, no other account of theirs, nobody made for it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation.access import Actor, SignInNeeded
from app.keying.errors import AnotherPersonMustClear, InviterUnknown
from app.keying.models import Panel
from app.keying.rules import KEY_ROLES


def require_second_person(actor: Actor, panel: Panel, *, session: Session) -> UUID:
    """The id of the person behind `actor`, who releases the key of a panel that others made.

    Whoever opened it and whoever releases its key decided about keys before anybody was invited, so neither is among
    the judges. Who chose even one judge does not release: ten mailboxes are quickly had, and all may be one person's.

    Raises
    ------
    AnotherPersonMustClear
        If that person opened the panel or invited a judge, or reads the mailbox of who did, or was given such a role
        once the panel was open.
    InviterUnknown
        If nobody answers for a judge who signed.
    """
    if actor.person_id is None:
        raise SignInNeeded
    since = [accounts.role_held_since(actor.person_id, role, session=session) for role in KEY_ROLES]
    if not any(at and at <= panel.opened_at for at in since):
        raise AnotherPersonMustClear
    if any(seat.signed_at is not None and seat.invited_by is None for seat in panel.seats):
        raise InviterUnknown
    made_by = {panel.opened_by, *(seat.invited_by for seat in panel.seats if seat.invited_by is not None)}
    if any(accounts.is_same_person(actor.person_id, one, session=session) for one in made_by):
        raise AnotherPersonMustClear
    return actor.person_id
