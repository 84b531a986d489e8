"""Reading a list of addresses that somebody pasted: one per line, or several with commas or semicolons between them."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.accounts.errors import EmailInvalid
from app.accounts.rules import normalise_email

BETWEEN = re.compile(r"[,;]")


class Address(NamedTuple):
    """One that was sent, or what stands in its place, with the number of its line, from 1."""

    line: int
    sent: str

    @property
    def is_whole(self) -> bool:
        """Whether mail can be written to it."""
        try:
            normalise_email(self.sent)
        except EmailInvalid:
            return False
        return True


def addresses_of(text: str) -> tuple[Address, ...]:
    """All of them in their order; what lies between two is not divided any further, so that it can be quoted."""
    parts = [(number, part) for number, line in enumerate(text.splitlines(), 1) for part in BETWEEN.split(line)]
    return tuple(Address(number, part.strip()) for number, part in parts if part.strip())
