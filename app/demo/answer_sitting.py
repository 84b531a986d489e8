"""An invented person answers a sitting item by item, through the use case behind the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.assessment import queries as sittings
from app.assessment.record_response import record_response
from app.demo.past import PastClock
from app.foundation.jobs import Jobs


def answer_sitting(
    sitting_id: UUID,
    person_id: UUID,
    *,
    answer: Callable[[str], Any],
    seconds: Callable[[str], float],
    most: int | None = None,
    session: Session,
    clock: PastClock,
    jobs: Jobs,
) -> bool:
    """Answer until the sitting ends, or `most` items; whether it is still open.

    `answer` gives what the pages would send for an item's code, `seconds` how long the person takes over it.
    """
    position, is_open = 0, True
    while is_open and position != most:
        position += 1
        code = sittings.item_code_at(sitting_id, position, session=session)
        clock.wait(seconds=seconds(code))
        recorded = record_response(
            sitting_id,
            position,
            answer(code),
            client_sequence=1,
            confirm=True,
            person_id=person_id,
            session=session,
            clock=clock,
            jobs=jobs,
        )
        is_open = recorded.state == "open"
    return is_open
