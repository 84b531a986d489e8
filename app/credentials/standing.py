"""How a certificate stands for its holder, by the register alone: what their own pages say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from sqlalchemy.orm import Session

from app.credentials import queries, validity
from app.credentials.public_classes import public_class
from app.credentials.queries import CredentialView


class State(StrEnum):
    """The words of a verdict and its reasons, as far as the register tells them."""

    REVOKED = "revoked"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    ENDS_SOON = "ends-soon"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class Standing:
    """One certificate at one instant."""

    state: State
    revoked_because: str  # as everybody reads it
    days_left: int  # of its term, a day that has begun included
    may_renew: bool  # it ends soon or has ended, and no newer one stands

    @property
    def is_over(self) -> bool:
        """Whether it certifies nothing any more."""
        return self.state in (State.REVOKED, State.EXPIRED)


def standing(credential: CredentialView, language: str, *, session: Session, at: datetime) -> Standing:
    """How it stands now; the phrase of a revocation in this language."""
    state = _state(credential, at=at, window_days=queries.policy(session=session, at=at).renewal_window_days)
    ends = state in (State.EXPIRED, State.ENDS_SOON)
    return Standing(
        state,
        revoked_because=public_class(credential.revocation_reason, language),
        days_left=ceil((credential.valid_until - at) / timedelta(days=1)),
        may_renew=ends and queries.successor(credential.id, session=session) is None,
    )


def _state(credential: CredentialView, *, at: datetime, window_days: int) -> State:
    if credential.revoked_at is not None:
        return State.REVOKED
    if credential.suspended_at is not None:
        return State.SUSPENDED
    if validity.has_ended(credential.valid_until, at=at):
        return State.EXPIRED
    if validity.is_renewable(credential.valid_until, at=at, window_days=window_days):
        return State.ENDS_SOON
    return State.STANDS
