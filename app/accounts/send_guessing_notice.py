"""Job: tells a person that guessing at their codes has been stopped."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.mail_texts import GUESSED_CODE, GUESSED_SECOND_FACTOR
from app.accounts.models import GuessCount, Person, SignInRequest
from app.foundation.mail import Mailer, Message

TEXTS = {guesses.CODE: GUESSED_CODE, guesses.SECOND_FACTOR: GUESSED_SECOND_FACTOR}


def send_guessing_notice(kind: str, subject_id: UUID, *, base_url: str, session: Session, mailer: Mailer) -> None:
    """Send it to the person, if one has joined under that address; a stranger's typing slips concern nobody."""
    person = _whom(kind, subject_id, session=session)
    if person is None or not person.has_joined:
        return
    text = TEXTS[kind][person.language]
    body = text.body.format(base_url=base_url)
    day = _last_day(kind, person.id, session=session)
    key = f"guessing:{kind}:{subject_id}{day}"
    mailer.send(Message(person.email, text.subject, body, key=key, person_id=person.id))


def _last_day(kind: str, person_id: UUID, *, session: Session) -> str:
    """Tell notices about one person apart; those about a request already differ by its id."""
    if kind == guesses.CODE:
        return ""
    newest = select(func.max(GuessCount.guessed_on)).where(
        GuessCount.subject.in_(guesses.subjects_of_person(person_id)), GuessCount.kind == kind
    )
    return f":{session.scalar(newest)}"


def _whom(kind: str, subject_id: UUID, *, session: Session) -> Person | None:
    if kind == guesses.SECOND_FACTOR:
        return session.get(Person, subject_id)
    asked = select(SignInRequest.email).where(SignInRequest.id == subject_id).scalar_subquery()
    return session.scalar(select(Person).where(Person.email == asked))
