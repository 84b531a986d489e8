"""A person ends one of their tokens: the program is no longer used, or the token has been seen by others."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.errors import TokenNotFound
from app.accounts.models import ApiToken
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock


def revoke_api_token(token_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """End it, if it is the actor's own; somebody else's is answered like one that does not exist."""
    ended = session.scalar(
        delete(ApiToken).where(ApiToken.id == token_id, ApiToken.person_id == actor.person_id).returning(ApiToken.id)
    )
    if ended is None:
        raise TokenNotFound
    audit.record("api-token.revoked", token_id, actor=actor, at=clock.now(), session=session)
