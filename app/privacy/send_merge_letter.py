"""Job: tells one of two addresses what was asked, done or dropped about their accounts, why, and how to object."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.rules import mask_email
from app.assessment import queries as sittings
from app.foundation import written
from app.foundation.mail import Mailer, Message
from app.item_bank import queries as banks
from app.privacy.merge_letters import APPLIED, STAYING
from app.privacy.merge_texts import BEYOND, CASES, EVIDENCE, LETTERS, LINE, NONE_BEYOND, NORM_USE
from app.privacy.models import AccountMerge
from app.reviews import queries as reviews


def send_merge_letter(
    merge_id: UUID, occasion: str, reader: str, *, base_url: str, session: Session, mailer: Mailer
) -> None:
    """Send it once: the key names merge, occasion and reader. A merge that was erased meanwhile concerns nobody."""
    merge = session.get(AccountMerge, merge_id)
    if merge is None:
        return
    staying, leaving = (accounts.person(one, session=session) for one in (merge.staying_id, merge.leaving_id))
    person, other = (staying, leaving) if reader == STAYING else (leaving, staying)
    language = person.language
    text = LETTERS[occasion][reader][language]
    body = text.body.format(
        other=mask_email(other.email),
        evidence="\n".join(f"- {EVIDENCE[language][one]}" for one in merge.evidence),
        reason=merge.reason,
        until=written.minute(merge.heard_until_at, language) + " UTC",
        effects=_effects(merge, language, base_url=base_url, session=session) if occasion == APPLIED else "",
        base_url=base_url,
    )
    key = f"merge:{occasion}:{reader}:{merge.id}"
    mailer.send(Message(person.email, text.subject, body, key=key, person_id=person.id))


def _effects(merge: AccountMerge, language: str, *, base_url: str, session: Session) -> str:
    """What it means: sittings that count no more, what a person looks at, and until when to ask."""
    effects = merge.effects or {}
    beyond = [UUID(one) for one in effects["beyond"]]
    parts = [NONE_BEYOND[language]]
    if beyond and merge.applied_at is not None:
        days = reviews.policy(session=session, at=merge.applied_at).ask_within_days
        lines = _lines(merge, beyond, language, base_url=base_url, session=session)
        parts = [BEYOND[language].format(lines="\n".join(lines), days=days)]
    if effects["cases"] or effects["register"]:
        parts.append(CASES[language])
    if effects["ends_norm_use"]:
        parts.append(NORM_USE[language])
    return "\n\n".join(parts)


def _lines(merge: AccountMerge, beyond: Sequence[UUID], language: str, *, base_url: str, session: Session) -> list[str]:
    of_person = {one.id: one for one in sittings.sittings_of(merge.staying_id, session=session)}
    found = sorted((of_person[one] for one in beyond if one in of_person), key=lambda one: one.started_at)
    return [
        LINE[language].format(
            skill=banks.skill(one.skill, session=session).names[language],
            on=written.day(one.started_at, language),
            link=f"{base_url}/results/{one.id}/review",
        )
        for one in found
    ]
