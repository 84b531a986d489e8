"""Named refusals of privacy."""

from __future__ import annotations

from datetime import date

from app.foundation.errors import Conflict, Invalid


class ChoiceMissing(Invalid):
    """What becomes of certificates was not said."""

    code = "erasure-choice-missing"

    def __init__(self) -> None:
        super().__init__("Say what becomes of certificates: revoke, or keep. Nothing was erased.")


class OnLegalHold(Conflict):
    """A court or a dispute may need what is kept of the person."""

    code = "erasure-legal-hold"

    def __init__(self) -> None:
        super().__init__(
            "A legal hold stands, so nothing of this person may be erased, and this request is not kept. Ask again "
            "once the hold is lifted. Nothing was erased."
        )


class CaseStillOpen(Conflict):
    """A person is looking at a result of theirs."""

    code = "erasure-case-open"

    def __init__(self, due_on: date) -> None:
        super().__init__(
            f"A person is looking at one of your results and answers by {due_on:%Y-%m-%d}. Until then your data is "
            "used for that alone. Take the question back or wait for the answer, then erase. Nothing was erased."
        )


class StillStaff(Conflict):
    """The person holds a staff role."""

    code = "erasure-still-staff"

    def __init__(self) -> None:
        super().__init__("You hold a staff role. Ask an operator to take it back first. Nothing was erased.")


class SignedRecords(Conflict):
    """The person drafted or approved a norm, or worked on items, and the record names the people behind these."""

    code = "erasure-signed-records"

    def __init__(self) -> None:
        super().__init__(
            "You worked on norms or items, and their record names the people behind it for as long as results cite it. "
            "Write to us: this account is erased by hand, with counsel. Nothing was erased."
        )
