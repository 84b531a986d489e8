"""Use case: before a person's scores go, their numbers are kept for the months that the public log has still to tell.

Else their certificates, which stay in the log, would be more than the scores that are left. Numbers alone are kept, and
only until the month is told.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.awarding.readings import readings_of
from app.credentials.log_places import Place, place_of, told_places
from app.credentials.models import UntoldScores
from app.results import queries as results


def keep_untold_scores(person_id: UUID, *, session: Session) -> None:
    """Add what this person scored to the counts of those who are gone."""
    told = told_places(session=session)
    for result_id in results.ids_of(person_id, session=session):
        for reading in readings_of(result_id, session=session):
            if place_of(reading) not in told:
                _count(place_of(reading), is_above=reading.is_above, session=session)


def _count(place: Place, *, is_above: bool, session: Session) -> None:
    key = {"skill": place.skill, "norm_id": UUID(place.norm), "month": place.month}
    row = session.get(UntoldScores, key, with_for_update=True)
    if row is None:
        row = UntoldScores(**key, eligible=0, above=0)
        session.add(row)
    row.eligible += 1
    row.above += is_above
    session.flush()
