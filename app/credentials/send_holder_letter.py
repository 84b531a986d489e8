"""Job: tells a holder that a certificate was revoked, suspended, signed anew or put before a person, and the end."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.credentials import codes
from app.credentials.holder_letter_texts import LETTERS, REASONS
from app.credentials.holder_letters import Occasion, letter_key
from app.credentials.models import Credential, CredentialReview
from app.credentials.public_classes import public_class
from app.credentials.states import RevocationReason
from app.foundation import written
from app.foundation.mail import Mailer, Message


def send_holder_letter(
    credential_id: UUID, occasion: Occasion, cause: str, *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Send it. A credential that was erased meanwhile concerns nobody."""
    credential = session.get(Credential, credential_id)
    if credential is None:
        return
    person = accounts.person(credential.person_id, session=session)
    review = _review(cause, session=session) if occasion in _OF_A_REVIEW else None
    text = LETTERS[occasion][person.language]
    body = text.body.format(
        skill=credential.display["skill_names"][person.language],
        code=codes.grouped(credential.code),
        because=REASONS[person.language][credential.revocation_reason or RevocationReason.ADMINISTRATIVE],
        public_class=public_class(credential.revocation_reason, person.language),
        until=written.day(credential.valid_until, person.language),
        day=written.day(review.due_on, person.language) if review else "",
        reason=(review.reason or "") if review else "",
        link=f"{base_url}/credentials/{credential.code}",
        base_url=base_url,
    )
    mailer.send(Message(person.email, text.subject, body, key=letter_key(occasion, cause), person_id=person.id))


_OF_A_REVIEW = (Occasion.REVIEW_OPENED, Occasion.LEFT_WITHDRAWN)  # letters that say something of it


def _review(cause: str, *, session: Session) -> CredentialReview:
    return session.scalars(select(CredentialReview).where(CredentialReview.id == UUID(cause))).one()
