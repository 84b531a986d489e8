"""A member of staff sets up an authenticator app; it counts once a code from it has been confirmed."""

from __future__ import annotations

from base64 import b32encode
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.browser_sessions import roles_of
from app.accounts.errors import SecondFactorAlreadySet, SecondFactorNotNeeded
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.inserting import insert_if_absent
from app.accounts.models import SecondFactor
from app.accounts.roles import is_staff
from app.accounts.sealing import seal
from app.accounts.second_factors import has_passkey
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links

SECRET_BITS = 160  # RFC 4226, 4, requirement 6: the length of HMAC-SHA-1's output is recommended


def enrol_second_factor(
    person_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, links: Links, actor: Actor
) -> None:
    """Make a fresh secret. An unconfirmed one is replaced, a confirmed one never."""
    if not is_staff(roles_of(person_id, session=session)):
        raise SecondFactorNotNeeded
    now = clock.now()
    if has_passkey(person_id, session=session):  # else whoever reads the mail could put an app of theirs beside it
        require_fresh_proof(actor, session=session, at=now)
    secret = b32encode(entropy.bits(SECRET_BITS).to_bytes(SECRET_BITS // 8, "big")).decode()
    sealed = seal(secret, person_id=person_id, links=links, entropy=entropy)
    fresh = SecondFactor(person_id=person_id, sealed_secret=sealed, enrolled_at=now, last_step=-1)
    if not insert_if_absent(fresh, session=session):
        factor = session.get_one(SecondFactor, person_id, with_for_update=True)
        if factor.confirmed_at is not None:
            raise SecondFactorAlreadySet
        factor.sealed_secret, factor.enrolled_at, factor.last_step = sealed, now, -1
    audit.record("second-factor.enrolled", person_id, actor=actor, at=now, session=session)
