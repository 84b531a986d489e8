"""What was true of a norm when it was drafted and previewed, looked at anew on the day somebody acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from app.norming.errors import NormMovedOn, WindowOutgrown
from app.norming.locked import published_for_update
from app.norming.models import NormVersion
from app.norming.policy import NormPolicy
from app.norming.rules import is_too_old

IN_FORCE = "in_force"  # in a preview: id of the norm then in force, on whatever scale; None where there was none


def compared_with(preview: Mapping[str, Any] | None) -> str | None:
    """Id of the norm that was in force at the preview.

    Previews of former releases name it only where it was on the draft's scale. Where it was not, they count as compared
    with none, so that they are made again before anybody approves.
    """
    seen = preview or {}
    former = seen.get("former")
    found: str | None = seen.get(IN_FORCE, former["id"] if former else None)
    return found


def require_same_in_force(norm: NormVersion, *, session: Session) -> None:
    """Refuse where another norm took force since the preview: its figures are of a change that would not happen."""
    in_force = published_for_update(norm.skill, norm.language, session=session)
    if compared_with(norm.preview) != (str(in_force.id) if in_force else None):
        raise NormMovedOn(norm.label)


def require_young_window(norm: NormVersion, *, on: date, policy: NormPolicy) -> None:
    """Refuse a norm for awards that has outgrown its window. It is never edited, so it cannot lose them either."""
    if norm.may_certify and is_too_old(norm.window_start_on, on=on, policy=policy):
        raise WindowOutgrown(norm.label, norm.window_start_on, policy.window_months)
