"""Who, by name, would come out otherwise at renewal: for support alone, and computed anew each time it is asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.norming.bases import sittings_on_the_scale
from app.norming.forecast import who_would_differ
from app.norming.queries import norm as norm_view
from app.norming.queries import published


def renewing_people(norm_id: UUID, *, session: Session, at: datetime) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """People newly above the line under this norm, and people no longer above it, by their latest sitting."""
    norm = norm_view(norm_id, session=session)
    in_force = [
        one for one in published(norm.skill, norm.language, session=session) if one.population == norm.population
    ]
    sittings = sittings_on_the_scale(norm, session=session, at=at)
    return who_would_differ(sittings, norm, in_force[0] if in_force else None)
