"""Periodic: the time to undo a rescoring is over, so what follows from it is done, once."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.assessment.allow_sitting import allow_sitting
from app.assessment.corrections import CorrectionView, corrections_by, is_followed_by_undoable
from app.assessment.hold_completed import hold_completed
from app.awarding.decide_what_waited import decide_what_waited
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.results import queries as results
from app.reviews.models import ItemRescoring
from app.reviews.rescoring_preview import Effect, certificate_stands


def settle_rescorings(*, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs) -> int:
    """How many were settled. What was refused is decided again; whoever would have lost gets another sitting.

    One waits while a later one of the same sittings can be undone, for what is read until then is what that one says.

    What was annulled or found one too many meanwhile counts for nothing, so nothing follows from it. No certificate is
    revoked: it was issued in good faith under the rule, and runs to its end.
    """
    now = clock.now()
    due = select(ItemRescoring).where(
        ItemRescoring.undo_until_at < now, ItemRescoring.undone_at.is_(None), ItemRescoring.settled_at.is_(None)
    )
    rows = session.scalars(due.order_by(ItemRescoring.applied_at).with_for_update()).all()
    ripe = [row for row in rows if not is_followed_by_undoable(row.id, session=session, at=now)]
    for row in ripe:
        for one in corrections_by(row.id, session=session):
            _settle(one, row, session=session, clock=clock, entropy=entropy, jobs=jobs)
        row.settled_at = now
        audit.record("rescoring.settled", row.id, actor=system(), at=now, session=session)
    session.flush()
    return len(ripe)


def _settle(
    one: CorrectionView, row: ItemRescoring, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs
) -> None:
    result = results.result_of_sitting(one.sitting_id, session=session)
    if result is None or not hold_completed(one.sitting_id, session=session):
        return
    decide_what_waited(
        result.id, occasion=f"settled:{row.id}", session=session, clock=clock, entropy=entropy, jobs=jobs,
        actor=system(),
    )  # fmt: skip
    if one.effect == Effect.LOSES and certificate_stands(result.id, session=session, at=one.corrected_at):
        cause = f"rescoring:{row.id}:{one.sitting_id}"
        allow_sitting(
            one.person_id, row.skill, cause=cause, session=session, clock=clock, entropy=entropy, actor=system()
        )
