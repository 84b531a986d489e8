"""Use case: the holder opens or hides the page of a credential, and chooses the name shown there, or none."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials.errors import CredentialNotFound, NameRefused, NotYourCredential
from app.credentials.models import Credential, Visibility
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock

LONGEST_NAME = 200


def set_visibility(
    credential_id: UUID,
    visibility: Visibility,
    *,
    shown_name: str | None = None,
    session: Session,
    clock: Clock,
    actor: Actor,
) -> None:
    """Show or hide. The name stands beside the signed document, never in it."""
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None or not credential.is_issued:
        raise CredentialNotFound
    if actor.person_id is None or credential.person_id != actor.person_id:
        raise NotYourCredential
    credential.show(visibility, _name(shown_name))
    detail = {"visibility": visibility.value, "with_name": credential.shown_name is not None}
    audit.record(
        "credential.visibility", credential.id, actor=actor, at=clock.now(), session=session, detail=detail
    )
    session.flush()


def _name(shown_name: str | None) -> str | None:
    """One line without control characters; nothing at all is None."""
    name = " ".join((shown_name or "").split())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise NameRefused(LONGEST_NAME)
    return name or None
