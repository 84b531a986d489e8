"""A person makes a token for a program of theirs, having proven just now who they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import hash_of, require_not_ended
from app.accounts.errors import ScopeBeyondRights, ScopesInvalid, TokenTermsInvalid, TooManyTokens
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.merging import require_unmerged
from app.accounts.models import ApiToken, Person
from app.accounts.policy import AccountPolicy
from app.accounts.restrictions import hold_accounts, require_unrestricted
from app.accounts.rules import tidy_name
from app.accounts.scopes import Scope, scopes_open_to
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs

NOTICE_JOB = "send_token_notice"
PREFIX = "decile_"  # by which programs that look for leaked secrets know ours


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The token itself, this once: only its hash is kept."""

    id: UUID
    token: str
    expires_at: datetime


def issue_api_token(
    label: str,
    scopes: Collection[str],
    lifetime_days: int,
    *,
    browser_token: str | None,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> IssuedToken:
    """Make it, and have the person told: a browser left open must not be worth a key that lasts for months.

    `browser_token` is of the sign-in in which it is asked for.

    Raises
    ------
    ProofNotFresh
        The actor did not prove just now who they are.
    ScopeBeyondRights, ScopesInvalid, TokenTermsInvalid, NameInvalid, TooManyTokens
    SignInNeeded, AccountRestricted, AccountMerged
        The sign-in has ended, or the account was put to rest, while this was on its way: nothing may follow it.
    """
    if actor.person_id is None:
        raise SignInNeeded
    now, name, wanted = clock.now(), tidy_name(label), frozenset(scopes)
    policy = policies.current(AccountPolicy, session=session, at=now)
    require_fresh_proof(actor, session=session, at=now)
    _require_scopes(wanted, actor)
    if name is None or lifetime_days not in policy.api_token_days:
        raise TokenTermsInvalid(policy.api_token_days)
    hold_accounts(actor.person_id, session=session)
    require_unmerged(actor.person_id, session=session)
    require_unrestricted(actor.person_id, session=session)
    require_not_ended(browser_token, actor.person_id, session=session)
    _require_room(actor.person_id, session=session, at=now, policy=policy)
    token = PREFIX + entropy.token()
    row = ApiToken(
        id=entropy.uuid(),
        person_id=actor.person_id,
        token_hash=hash_of(token),
        label=name,
        scopes=sorted(wanted),
        issued_at=now,
        expires_at=now + timedelta(days=lifetime_days),
    )
    session.add(row)
    session.flush()
    detail = {"scopes": row.scopes, "days": lifetime_days}
    audit.record("api-token.issued", row.id, actor=actor, at=now, session=session, detail=detail)
    _give_notice(row, session=session, jobs=jobs)
    return IssuedToken(row.id, token, row.expires_at)


def _give_notice(row: ApiToken, *, session: Session, jobs: Jobs) -> None:
    arguments = {"token_id": str(row.id), "person_id": str(row.person_id), "at": row.issued_at.isoformat()}
    jobs.enqueue(NOTICE_JOB, f"mail:api-token-made:{row.id}", session=session, arguments=arguments)


def _require_scopes(wanted: frozenset[str], actor: Actor) -> None:
    if not wanted or not wanted <= set(Scope):
        raise ScopesInvalid(tuple(Scope))
    beyond = wanted - set(scopes_open_to(actor.roles))
    if beyond:
        raise ScopeBeyondRights(sorted(beyond))


def _require_room(person_id: UUID, *, session: Session, at: datetime, policy: AccountPolicy) -> None:
    """The person's row is held, so that two who ask at once are counted one after the other."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    held = session.scalar(
        select(func.count()).where(ApiToken.person_id == person_id, ApiToken.expires_at > at).select_from(ApiToken)
    )
    if (held or 0) >= policy.most_api_tokens:
        raise TooManyTokens(policy.most_api_tokens)
