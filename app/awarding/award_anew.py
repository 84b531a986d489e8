"""An award that was withdrawn from the wrong account is made to the right one, with the marks it had."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.awarding.decide_award import make_award
from app.awarding.errors import AwardNotFound
from app.awarding.models import Award
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.results import queries as results


def award_anew(result_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor) -> None:
    """Make it to whoever the result belongs to now. What was decided is not decided again.

    Raises
    ------
    AwardNotFound
        The result never earned one, or one stands.
    """
    former = session.scalars(select(Award).where(Award.result_id == result_id).with_for_update()).all()
    if not former or any(one.withdrawn_at is None for one in former):
        raise AwardNotFound(result_id)
    result, now = results.result(result_id, session=session), clock.now()
    marks = tuple(former[-1].specimen_reasons)
    make_award(result, marks, session=session, at=now, entropy=entropy, jobs=jobs)
    session.flush()
    audit.record("award.made_anew", result_id, actor=actor, at=now, session=session)
