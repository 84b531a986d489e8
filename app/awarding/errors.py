"""Named refusals of awarding."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.foundation.errors import Conflict, NotFound


class AwardNotFound(NotFound):
    """No award under that id."""

    code = "award-not-found"

    def __init__(self, award_id: UUID) -> None:
        super().__init__(f"There is no award {award_id}.")


class DecisionWaits(Conflict):
    """What the decision would rest on can still be undone."""

    code = "award-decision-waits"

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(
            "The result is read without a faulty question, and that can be undone until "
            f"{until:%Y-%m-%d %H:%M} UTC. Decide after that; nothing was changed."
        )


class NotHeld(Conflict):
    """The decision on this result waits for nobody."""

    code = "award-not-held"

    def __init__(self, result_id: UUID) -> None:
        super().__init__(f"The decision on result {result_id} does not wait for a person, so nothing was changed.")


class HoldRefused(Conflict):
    """A hold would be confirmed that the rule refuses by now, as after a correction of its result."""

    code = "award-refused-by-rule"

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(
            f"The result was corrected, and the rule refuses it now ({', '.join(reasons)}), so no award can be made. "
            "Decide on another sitting, or annul this one. Nothing was changed."
        )
