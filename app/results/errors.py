"""Named refusals of results."""

from __future__ import annotations

from uuid import UUID

from app.foundation.errors import NotFound


class ResultNotFound(NotFound):
    """No result under that id for this asker."""

    code = "result-not-found"

    def __init__(self, result_id: UUID) -> None:
        super().__init__(f"There is no result {result_id} here. It may still be on its way; reload in a moment.")
