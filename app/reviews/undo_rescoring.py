"""A rescoring is taken back while it may: every result is again what was reported, to the byte."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.assessment import corrections
from app.assessment.undo_corrections import hold_corrected, undo_corrections
from app.awarding.ask_for_decision import ask_for_decision
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.results import queries as results
from app.reviews.apply_rescoring import rescoring_for_update, write_to
from app.reviews.errors import RescoringFollowed, RescoringNotOpen
from app.reviews.rescoring_texts import UNDONE


def undo_rescoring(
    rescoring_id: UUID, item_id: UUID, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor
) -> int:
    """How many sittings are read as before. One person may: it only brings back what stood.

    Raises
    ------
    Forbidden, ProofNotFresh, RescoringNotFound, RescoringNotOpen, RescoringFollowed
    """
    require(actor, Role.ITEM_EDITOR)
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    row = rescoring_for_update(rescoring_id, item_id, session=session)
    if not row.may_be_undone(at=now):
        raise RescoringNotOpen
    hold_corrected(row.id, session=session)  # as whoever applies another one
    if corrections.are_followed(row.id, session=session):
        raise RescoringFollowed
    count = undo_corrections(row.id, session=session, clock=clock, actor=actor)
    row.undone_at, row.undone_by = now, actor.person_id
    session.flush()
    audit.record("rescoring.undone", row.id, actor=actor, at=now, session=session, detail={"sittings": count})
    for one in corrections.corrections_by(row.id, session=session):
        if one.is_told:
            write_to(one.sitting_id, UNDONE, row.id, session=session, jobs=jobs)
        result = results.result_of_sitting(one.sitting_id, session=session)
        if result is not None:  # a first decision had to wait for this
            ask_for_decision(result.id, occasion=f"undone:{row.id}", session=session, jobs=jobs)
    return count
