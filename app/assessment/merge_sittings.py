"""The sittings of a closed account become the other account's: one person's, with the waits and the limit of one.

Responses, scores and pins stay as they are. What could not have begun on one account is void by the rule.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.first_sittings import tell_the_first
from app.assessment.merged_sittings import BEYOND_LIMIT, MergedSitting, merged_sittings
from app.assessment.models import FoundingPromise, RetakeTrace, Sitting, SittingAllowance
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.locks import hold


def hold_beginnings(*person_ids: UUID, session: Session) -> None:
    """Keep everybody from beginning a sitting on these accounts to the end of the transaction."""
    for person_id in sorted(person_ids):
        hold(session, "beginnings", person_id)


def merge_sittings(
    staying_id: UUID, leaving_id: UUID, *, asked_by: UUID | None, session: Session, clock: Clock, actor: Actor
) -> tuple[MergedSitting, ...]:
    """Move and judge them; all of both as they had been judged. The caller has seen that no open one is beyond."""
    found = merged_sittings(staying_id, leaving_id, session=session)
    session.execute(update(Sitting).where(Sitting.person_id == leaving_id).values(person_id=staying_id))
    _move_promises(staying_id, leaving_id, session=session)
    _move_traces(staying_id, leaving_id, session=session)
    now = clock.now()
    for one in found:
        if one.is_beyond:
            session.get_one(Sitting, one.id, with_for_update=True).void_as_beyond_limit(at=now)
            detail = {"by_limit": one.by_limit, "asked_by": str(asked_by) if asked_by else None}
            audit.record(BEYOND_LIMIT, one.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    for skill in sorted({one.skill for one in found}):
        tell_the_first(staying_id, skill, session=session)
    return found


def _move_promises(staying_id: UUID, leaving_id: UUID, *, session: Session) -> None:
    """Granted sittings are kept, each for its own cause. Of one skill a founder is promised one message."""
    own = select(FoundingPromise.skill).where(FoundingPromise.person_id == staying_id)
    twice = delete(FoundingPromise).where(FoundingPromise.person_id == leaving_id, FoundingPromise.skill.in_(own))
    session.execute(twice.execution_options(synchronize_session=False))
    for promised in (SittingAllowance, FoundingPromise):
        session.execute(update(promised).where(promised.person_id == leaving_id).values(person_id=staying_id))


def _move_traces(staying_id: UUID, leaving_id: UUID, *, session: Session) -> None:
    former, own = (accounts.lineage_of(one, session=session) for one in (leaving_id, staying_id))
    if former is not None and own is not None:
        session.execute(update(RetakeTrace).where(RetakeTrace.lineage_id == former).values(lineage_id=own))
