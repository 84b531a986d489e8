"""Use cases: suspend a credential while somebody looks at it, and end that. The page says "under review", no cause.

The standard admits one status object, which is for revocation, so a suspension stands in the register alone: page and
API say it at once. What must reach verifiers that do not ask us is revoked.
"""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import review_queue
from app.credentials.errors import CredentialNotFound, NotReinstatable, ReferenceNeeded
from app.credentials.log_events import log_state
from app.credentials.models import Credential
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.audit import AuditEntry
from app.foundation.clock import Clock

SUSPENDED, REINSTATED = "credential.suspended", "credential.reinstated"
_BY_PEOPLE = (SUSPENDED, REINSTATED)
# A number of a file or of a change: the record is never erased, so there is no room for words about a person.
REFERENCE = re.compile(r"(?=.*[0-9])[A-Za-z0-9][A-Za-z0-9/._-]{0,39}")


def suspend_credential(credential_id: UUID, reference: str, *, session: Session, clock: Clock, actor: Actor) -> bool:
    """Put it under review; one that is already keeps its first date. The record says where the reason stands.

    Whether people suspended it by this. While its key's review has it suspended they still can: that one's end then
    leaves it as they wanted it.
    """
    credential = _for_update(credential_id, reference, session=session)
    credential.require_not_revoked()
    if is_suspended_by_people(credential_id, session=session):
        return False
    if credential.suspended_at is None:
        credential.suspend(at=clock.now())
        log_state("suspend", credential, at=clock.now(), session=session)
    _record(SUSPENDED, credential_id, reference, session=session, clock=clock, actor=actor)
    return True


def is_suspended_by_people(credential_id: UUID, *, session: Session) -> bool:
    """Whether the record says so. By instants it could not be told from the review of its key, which suspends too."""
    query = select(AuditEntry.kind).where(AuditEntry.subject == str(credential_id), AuditEntry.kind.in_(_BY_PEOPLE))
    latest = session.scalar(query.order_by(AuditEntry.sequence.desc()).limit(1))
    return latest == SUSPENDED and session.get_one(Credential, credential_id).suspended_at is not None


def require_reinstatable(credential_id: UUID, *, session: Session) -> None:
    """Raise unless it is under review and not revoked, and not because its key was in other hands.

    Raises
    ------
    CredentialNotFound, NotReinstatable
    """
    credential = session.get(Credential, credential_id)
    if credential is None or not credential.is_issued:
        raise CredentialNotFound
    if credential.revoked_at is not None:
        raise NotReinstatable("it is revoked")
    if credential.suspended_at is None:
        raise NotReinstatable("it is not under review")
    if review_queue.is_waiting(credential_id, session=session):
        raise NotReinstatable("its key was in other hands, and that review decides")


def reinstate_credential(credential_id: UUID, reference: str, *, session: Session, clock: Clock, actor: Actor) -> None:
    """The review is over and it stands, to its own end.

    Raises
    ------
    ReferenceNeeded, CredentialNotFound, NotReinstatable
    """
    credential = _for_update(credential_id, reference, session=session)
    require_reinstatable(credential_id, session=session)
    credential.reinstate()
    log_state("reinstate", credential, at=clock.now(), session=session)
    _record(REINSTATED, credential_id, reference, session=session, clock=clock, actor=actor)


def _for_update(credential_id: UUID, reference: str, *, session: Session) -> Credential:
    if not REFERENCE.fullmatch(reference):
        raise ReferenceNeeded
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None or not credential.is_issued:
        raise CredentialNotFound
    return credential


def _record(kind: str, credential_id: UUID, reference: str, *, session: Session, clock: Clock, actor: Actor) -> None:
    detail = {"reference": reference}
    audit.record(kind, credential_id, actor=actor, at=clock.now(), session=session, detail=detail)
    session.flush()
