"""What of the demonstration is there: asked at each start, and by whoever wants to look at it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import PersonNotFound
from app.assessment import queries as sittings
from app.assessment.founding_progress import waiting_founders
from app.assessment.queries import SittingView
from app.credentials import queries as credentials
from app.credentials import validity
from app.credentials.queries import CredentialView
from app.demo.cast import CAST, HOLDER, NEAR_MISS, STAFF, Ending, Part
from app.demo.sit import ending_of
from app.demo.stage import SKILL
from app.foundation.audit import AuditEntry
from app.norming import queries as norms

LOADED, FOUNDED = "demo.loaded", "demo.founded"  # kinds of audit entries


@dataclass(frozen=True, slots=True)
class Sights:
    """What there is to look at first. A thing that the policies in force did not let happen is None."""

    certificate_code: str | None
    near_miss_sitting: UUID | None
    norm_id: UUID | None
    pending_norm_id: UUID | None


def is_loaded(*, session: Session) -> bool:
    """Whether the demonstration was loaded to its end."""
    return session.scalar(select(AuditEntry.sequence).where(AuditEntry.kind == LOADED).limit(1)) is not None


def real_content(*, session: Session, skill: str = SKILL) -> str | None:
    """What of the skill belongs to real people, so that nothing simulated may be put beside it."""
    real = [norm.label for norm in norms.norms(session=session, skill=skill) if not norm.demo]
    if real:
        return f"the norm {real[0]} of real people"
    return "a sample of real people" if norms.has_real_sample(skill, session=session) else None


def anything_of(skill: str, *, session: Session) -> str | None:
    """What is there that a founding run of the skill could not begin from."""
    if is_loaded(session=session):
        return "a loaded demonstration"
    if session.scalar(select(AuditEntry.sequence).where(AuditEntry.kind == "policy.set").limit(1)) is not None:
        return "a policy other than the shipped one"
    if norms.norms(session=session, skill=skill):
        return f"a norm of {skill}"
    if any(promise.skill == skill for promise in waiting_founders(session=session)):
        return f"a founder of {skill}"
    return None


def is_there(part: Part, *, session: Session) -> bool:
    """Whether this person lives already."""
    try:
        return accounts.person_by_email(part.email, session=session).has_joined
    except PersonNotFound:
        return False


def sights(*, session: Session) -> Sights:
    """Where to look first."""
    shown = [one for one in _credentials_of(HOLDER, session=session) if one.is_shown]
    near = _sittings_of(NEAR_MISS, session=session)
    in_force = norms.published(SKILL, "en", session=session)
    pending = [one for one in norms.norms(session=session, skill=SKILL) if one.state == "previewed" and one.demo]
    return Sights(
        certificate_code=shown[0].code if shown else None,
        near_miss_sitting=near[0].id if near else None,
        norm_id=next((one.id for one in in_force if one.demo), None),
        pending_norm_id=pending[0].id if pending else None,
    )


def counts(*, session: Session, at: datetime) -> dict[str, int]:
    """How many there are of each: people, sittings by their ending, credentials by their state."""
    found: Counter[str] = Counter()
    window = credentials.policy(session=session, at=at).renewal_window_days
    for part in (*CAST, *STAFF):
        if not is_there(part, session=session):
            continue
        found["people"] += 1
        for sitting in _sittings_of(part, session=session):
            found[f"sittings {_ending_of(sitting, session=session)}"] += 1
        for credential in _credentials_of(part, session=session):
            found[f"specimens {_state_of(credential, at=at, window_days=window)}"] += 1
    return dict(found)


def _ending_of(sitting: SittingView, *, session: Session) -> Ending:
    if sitting.is_complete:
        return ending_of(sitting.id, session=session)
    return Ending.OPEN if sitting.is_open else Ending.LEFT


def _state_of(credential: CredentialView, *, at: datetime, window_days: int) -> str:
    if credential.revoked_at is not None:
        return "revoked"
    if validity.has_ended(credential.valid_until, at=at):
        return "expired"
    return "ending soon" if validity.is_renewable(credential.valid_until, at=at, window_days=window_days) else "current"


def _credentials_of(part: Part, *, session: Session) -> tuple[CredentialView, ...]:
    person_id = accounts.person_by_email(part.email, session=session).id
    return credentials.credentials_of(person_id, session=session)


def _sittings_of(part: Part, *, session: Session) -> tuple[SittingView, ...]:
    person_id = accounts.person_by_email(part.email, session=session).id
    return sittings.sittings_of(person_id, session=session)
