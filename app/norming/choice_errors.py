"""Refusals of choices: whose responses a norm may be made of, and whose not."""

from __future__ import annotations

from datetime import date

from app.foundation.errors import Conflict, Invalid, Refused
from app.norming.sample_errors import LONGEST_SHOWN_VALUE


class SubgroupNormRefused(Refused):
    """Norms by sex, race, age or the like would hide what they should show, and are unlawful in places."""

    code = "subgroup-norm-refused"

    def __init__(self, division: str) -> None:
        super().__init__(
            f"A norm is not made of some {division} groups alone, nor without one: everybody is compared with the same "
            "people. What may be chosen or left out are blocks called day, campaign, network, country or language."
        )


class ChoiceUnknown(Invalid):
    """The sample has no such division or label."""

    code = "choice-unknown"

    def __init__(self, division: str, label: str) -> None:
        super().__init__(f"The sample has no block {division}={label}. Look at its blocks on the norm desk.")


class NobodyChosen(Conflict):
    """No responses are left."""

    code = "nobody-chosen"

    def __init__(self, skill: str) -> None:
        super().__init__(
            f"This choice leaves no responses of {skill}. Take a longer window, or leave fewer blocks out."
        )


class ChoiceInvalid(Invalid):
    """It says nothing that could be chosen."""

    code = "choice-invalid"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text[:LONGEST_SHOWN_VALUE]!r} is no sample and no block (name=label). "
            "Choose a sample, or sittings in a language, and name blocks as the norm desk shows them."
        )


class ChoiceMixed(Invalid):
    """What belongs to sittings is said of a sample, or the other way round."""

    code = "choice-mixed"

    def __init__(self) -> None:
        super().__init__(
            "Days (--since, --until) bound sittings alone, so they need --sittings. Blocks (--only, --without) are "
            "of a stored sample, so they and --sample go without it. Leave out what belongs to the other. Nothing was "
            "begun."
        )


class DayInvalid(Invalid):
    """The first or the last day of a window is no day of the calendar."""

    code = "day-invalid"

    def __init__(self, bound: str, text: str) -> None:
        super().__init__(
            f"{text[:LONGEST_SHOWN_VALUE]!r} (--{bound}) is no day of the calendar. Write a day as 2026-11-28; nothing "
            "was begun."
        )
        self.bound = bound  # "since" or "until"


class WindowReversed(Invalid):
    """A window that ends before it begins."""

    code = "window-reversed"

    def __init__(self, since_on: date, until_on: date) -> None:
        super().__init__(
            f"The last day, {until_on}, lies before the first, {since_on}. Give them in order; nothing was begun."
        )
