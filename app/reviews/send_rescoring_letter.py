"""Job: tells a person that their result was computed again without a faulty question, or that it was not after all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment import corrections
from app.foundation import policies
from app.foundation.mail import Mailer, Message
from app.item_bank import queries as banks
from app.reviews.models import ItemRescoring
from app.reviews.policy import ReviewPolicy
from app.reviews.rescoring_preview import Effect
from app.reviews.rescoring_texts import CORRECTED, EFFECTS, TAKEN_BACK, UNDONE


def send_rescoring_letter(
    rescoring_id: UUID, sitting_id: UUID, occasion: str, *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Send it once: the key names decision, sitting and occasion. What was erased meanwhile concerns nobody."""
    row = session.get_one(ItemRescoring, rescoring_id)
    found = [one for one in corrections.corrections_by(rescoring_id, session=session) if one.sitting_id == sitting_id]
    if not found or row.applied_at is None:
        return
    person = accounts.person(found[0].person_id, session=session)
    language = person.language
    days = policies.current(ReviewPolicy, session=session, at=row.applied_at).rescoring_undo_days
    text = (TAKEN_BACK if occasion == UNDONE else CORRECTED)[language]
    body = text.body.format(
        skill=banks.skill(row.skill, session=session).names[language],
        effect="" if occasion == UNDONE else EFFECTS[language][Effect(occasion)].format(days=days),
        days=days,
        link=f"{base_url}/results/{sitting_id}",
        base_url=base_url,
    )
    key = f"rescoring:{occasion}:{rescoring_id}:{sitting_id}"
    mailer.send(Message(person.email, text.subject, body, key=key, person_id=person.id))
