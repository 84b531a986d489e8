"""The second of two people applies a change of the register; what follows from it happens in the same transaction."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.assessment.merge_sittings import hold_beginnings
from app.credentials import queries as credentials
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.reviews.change_effects import EFFECTS, Tools
from app.reviews.change_rules import has_decided, require_possible, require_unconcerned
from app.reviews.errors import ChangeNotFound, ChangeNotOpen, SecondPersonNeeded
from app.reviews.models import Change, RegisterChange
from app.reviews.second_person import require_second_person


def apply_change(
    change_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> None:
    """Apply it once, from the state the certificate is in now; letters tell whoever it concerns.

    Held in this order, as by a merge: beginnings of both accounts where it moves, change, sitting, case.

    Raises
    ------
    Forbidden, ProofNotFresh, ChangeNotFound, ChangeNotOpen, SecondPersonNeeded, OwnCertificate, NotReversible,
    NotReinstatable, ChangeNotPossible
    """
    require(actor, Role.REVIEWER)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    _hold_beginnings_where_it_moves(change_id, session=session)
    change = open_change(change_id, session=session, clock=clock)
    if change.asked_by is None:
        raise ChangeNotOpen
    by = require_second_person(actor, change.asked_by, Role.REVIEWER, acted_at=change.asked_at, session=session)
    found = require_possible(change.kind, change.credential_id, change.to_person_id, session=session)
    require_unconcerned(by, found.person_id, change.to_person_id, session=session)
    if change.kind is Change.REVERSE and has_decided(by, found.sitting_id, session=session):
        raise SecondPersonNeeded  # an appeal is not answered by who decided what it is against
    EFFECTS[change.kind](change, found, Tools(session, clock, entropy, jobs, actor))
    change.apply(by, at=now)
    session.flush()
    detail = {"change": change.kind.value, "asked_by": str(change.asked_by)}
    audit.record("register.applied", change.credential_id, actor=actor, at=now, session=session, detail=detail)


def _hold_beginnings_where_it_moves(change_id: UUID, *, session: Session) -> None:
    """Who begins there now would be told of no wait, and the sitting would be a first one beside the one that comes."""
    query = select(RegisterChange.credential_id, RegisterChange.to_person_id)
    found = session.execute(query.where(RegisterChange.id == change_id)).one_or_none()
    if found is not None and found.to_person_id is not None:
        holder = credentials.holder_of(found.credential_id, session=session)
        hold_beginnings(holder, found.to_person_id, session=session)


def open_change(change_id: UUID, *, session: Session, clock: Clock) -> RegisterChange:
    """The change, held against others who act on it; or `ChangeNotFound`, `ChangeNotOpen`."""
    change = session.get(RegisterChange, change_id, with_for_update=True)
    if change is None:
        raise ChangeNotFound
    if not change.is_open(at=clock.now()):
        raise ChangeNotOpen
    return change
