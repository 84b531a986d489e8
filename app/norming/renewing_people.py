"""Who, by name, would come out otherwise at renewal: for support alone, and computed anew each time it is asked."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.scored_sittings import latest_between
from app.item_bank import queries as item_bank
from app.norming.bases import DAYS_OF_A_CREDENTIAL
from app.norming.queries import norm as norm_view
from app.norming.queries import published

MOST_NAMED = 100  # of either kind, the latest; how many there are in all stands in the preview


def renewing_people(norm_id: UUID, *, session: Session, at: datetime) -> tuple[tuple[UUID, ...], tuple[UUID, ...]]:
    """People newly above the line under this norm, and people no longer above it, by their latest sitting.

    The median is above a line exactly where it is likelier than not that the person is, so they lie between the lines.
    """
    norm = norm_view(norm_id, session=session)
    scale = item_bank.on_the_same_scale(norm.calibration_id, session=session)
    in_force = [one for one in published(norm.skill, norm.language, session=session) if one.calibration_id in scale]
    if not in_force:
        return (), ()
    year, former = at - timedelta(days=DAYS_OF_A_CREDENTIAL), in_force[0].cut
    between = partial(
        latest_between, norm.skill, norm.language, scale, after=year, until=at, most=MOST_NAMED,
        session=session,
    )  # fmt: skip
    return between((norm.cut, former)), between((former, norm.cut))
