"""What anybody may know of our keys: since when each signs, until when, and what followed where others had one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.credentials.models import CredentialReview, IssuerKey, WithdrawnSignature
from app.credentials.states import ReviewDecision


@dataclass(frozen=True, slots=True)
class Incident:
    """A key that others had, and certificates it had signed, counted."""

    since: datetime  # the last instant at which it was surely ours alone
    declared_at: datetime
    signed_anew: int
    waiting: int  # for a person to decide
    withdrawn: int


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """One key, without anything that leads to what it signed."""

    name: str  # what follows the # of its id
    algorithm: str
    activated_at: datetime
    retired_at: datetime | None
    incident: Incident | None


def key_histories(*, session: Session) -> tuple[KeyHistory, ...]:
    """Every key there ever was, the newest first."""
    anew: Counter[str] = Counter()
    for key_id, number in session.execute(
        select(WithdrawnSignature.key_id, func.count()).group_by(WithdrawnSignature.key_id)
    ):
        anew[key_id] = number
    for key_id in session.scalars(_signed_with_another()):
        anew[key_id] += 1
    reviews: Counter[tuple[str, bool]] = Counter()  # by key and whether somebody decided
    columns = (CredentialReview.key_id, CredentialReview.decision)
    for key_id, decision, number in session.execute(select(*columns, func.count()).group_by(*columns)):
        if decision is not ReviewDecision.REISSUE:  # those are among what was signed anew
            reviews[key_id, decision is not None] += number
    keys = session.scalars(select(IssuerKey).order_by(IssuerKey.activated_at.desc(), IssuerKey.key_id))
    return tuple(_history(key, anew, reviews) for key in keys)


def _signed_with_another() -> Select[str]:
    """The key of each review that was settled by the one signature which settled another key's review too."""
    own = select(WithdrawnSignature.credential_id).where(
        WithdrawnSignature.credential_id == CredentialReview.credential_id,
        WithdrawnSignature.key_id == CredentialReview.key_id,
    )
    is_reissued = CredentialReview.decision == ReviewDecision.REISSUE, CredentialReview.carried_out_at.is_not(None)
    return select(CredentialReview.key_id).where(*is_reissued, ~own.exists())


def _history(key: IssuerKey, anew: Counter[str], reviews: Counter[tuple[str, bool]]) -> KeyHistory:
    incident = None
    if key.compromised_at is not None and key.compromised_since is not None:
        incident = Incident(
            key.compromised_since,
            key.compromised_at,
            anew[key.key_id],
            reviews[key.key_id, False],
            reviews[key.key_id, True],
        )
    name = key.key_id.partition("#")[2] or key.key_id
    return KeyHistory(name, key.algorithm, key.activated_at, key.retired_at, incident)
