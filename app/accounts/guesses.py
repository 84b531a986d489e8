"""Counts wrong guesses per address or person. One row per day, locked while a guess is judged.

A count in the database, not a rate limit in memory: it holds across processes, restarts, networks and months.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.accounts.inserting import insert_if_absent
from app.accounts.models import GuessCount
from app.accounts.rules import GuessLimit, mailbox_of
from app.foundation.jobs import Jobs
from app.foundation.links import Links

CODE = "code"
SECOND_FACTOR = "second_factor"
SECOND_ADDRESS = "second_address"  # no guess: that a mailbox was asked, whether it is one
SUBJECT_PURPOSE = "guess-subject"


@dataclass
class Guesses:
    """Today's row, locked, and what is left of the limit."""

    today: GuessCount
    left: int
    session: Session

    def add(self) -> None:
        """Count one wrong guess."""
        self.today.guesses += 1
        self.left -= 1

    def leave_no_trace(self) -> None:
        """Drop an empty row: it would make the next guess take another path, and so tell that somebody got in today."""
        if self.today.guesses == 0:
            self.session.delete(self.today)


def subjects_of_email(email: str, links: Links) -> list[str]:
    """Names for an address that need not be kept in the clear; newest key first."""
    return links.macs(SUBJECT_PURPOSE, email)


def subjects_of_mailbox(email: str, links: Links) -> list[str]:
    """The same for every spelling of one mailbox."""
    return subjects_of_email("@".join(mailbox_of(email)), links)


def subjects_of_person(person_id: UUID) -> list[str]:
    """The name under which a person's guesses are counted."""
    return [person_id.hex]


def counted(subjects: Sequence[str], kind: str, *, limit: GuessLimit, session: Session, at: datetime) -> Guesses:
    """The guesses of one subject. Others guessing at the same subject wait here until we are done."""
    key = (subjects[0], kind, at.date())
    today = session.get(GuessCount, key, with_for_update=True)
    if today is None:
        insert_if_absent(GuessCount(subject=key[0], kind=kind, guessed_on=key[2], guesses=0), session=session)
        today = session.get_one(GuessCount, key, with_for_update=True)
    in_window = session.scalar(
        select(func.coalesce(func.sum(GuessCount.guesses), 0)).where(
            GuessCount.subject.in_(subjects),
            GuessCount.kind == kind,
            GuessCount.guessed_on > at.date() - timedelta(days=limit.window_days),
        )
    )
    return Guesses(today, limit.left(today.guesses, in_window or 0), session)


def forget(subjects: Sequence[str], *, session: Session) -> None:
    """Drop every count of a subject."""
    session.execute(delete(GuessCount).where(GuessCount.subject.in_(subjects)))


def give_notice(kind: str, subject_id: UUID, key: str, *, session: Session, jobs: Jobs) -> None:
    """Have the owner told by mail that the limit is reached; once for each key."""
    arguments = {"kind": kind, "subject_id": str(subject_id)}
    jobs.enqueue("send_guessing_notice", f"mail:guessing:{key}", session=session, arguments=arguments)
