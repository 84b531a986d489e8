"""Use case: revoke a credential. The page says so at once, the signed status list within a minute."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials.errors import CredentialNotFound, StatusListNotFound
from app.credentials.log_events import log_state
from app.credentials.models import Credential, StatusList
from app.credentials.states import RevocationReason
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


def revoke_credential(
    credential_id: UUID, reason: RevocationReason, *, session: Session, clock: Clock, jobs: Jobs, actor: Actor
) -> None:
    """Take a credential back for good; what is revoked already is left as it is, with its first date and reason."""
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None:
        raise CredentialNotFound
    if credential.revoked_at is not None:
        return
    now = clock.now()
    credential.revoke(reason, at=now)
    log_state("revoke", credential, at=now, session=session)
    status_list = session.get(StatusList, credential.status_list, with_for_update=True)
    if status_list is None:
        raise StatusListNotFound(credential.status_list)
    change = status_list.change()
    arguments = {"number": status_list.number}
    key = f"status:{status_list.number}:{change}"
    jobs.enqueue("publish_status_list", key, session=session, arguments=arguments)
    detail = {"reason": reason.value}
    audit.record("credential.revoked", credential.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
