"""Use case: a revocation should not have been, so the credential stands again, with the term it always had.

Which reasons admit it is said here. What its holder asked for, what another one replaced and what lay in a thief's
hands is not undone this way: the first two stand for a wish and for a newer credential, and the signature of the third
proves nothing, whoever earned it.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials.errors import (
    CredentialNotFound,
    NotRevoked,
    RevokedForGood,
    RevokedOfLostKey,
    StatusListNotFound,
)
from app.credentials.log_events import log_reversal
from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.states import RevocationReason
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs

REVERSIBLE = (RevocationReason.ISSUED_IN_ERROR, RevocationReason.MISCONDUCT, RevocationReason.ADMINISTRATIVE)


def require_reversible(credential_id: UUID, *, session: Session) -> None:
    """Raise unless it was signed, is revoked for a reason that people may find wrong, and its keys still prove it.

    Raises
    ------
    CredentialNotFound, NotReversible
    """
    credential = session.get(Credential, credential_id)
    if credential is None:
        raise CredentialNotFound
    if not credential.is_issued or credential.revoked_at is None:
        raise NotRevoked
    if credential.revocation_reason not in REVERSIBLE:
        raise RevokedForGood
    keys = [session.get(IssuerKey, key) for key in (credential.key_id, credential.jwt_key_id) if key]
    if any(key is None or key.compromised_at is not None for key in keys):
        raise RevokedOfLostKey


def reverse_revocation(credential_id: UUID, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor) -> None:
    """Let it stand again: page and API at once, the signed status list within a minute.

    Raises
    ------
    CredentialNotFound, NotReversible
    """
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None:
        raise CredentialNotFound
    require_reversible(credential_id, session=session)
    now = clock.now()
    log_reversal(credential, at=now, session=session)
    reason = credential.revocation_reason
    credential.reverse_revocation(at=now)
    _publish_list(credential.status_list, session=session, jobs=jobs)
    detail = {"reason": reason.value if reason else None}
    audit.record("credential.revocation_reversed", credential.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()


def _publish_list(number: int, *, session: Session, jobs: Jobs) -> None:
    status_list = session.get(StatusList, number, with_for_update=True)
    if status_list is None:
        raise StatusListNotFound(number)
    key = f"status:{number}:{status_list.change()}"
    jobs.enqueue("publish_status_list", key, session=session, arguments={"number": number})
