"""Opens and ends the rows behind a browser's sign-in. The cookie holds a token; the database holds its hash only."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, true
from sqlalchemy.orm import Session

from app.accounts.merging import require_unmerged
from app.accounts.models import ApiToken, BrowserSession, RoleGrant
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import hold_accounts, require_unrestricted
from app.accounts.rules import session_idle, session_lifetime
from app.foundation.access import SignInNeeded
from app.foundation.entropy import Entropy


@dataclass(frozen=True, slots=True)
class Browser:
    """Which browser is asking: words to recognise it by, and the sign-in it held until now."""

    device: str = ""
    former_token: str | None = None


def hash_of(token: str) -> str:
    """A plain hash suffices: the token has 256 random bits, so nothing can be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def roles_of(person_id: UUID, *, session: Session) -> frozenset[str]:
    """The roles granted to a person."""
    return frozenset(session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id)))


def open_session(
    person_id: UUID,
    *,
    browser: Browser,
    second_factor_at: datetime | None = None,
    proven_at: datetime | None = None,
    rests_on: str | None = None,
    session: Session,
    at: datetime,
    entropy: Entropy,
    policy: AccountPolicy,
) -> str:
    """A fresh token for this browser. Whatever sign-in it held before, anybody's, ends here.

    `proven_at` is when the person proved who they are, if that was not now: the sign-in ends as if opened then.
    `rests_on` is the token of the sign-in that this one goes on with, if any.

    Raises
    ------
    AccountRestricted, AccountMerged
    SignInNeeded
        What it rests on was ended while this was on its way.
    """
    hold_accounts(person_id, session=session)
    require_unmerged(person_id, session=session)
    require_unrestricted(person_id, session=session)
    if rests_on is not None:
        require_not_ended(rests_on, person_id, session=session)
    end_by_token(browser.former_token, session=session)
    token, roles = entropy.token(), roles_of(person_id, session=session)
    expires_at = (proven_at or at) + session_lifetime(roles, policy)
    row = BrowserSession(
        id=entropy.uuid(),
        person_id=person_id,
        token_hash=hash_of(token),
        device=browser.device,
        opened_at=at,
        used_at=at,
        idle_until_at=min(expires_at, at + session_idle(roles, policy)),
        expires_at=expires_at,
        second_factor_at=second_factor_at,
        proven_at=proven_at,
    )
    session.add(row)
    session.flush()
    return token


def renew_session(
    person_id: UUID, *, browser: Browser, session: Session, at: datetime, entropy: Entropy, policy: AccountPolicy
) -> str:
    """The sign-in that this browser holds goes on under a fresh token, with a second factor shown just now.

    Raises
    ------
    AccountRestricted, AccountMerged
    SignInNeeded
        The sign-in was ended while this was on its way.
    """
    return open_session(
        person_id,
        browser=browser,
        second_factor_at=at,
        rests_on=browser.former_token,
        session=session,
        at=at,
        entropy=entropy,
        policy=policy,
    )


def require_not_ended(token: str | None, person_id: UUID, *, session: Session) -> None:
    """Raise `SignInNeeded` where the person's sign-in of this token is gone; asked once the account is held."""
    own = select(BrowserSession.id).where(BrowserSession.token_hash == hash_of(token or ""))
    if session.scalar(own.where(BrowserSession.person_id == person_id)) is None:
        raise SignInNeeded


def end_by_token(token: str | None, *, session: Session) -> None:
    """End one browser's sign-in, if it is open."""
    if token is not None:
        session.execute(delete(BrowserSession).where(BrowserSession.token_hash == hash_of(token)))


def end_all_of(person_id: UUID, *, but: str | None = None, session: Session) -> None:
    """End every sign-in and token of a person: what they may do has changed, so nothing given before may go on.

    `but` is the token of the one sign-in that stays. The account is held, so that none is on its way meanwhile: who
    locks or writes rows of theirs before this holds it before them.
    """
    hold_accounts(person_id, session=session)
    others = BrowserSession.token_hash != hash_of(but) if but else true()
    session.execute(delete(BrowserSession).where(BrowserSession.person_id == person_id, others))
    session.execute(delete(ApiToken).where(ApiToken.person_id == person_id))
