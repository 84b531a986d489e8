"""Sensitive acts want the person, present now: a browser left open, or its stolen cookie, is not enough.

What counts as proof: for staff their second factor, by passkey or authenticator app; for everybody else the sign-in
itself, because whoever reads their mail can sign in as them anyway. Each proof opens a fresh sign-in, so its instant
stands with the browser's row and nowhere else.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.policy import AccountPolicy
from app.accounts.roles import is_staff
from app.accounts.rules import is_fresh
from app.foundation import policies
from app.foundation.access import Actor, ProofNotFresh

MACHINE = frozenset({"operator", "system"})  # no person: whoever holds the machine, or the worker


def require_fresh_proof(actor: Actor, *, session: Session, at: datetime) -> None:
    """Raise `ProofNotFresh` unless the person behind `actor` proved who they are a moment ago."""
    proven_at = actor.second_factor_at if is_staff(actor.roles) else actor.signed_in_at
    require_recent(proven_at, actor, session=session, at=at)


def require_fresh_sign_in(actor: Actor, *, session: Session, at: datetime) -> None:
    """The same for staff who have no second factor yet: they can show nothing but their sign-in."""
    require_recent(actor.signed_in_at, actor, session=session, at=at)


def require_recent(proven_at: datetime | None, actor: Actor, *, session: Session, at: datetime) -> None:
    """Raise `ProofNotFresh` where `proven_at` is too long ago by the policy in force."""
    if actor.person_id is None and not MACHINE.isdisjoint(actor.roles):
        return
    policy = policies.current(AccountPolicy, session=session, at=at)
    if not is_fresh(proven_at, at=at, policy=policy):
        raise ProofNotFresh(policy.fresh_proof_minutes)
