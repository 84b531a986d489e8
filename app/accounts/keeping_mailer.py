"""Keeps the words of a message on the person's own place before its mail goes out: a mailbox may refuse it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from app.accounts.inserting import insert_if_absent
from app.accounts.models import Letter, Person, SecondAddress
from app.foundation.clock import Clock
from app.foundation.db import Database
from app.foundation.mail import Mailer, Message


class KeepingMailer:
    """A mailer that keeps each letter first, once, however often its mail is tried, and adds a second address."""

    def __init__(self, mailer: Mailer, database: Database, clock: Clock) -> None:
        self._mailer, self._database, self._clock = mailer, database, clock

    def send(self, message: Message) -> None:
        """Keep what is for a person's own place, and hand the message over. Whoever is gone is not written to.

        It writes in a transaction of its own, so that the letter stays where the mail server refuses: never call it
        with SQLite's lock of writers in hand.

        Raises
        ------
        MailUnavailable, MailboxRefused, Misaddressed
        """
        addressed = self._kept(message, message.person_id) if message.person_id else message
        if addressed is not None:
            self._mailer.send(addressed)

    def forget(self, address: str) -> None:
        """Drop the mail. Letters go with the account."""
        self._mailer.forget(address)

    def forget_keyed(self, beginning: str) -> None:
        """Drop the mail of messages whose key begins so."""
        self._mailer.forget_keyed(beginning)

    def reach(self) -> None:
        """Return if mail could go out now.

        Raises
        ------
        MailUnavailable
        """
        self._mailer.reach()

    def _kept(self, message: Message, person_id: UUID) -> Message | None:
        """The message to every mailbox of the person; None where there is no such person.

        Their row is held meanwhile, so that no letter outlives an erasure.
        """
        with self._database.transaction() as session:
            person = session.get(Person, person_id, with_for_update=True)
            if person is None:
                return None
            letter = Letter(
                key=message.key,
                person_id=person_id,
                language=person.language,
                subject=message.subject,
                text=message.text,
                written_at=self._clock.now(),
            )
            insert_if_absent(letter, session=session)
            second = session.get(SecondAddress, person_id)
            return replace(message, also_to=(second.email,)) if second and second.proven_at else message
