"""The issuer's public keys as the world sees them: what is signed must verify with these."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials.errors import KeyNotPublished, KeyStoreRefused
from app.credentials.models import IssuerKey
from app.foundation.signing import Signer, Signers


def key_in_use(key_id: str, *, session: Session) -> IssuerKey:
    """The published key with which new signatures may be released.

    Raises
    ------
    KeyNotPublished
        If it was never published, or is retired or compromised.
    """
    key = session.get(IssuerKey, key_id)
    if key is None or not key.may_sign:
        raise KeyNotPublished(key_id)
    return key


def signer_in_use(algorithm: str, *, signers: Signers, session: Session) -> Signer | None:
    """The signer of the newest published key of this algorithm that may sign; None while there is none.

    The register decides and not the key store, so that every worker changes keys at the same commit.
    """
    query = (
        select(IssuerKey)
        .where(IssuerKey.algorithm == algorithm, IssuerKey.retired_at.is_(None), IssuerKey.compromised_at.is_(None))
        .order_by(IssuerKey.activated_at.desc(), IssuerKey.key_id)
    )
    held = (signers.signer(key.key_id) for key in session.scalars(query))
    return next((signer for signer in held if signer is not None), None)


def require_signers(*, signers: Signers, session: Session) -> None:
    """Of each algorithm of which a key is in use, this worker holds one.

    Not all of them: whoever lost keys for good starts with new ones, and only a worker that runs retires the lost.

    Raises
    ------
    KeyStoreRefused
    """
    in_use = select(IssuerKey).where(IssuerKey.retired_at.is_(None), IssuerKey.compromised_at.is_(None))
    keys = session.scalars(in_use.order_by(IssuerKey.activated_at)).all()
    for algorithm in dict.fromkeys(key.algorithm for key in keys):
        if signer_in_use(algorithm, signers=signers, session=session) is None:
            named = ", ".join(key.key_id for key in keys if key.algorithm == algorithm)
            raise KeyStoreRefused(
                f"This worker holds no published {algorithm} key in use: {named}. A rotation put it where another "
                "worker keeps its keys; let all workers share that one directory, then start again."
            )


def published_keys(*, session: Session) -> list[IssuerKey]:
    """Every key that anything still valid may have been signed with, oldest first; never a compromised one."""
    query = select(IssuerKey).where(IssuerKey.compromised_at.is_(None)).order_by(IssuerKey.activated_at)
    return list(session.scalars(query))
