"""Job: the message that a founder was promised."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import PersonNotFound
from app.assessment.founding_progress import promise_to
from app.assessment.queries import sitting_policy
from app.foundation.clock import Clock
from app.foundation.mail import Mailer, Message
from app.item_bank import queries as item_bank

TEXT = {
    "en": (
        "{skill}: the norm you helped to build exists",
        """\
Hello,

You took {skill} while there was no norm yet, and so helped to build it. It exists now, thank you.

As promised, you may take it once more outside the limit of {most} in {months}. This time your result has a
percentile rank, and a certificate is in reach:

{base_url}/skills/{slug}/start

Your first result stays as it was; nothing is awarded for it afterwards.

Decile
{base_url}
""",
    ),
    "fr": (
        "{skill} : la norme que vous avez aidé à construire existe",
        """\
Bonjour,

Vous avez passé {skill} quand il n’y avait pas encore de norme, et aidé ainsi à la construire. Elle existe maintenant,
merci.

Comme promis, vous pouvez la passer une fois de plus, hors de la limite de {most} en {months}. Cette fois, votre
résultat a un rang centile, et un certificat est possible :

{base_url}/skills/{slug}/start

Votre premier résultat reste tel quel ; rien n’est décerné après coup.

Decile
{base_url}
""",
    ),
}
MONTHS = {"en": ("month", "months"), "fr": ("mois", "mois")}  # one, and several


def tell_founder(person_id: UUID, skill: str, *, base_url: str, session: Session, clock: Clock, mailer: Mailer) -> None:
    """Send it, unless it was noted as sent or the person is gone. Under one key for ever: a retry is recognisable."""
    promise = promise_to(person_id, skill, session=session)
    if promise is None or promise.told_at is not None:
        return
    try:
        person = accounts.person(person_id, session=session)
    except PersonNotFound:
        return
    subject, body = TEXT[person.language]
    name = item_bank.skill(skill, session=session).names[person.language]
    limit = _limit(person.language, session=session, at=clock.now())
    text = body.format(skill=name, slug=skill, base_url=base_url, **limit)
    key = f"founder:{skill}:{person_id}"
    mailer.send(Message(person.email, subject.format(skill=name), text, key=key, person_id=person_id))


def _limit(language: str, *, session: Session, at: datetime) -> dict[str, str]:
    """How many sittings in how many months, by the policy in force."""
    policy = sitting_policy(session=session, at=at)
    one, several = MONTHS[language]
    return {
        "most": str(policy.most_sittings),
        "months": f"{policy.limit_months} {several if policy.limit_months > 1 else one}",
    }
