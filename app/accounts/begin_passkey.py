"""A browser asks to make or to use a passkey; it gets a challenge, and the question to put to the device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.errors import PasskeysImpossible, TooManyPasskeys
from app.accounts.fresh_proof import require_fresh_proof, require_fresh_sign_in
from app.accounts.models import Passkey, Person
from app.accounts.passkey_challenges import Ceremony, make_challenge
from app.accounts.passkey_messages import creation_options, request_options
from app.accounts.policy import AccountPolicy
from app.accounts.relying_party import RelyingParty, relying_party
from app.accounts.second_factors import has_second_factor
from app.foundation import policies
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy

MILLISECONDS_PER_MINUTE = 60_000


@dataclass(frozen=True, slots=True)
class PasskeyQuestion:
    """The challenge stays with the browser; `options` is the JSON for its script."""

    challenge: str
    options: str


def begin_registration(
    *, base_url: str, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> PasskeyQuestion:
    """Let the device of a person who proved just now who they are make a passkey.

    Raises
    ------
    ProofNotFresh, TooManyPasskeys, PasskeysImpossible
    """
    person_id, now, party = _person(actor), clock.now(), _party(base_url)
    require_may_add(actor, session=session, at=now)
    policy = policies.current(AccountPolicy, session=session, at=now)
    known = _passkeys_of(person_id, session=session)
    if len(known) >= policy.most_passkeys:
        raise TooManyPasskeys(policy.most_passkeys)
    challenge = make_challenge(
        Ceremony.REGISTRATION, person_id, session=session, at=now, entropy=entropy, policy=policy
    )
    options = creation_options(
        challenge,
        party=party,
        person_id=person_id,
        email=session.get_one(Person, person_id).email,
        known=known,
        timeout_ms=policy.passkey_challenge_minutes * MILLISECONDS_PER_MINUTE,
    )
    return PasskeyQuestion(challenge, options)


def begin_passkey_sign_in(*, base_url: str, session: Session, clock: Clock, entropy: Entropy) -> PasskeyQuestion:
    """Ask for any passkey of ours. Nobody has said who they are, so the question tells nothing about anybody."""
    return _question(Ceremony.SIGN_IN, None, (), base_url=base_url, session=session, clock=clock, entropy=entropy)


def begin_passkey_confirmation(
    *, base_url: str, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> PasskeyQuestion:
    """Ask for one of the person's own passkeys."""
    person_id = _person(actor)
    own = [passkey for passkey in _passkeys_of(person_id, session=session) if passkey.suspended_at is None]
    return _question(
        Ceremony.CONFIRMATION, person_id, own, base_url=base_url, session=session, clock=clock, entropy=entropy
    )


def require_may_add(actor: Actor, *, session: Session, at: datetime) -> None:
    """Raise `ProofNotFresh` unless the person may add a passkey now: by the second factor where there is one."""
    if actor.person_id is not None and not has_second_factor(actor.person_id, session=session):
        require_fresh_sign_in(actor, session=session, at=at)
    else:
        require_fresh_proof(actor, session=session, at=at)


def _question(
    ceremony: Ceremony,
    person_id: UUID | None,
    allowed: list[Passkey] | tuple[()],
    *,
    base_url: str,
    session: Session,
    clock: Clock,
    entropy: Entropy,
) -> PasskeyQuestion:
    now, party = clock.now(), _party(base_url)
    policy = policies.current(AccountPolicy, session=session, at=now)
    challenge = make_challenge(ceremony, person_id, session=session, at=now, entropy=entropy, policy=policy)
    timeout_ms = policy.passkey_challenge_minutes * MILLISECONDS_PER_MINUTE
    return PasskeyQuestion(challenge, request_options(challenge, party=party, allowed=allowed, timeout_ms=timeout_ms))


def _party(base_url: str) -> RelyingParty:
    party = relying_party(base_url)
    if not party.can_have_passkeys:
        raise PasskeysImpossible(base_url)
    return party


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise SignInNeeded
    return actor.person_id


def _passkeys_of(person_id: UUID, *, session: Session) -> list[Passkey]:
    query = select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.added_at, Passkey.id)
    return list(session.scalars(query))
