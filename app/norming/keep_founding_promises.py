"""Periodic: whoever helped to build a norm that now exists is told, once."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.assessment.founding_progress import waiting_founders
from app.foundation.jobs import Jobs
from app.norming import queries


def keep_founding_promises(*, session: Session, jobs: Jobs) -> int:
    """How many founders have a message coming. The job's name is the promise, so asking again sends nothing more.

    Only a norm of real people that gives percentile ranks is the norm they were promised; or, where all founders are
    simulated, the demo norm made of them.
    """
    due = [
        promise
        for promise in waiting_founders(session=session)
        if any(
            norm.gives_percentile_rank and (norm.is_founding or not norm.demo)
            for norm in queries.published(promise.skill, promise.language, session=session)
        )
    ]
    for promise in due:
        arguments = {"person_id": str(promise.person_id), "skill": promise.skill}
        key = f"founder:{promise.skill}:{promise.person_id}"
        jobs.enqueue("tell_founder", key, session=session, arguments=arguments)
    return len(due)
