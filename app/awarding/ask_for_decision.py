"""A result that has no decision yet gets one, now that what kept it waiting is over."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding import queries
from app.foundation.jobs import Jobs


def ask_for_decision(result_id: UUID, *, occasion: str, session: Session, jobs: Jobs) -> bool:
    """Whether one was asked for. Each is a job of its own, and asking twice on one occasion asks once."""
    if queries.decision_on(result_id, session=session) is not None:
        return False
    arguments = {"result_id": str(result_id)}
    jobs.enqueue("decide_award", f"award:{occasion}:{result_id}", session=session, arguments=arguments)
    return True
