"""Use case (job, worker alone): check, sign and store the reserved document; verify the signature before release."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials import conformance, proof
from app.credentials.errors import CredentialNotFound
from app.credentials.issuer_keys import key_in_use
from app.credentials.models import Credential, StatusList
from app.credentials.publish_status_list import publish_status_list
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.signing import Signer


def issue_credential(credential_id: UUID, *, session: Session, clock: Clock, signer: Signer, base_url: str) -> None:
    """Sign what was reserved, exactly; an issued credential is left as it is."""
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None:
        raise CredentialNotFound
    if credential.is_issued:
        return
    credential.require_not_revoked()
    key = key_in_use(signer.key_id, session=session)
    now = clock.now()
    checked = conformance.check(proof.parse(credential.unsigned_document))
    signed = proof.sign(checked, signer=signer, created=now)
    proof.verify(proof.parse(signed), key.public_bytes)
    credential.issue(signed, key_id=signer.key_id, at=now)
    audit.record(
        "credential.issued", credential.id, actor=system(), at=now, session=session, detail={"key_id": signer.key_id}
    )
    session.flush()
    status_list = session.get(StatusList, credential.status_list)
    if status_list is not None and not status_list.is_current:
        publish_status_list(status_list.number, session=session, clock=clock, signer=signer, base_url=base_url)
