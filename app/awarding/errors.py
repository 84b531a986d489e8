"""Named refusals of awarding."""

from __future__ import annotations

from uuid import UUID

from app.foundation.errors import NotFound


class AwardNotFound(NotFound):
    """No award under that id."""

    code = "award-not-found"

    def __init__(self, award_id: UUID) -> None:
        super().__init__(f"There is no award {award_id}.")
