"""A reviewer drops a merge that was asked for, because one of those it concerns objects or it is wrong."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.privacy.merge_letters import DROPPED, write_to_both
from app.privacy.merge_rules import open_merge, require_unconcerned


def drop_merge(merge_id: UUID, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor) -> None:
    """Drop it; both addresses are told, and another one may then be asked for.

    Raises
    ------
    Forbidden, ProofNotFresh, MergeNotFound, MergeNotOpen, OwnMerge
    """
    require(actor, Role.REVIEWER)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    merge = open_merge(merge_id, session=session, at=now)
    by = require_unconcerned(actor, merge.staying_id, merge.leaving_id, session=session)
    merge.drop(by, at=now)
    session.flush()
    write_to_both(merge, DROPPED, session=session, jobs=jobs)
    for person_id in (merge.staying_id, merge.leaving_id):
        detail = {"merge": str(merge.id)}
        audit.record("account.merge_dropped", person_id, actor=actor, at=now, session=session, detail=detail)
