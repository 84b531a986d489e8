"""A person under 18 proved an address: everything noted on the way is forgotten again."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.models import Person, RoleGrant, SignInRequest
from app.foundation.links import Links


def forget_proven_address(request_id: UUID, *, session: Session, links: Links) -> None:
    """Delete requests, counts, and the invitation if there was one. A person who has joined is left alone."""
    request = session.get(SignInRequest, request_id, with_for_update=True)
    if request is None or request.consumed_at is None or request.closed_at is not None:
        return
    email = request.email
    guesses.forget(guesses.subjects_of_email(email, links), session=session)
    session.execute(delete(SignInRequest).where(SignInRequest.email == email))
    invited = session.scalar(select(Person).where(Person.email == email, Person.adult_confirmed_at.is_(None)))
    if invited is not None:
        session.execute(delete(RoleGrant).where(RoleGrant.person_id == invited.id))
        session.delete(invited)
    session.flush()
