"""Use case: the holder opens or hides the page of a credential, and chooses the name shown there, or none."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials.errors import CredentialNotFound, NameRefused
from app.credentials.models import Credential
from app.credentials.states import Visibility
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.names import can_be_shown, without_marks

LONGEST_NAME = 200


def set_visibility(
    code: str,
    visibility: Visibility,
    *,
    shown_name: str | None = None,
    session: Session,
    clock: Clock,
    actor: Actor,
) -> None:
    """Show or hide. The name stands beside the signed document, never in it."""
    credential = session.scalar(select(Credential).where(Credential.code == code).with_for_update())
    if credential is None or not credential.is_issued or credential.person_id != actor.person_id:
        raise CredentialNotFound  # to anyone but the holder it does not exist
    credential.show(visibility, _name(shown_name))
    detail = {"visibility": visibility.value, "with_name": credential.shown_name is not None}
    audit.record("credential.visibility", credential.id, actor=actor, at=clock.now(), session=session, detail=detail)
    session.flush()


def _name(shown_name: str | None) -> str | None:
    """One line without control characters; nothing at all is None."""
    name = " ".join(without_marks(shown_name or "").split())
    if len(name) > LONGEST_NAME or not can_be_shown(name):
        raise NameRefused(LONGEST_NAME)
    return name or None
