"""A reviewer drops what was asked for: their own, or somebody else's. The certificate stays as it is."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.credentials import queries as credentials
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.reviews.apply_change import open_change
from app.reviews.change_rules import require_unconcerned


def drop_change(change_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Drop it; another one may then be asked for.

    Raises
    ------
    Forbidden, ProofNotFresh, ChangeNotFound, ChangeNotOpen, OwnCertificate
    """
    require(actor, Role.REVIEWER)
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    change = open_change(change_id, session=session, clock=clock)
    holder = credentials.credential(change.credential_id, session=session).person_id
    require_unconcerned(actor.person_id, holder, change.to_person_id, session=session)
    change.drop(actor.person_id, at=now)
    session.flush()
    detail = {"change": change.kind.value}
    audit.record("register.dropped", change.credential_id, actor=actor, at=now, session=session, detail=detail)
