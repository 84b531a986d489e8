"""Job: tells the person who asked that the case is open, or what came of it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation import written
from app.foundation.mail import Mailer, Message
from app.item_bank import queries as banks
from app.reviews.mail_texts import DECIDED, OPENED, OUTCOMES, REPLAYED
from app.reviews.models import ReviewCase, State


def send_case_letter(case_id: UUID, occasion: str, *, base_url: str, session: Session, mailer: Mailer) -> None:
    """Send it once: the key names this opening of the case, and the occasion. One that was erased concerns nobody."""
    case = session.get(ReviewCase, case_id)
    if case is None:
        return
    person = accounts.person(case.person_id, session=session)
    texts = (DECIDED if occasion == "decided" else OPENED)[person.language]
    body = texts.body.format(
        skill=banks.skill(case.skill, session=session).names[person.language],
        due_on=written.day(case.due_on, person.language),
        outcome=_outcome(case, person.language),
        explanation=case.explanation or "",
        link=f"{base_url}/results/{case.sitting_id}/review",
        base_url=base_url,
    )
    mailer.send(Message(person.email, texts.subject, body, key=f"case:{occasion}:{case.opening}", person_id=person.id))


def _outcome(case: ReviewCase, language: str) -> str:
    if case.state is not State.DECIDED or case.outcome is None:
        return ""
    words = OUTCOMES[language][case.outcome]
    if case.replay_matched is None:
        return words
    return f"{words} {REPLAYED[language][case.replay_matched]}"
