"""Named refusals of reviews."""

from __future__ import annotations

from datetime import date

from app.foundation.errors import Conflict, Invalid, NotFound, Refused


class CaseNotFound(NotFound):
    """No such case, or not for this asker."""

    code = "case-not-found"

    def __init__(self) -> None:
        super().__init__("There is no such case here. The list of cases shows those that exist.")


class OwnCase(Refused):
    """A reviewer came to a case about their own result."""

    code = "own-case"

    def __init__(self) -> None:
        super().__init__("This case is about your own result, so another reviewer decides it.")


class NothingToReview(Conflict):
    """There is no decided result to ask about."""

    code = "nothing-to-review"

    def __init__(self) -> None:
        super().__init__("There is no decision yet that a person could look at. Open the result again in a moment.")


class AskedTooLate(Conflict):
    """The days in which one may ask are over."""

    code = "asked-too-late"

    def __init__(self, until_on: date) -> None:
        super().__init__(f"A person could be asked until {until_on:%Y-%m-%d}. Write to us if something kept you.")


class CaseClosed(Conflict):
    """The case was decided or taken back."""

    code = "case-closed"

    def __init__(self) -> None:
        super().__init__("This case is closed: it was decided, or taken back by the person who asked.")


class CaseIncomplete(Invalid):
    """Something in the form is missing or too long."""

    code = "case-incomplete"

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"The case was not changed: {field} is missing, too short, too long or not to be chosen here.")
