"""A person signs out everywhere but here, programs included."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of
from app.accounts.models import ApiToken, BrowserSession
from app.accounts.restrictions import hold_accounts
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock


@dataclass(frozen=True, slots=True)
class Ended:
    """How many of each have ended."""

    sign_ins: int
    tokens: int


def revoke_other_sessions(browser_token: str | None, *, session: Session, clock: Clock, actor: Actor) -> Ended:
    """End every sign-in of the actor but the one that holds `browser_token`, and every token.

    Whoever presses this fears that somebody else got in, who may have made themselves a token that lasts for months.
    The account is held first, so that neither is on its way meanwhile.

    Raises
    ------
    SignInNeeded
    """
    if actor.person_id is None:
        raise SignInNeeded
    hold_accounts(actor.person_id, session=session)
    sign_ins = session.scalars(
        delete(BrowserSession)
        .where(BrowserSession.person_id == actor.person_id, BrowserSession.token_hash != hash_of(browser_token or ""))
        .returning(BrowserSession.id)
    ).all()
    tokens = session.scalars(
        delete(ApiToken)
        .where(ApiToken.person_id == actor.person_id, ApiToken.expires_at > clock.now())
        .returning(ApiToken.id)
    ).all()
    for kind, ended in (("sign-in.revoked", sign_ins), ("api-token.revoked", tokens)):
        for one in ended:
            audit.record(kind, one, actor=actor, at=clock.now(), session=session)
    return Ended(len(sign_ins), len(tokens))
