"""An operator hands a person a link instead of mailing one: for the first start, and where mail does not arrive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy.orm import Session

from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.merging import require_not_closed
from app.accounts.models import Person, SignInRequest
from app.accounts.policy import AccountPolicy
from app.accounts.rules import normalise_email
from app.accounts.sign_in_secrets import link_path
from app.foundation import audit, policies
from app.foundation.access import operator
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.links import Links
from app.foundation.own_paths import safe_path


def make_sign_in_link(
    email: str,
    *,
    roles: Iterable[str] = (),
    return_path: str = "/",
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
) -> str:
    """The path of a link that signs the owner of `email` in once.

    The person still says they are an adult, and staff still set up their second factor: a link replaces the
    mail and nothing else.

    Raises
    ------
    EmailInvalid, RoleUnknown, AccountClosed
    """
    now, actor = clock.now(), operator()
    policy = policies.current(AccountPolicy, session=session, at=now)
    person_id = invite_person(email, session=session, clock=clock, entropy=entropy)
    require_not_closed(session.get_one(Person, person_id), session=session)
    for role in roles:
        grant_role(person_id, role, session=session, clock=clock, actor=actor)
    request = SignInRequest(
        id=entropy.uuid(),
        email=normalise_email(email),
        language="en",
        return_path=safe_path(return_path),
        asked_at=now,
        expires_at=now + timedelta(hours=policy.operator_link_lifetime_hours),
        is_mailed=False,
    )
    session.add(request)
    session.flush()
    audit.record("sign-in.link-made", person_id, actor=actor, at=now, session=session)
    return link_path(request.id, links=links)
