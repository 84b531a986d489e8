"""Use case (job of every hour, worker alone): put a hash over the whole audit record into the public log.

What was recorded before can then be neither changed, removed nor added to unseen, not even by whoever takes the
triggers away: the log is signed and kept by others. The entry tells nothing but the hash; how far it reaches is ours.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.clock import Clock
from app.foundation.locks import hold
from app.transparency import queries
from app.transparency.log_event import log_event


def seal_audit(through: int, *, session: Session, clock: Clock) -> None:
    """Seal the record through this entry, which must be settled; nothing new is sealed twice.

    The record is read without holding anything. Where somebody else sealed meanwhile, a seal that goes on from the one
    before theirs would break the chain for ever: the next run goes on from theirs.
    """
    former = queries.last_seal(session=session)
    head = audit.head_through(through, after=former, session=session)
    hold(session, "audit-seal")
    if head.sequence > former.sequence and queries.last_seal(session=session) == former:
        facts = {"head": head.sha256, "previous": former.sha256}
        log_event(queries.SEAL, head.sequence, facts, at=clock.now(), session=session)
