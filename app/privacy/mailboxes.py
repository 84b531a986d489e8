"""Where mail about a person may still lie with us when they are erased."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.accounts.second_addresses import NAMED
from app.foundation.mail import Mailer


@dataclass(frozen=True, slots=True)
class Mailboxes:
    """A person's accounts, merged ones included, with the addresses of all."""

    person_ids: tuple[UUID, ...]
    addresses: tuple[str, ...]

    def empty(self, mailer: Mailer) -> None:
        """Drop what went to them and what asked a second address: that may be a stranger's, whose other mail stays."""
        for address in self.addresses:
            mailer.forget(address)
        for person_id in self.person_ids:
            mailer.forget_keyed(f"{NAMED}:{person_id}:")
