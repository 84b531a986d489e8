"""Decisions under a norm are open: whoever starts from now on is no longer told that they wait."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment.models import PINNED, Edition
from app.assessment.queries import latest_edition


def end_awards_wait(norm_id: UUID, skill: str, language: str, *, session: Session, at: datetime) -> Edition | None:
    """Append the latest edition once more, without the wait; None where sittings start under another norm by now."""
    latest = latest_edition(skill, language, session=session)
    if latest is None or latest.norm_id != norm_id or not latest.awards_wait:
        return None
    same = {name: getattr(latest, name) for name in (*PINNED, "exposure")}
    edition = Edition(**same, awards_wait=False, adopted_at=at)
    session.add(edition)
    session.flush()
    return edition
