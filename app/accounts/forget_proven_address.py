"""A person under 18 proved an address: everything noted on the way is forgotten again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.models import Person, RoleGrant, SignInRequest
from app.foundation.links import Links
from app.foundation.mail import Mailer


def forget_proven_address(request_id: UUID, *, session: Session, links: Links, mailer: Mailer) -> None:
    """Delete requests, counts, mail we still hold, and the invitation if there was one; who has joined is left alone.

    The address still stands in SQLite's log after the commit: whoever calls this empties it.
    """
    request = session.get(SignInRequest, request_id, with_for_update=True)
    if request is None or request.consumed_at is None or request.closed_at is not None:
        return
    email = request.email
    guesses.forget(guesses.subjects_of_email(email, links), session=session)
    session.execute(delete(SignInRequest).where(SignInRequest.email == email))
    known = session.scalar(select(Person).where(Person.email == email))
    if known is None or not known.has_joined:
        mailer.forget(email)
    if known is not None and not known.has_joined:
        session.execute(delete(RoleGrant).where(RoleGrant.person_id == known.id))
        session.delete(known)
    session.flush()
