"""Where the public log counts: a skill, a norm and a month, the month in which a score was read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.awarding.readings import Reading
from app.results.queries import ReadAt
from app.transparency import queries as log


class Place(NamedTuple):
    """One line of the issuer's months."""

    skill: str
    norm: str
    month: str


def place_of(reading: Reading | ReadAt) -> Place:
    """The place in which a score is counted."""
    return Place(reading.skill, str(reading.norm_id), f"{reading.at:%Y-%m}")


def charged_to(issue: Mapping[str, Any]) -> Place:
    """The place against which an issue counts. Older entries name no month but their own."""
    return Place(issue["skill"], issue["norm"], issue.get("month", issue["at"][:7]))


def told_places(*, session: Session) -> frozenset[Place]:
    """Those whose entry is written: no more can be said of them."""
    return frozenset(Place(one["skill"], one["norm"], one["month"]) for one in log.entries("month", session=session))
