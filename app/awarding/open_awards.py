"""Job: the founders behind a norm were compared and the comparison held, so the decisions that waited are made."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding.ask_for_decision import ask_for_decision
from app.foundation.jobs import Jobs
from app.results import queries as results


def open_awards(norm_id: UUID, *, session: Session, jobs: Jobs) -> int:
    """How many decisions were asked for."""
    waiting = results.results_under(norm_id, session=session)
    return sum(ask_for_decision(one, occasion="opened", session=session, jobs=jobs) for one in waiting)
