"""The first of two people asks that a certificate is changed in the register. Nothing changes yet."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import EmailInvalid, PersonNotFound
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.credentials import codes
from app.credentials import queries as credentials
from app.credentials.errors import CredentialNotFound
from app.credentials.queries import CredentialView
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.locks import hold
from app.reviews.change_effects import EFFECTS
from app.reviews.change_rules import require_possible, require_unconcerned
from app.reviews.errors import ChangeIncomplete, ChangeOpen
from app.reviews.models import Change, RegisterChange
from app.reviews.policy import ReviewPolicy


def ask_for_change(
    code: str,
    kind: str,
    reason: str,
    *,
    to_address: str = "",
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> UUID:
    """The id of what was asked for, which another reviewer applies or drops.

    Raises
    ------
    Forbidden, ProofNotFresh, ChangeIncomplete, TypingError, CredentialNotFound, OwnCertificate, ChangeOpen,
    NotReversible, NotReinstatable, ChangeNotPossible
    """
    require(actor, Role.REVIEWER)
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    policy = policies.current(ReviewPolicy, session=session, at=now)
    chosen, words = _checked(kind, reason, policy)
    found = _of_code(code, session=session)
    to_person_id = _right_account(to_address, found, session=session) if chosen is Change.MOVE else None
    require_unconcerned(actor.person_id, found.person_id, to_person_id, session=session)
    hold(session, "register-change", found.id)
    require_possible(chosen, found.id, to_person_id, session=session)
    former = session.scalars(select(RegisterChange).where(RegisterChange.credential_id == found.id))
    if any(one.is_open(at=now) for one in former):
        raise ChangeOpen
    change = RegisterChange(
        id=entropy.uuid(),
        credential_id=found.id,
        kind=chosen,
        to_person_id=to_person_id,
        reason=words,
        asked_at=now,
        asked_by=actor.person_id,
        lapses_at=now + timedelta(days=policy.change_open_days),
    )
    session.add(change)
    session.flush()
    audit.record("register.asked", found.id, actor=actor, at=now, session=session, detail={"change": chosen.value})
    return change.id


def _checked(kind: str, reason: str, policy: ReviewPolicy) -> tuple[Change, str]:
    if kind not in set(EFFECTS):
        raise ChangeIncomplete("kind")
    words = reason.strip()
    if not policy.shortest_explanation <= len(words) <= policy.longest_words:
        raise ChangeIncomplete("reason")
    return Change(kind), words


def _right_account(address: str, found: CredentialView, *, session: Session) -> UUID:
    try:
        person = accounts.person_by_email(address, session=session)
    except (EmailInvalid, PersonNotFound):
        raise ChangeIncomplete("to_address") from None
    if person.id == found.person_id or not person.has_joined:
        raise ChangeIncomplete("to_address")
    return person.id


def _of_code(code: str, *, session: Session) -> CredentialView:
    found = credentials.credential_of_code(codes.read_code(code), session=session)
    if found is None or not found.is_issued:
        raise CredentialNotFound
    return found
