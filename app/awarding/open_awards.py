"""Job: the founders behind a norm were compared and the comparison held, so the decisions that waited are made."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding import queries
from app.foundation.jobs import Jobs
from app.results import queries as results


def open_awards(norm_id: UUID, *, session: Session, jobs: Jobs) -> int:
    """How many decisions were asked for; each is a job of its own, and asking twice asks once."""
    waiting = [
        result_id
        for result_id in results.results_under(norm_id, session=session)
        if queries.decision_on(result_id, session=session) is None
    ]
    for result_id in waiting:
        arguments = {"result_id": str(result_id)}
        jobs.enqueue("decide_award", f"award-opened:{result_id}", session=session, arguments=arguments)
    return len(waiting)
