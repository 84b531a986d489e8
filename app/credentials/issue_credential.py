"""Use case (job, worker alone): check, sign and store the reserved document; verify the signatures before release."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.credentials import conformance, jwt, proof
from app.credentials.conformance import CheckedDocument
from app.credentials.errors import AwardUnearned, CredentialNotFound
from app.credentials.issuer_keys import key_in_use
from app.credentials.log_events import log_issue
from app.credentials.models import Credential, StatusList
from app.credentials.objections import objections_to
from app.credentials.publish_status_list import publish_status_list
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.signing import Signer


def issue_credential(
    credential_id: UUID, *, session: Session, clock: Clock, signer: Signer, jwt_signer: Signer | None, base_url: str
) -> None:
    """Sign what was reserved, exactly, as a document and as a JWT; what is signed already is left as it is.

    Without a `jwt_signer` there is no JWT; the same call adds it once there is one.
    """
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None:
        raise CredentialNotFound
    needs_jwt = jwt_signer is not None and credential.signed_jwt is None and credential.revoked_at is None
    if not credential.is_issued or needs_jwt:
        checked = conformance.check_to_sign(proof.parse(credential.unsigned_document))
        if not credential.is_issued:
            _sign_document(credential, checked, session=session, clock=clock, signer=signer)
        if jwt_signer is not None and needs_jwt:
            _sign_jwt(credential, checked, session=session, clock=clock, signer=jwt_signer)
    session.flush()
    status_list = session.get(StatusList, credential.status_list)
    if status_list is not None and not status_list.is_current(with_jwt=jwt_signer is not None):
        publish_status_list(
            status_list.number, session=session, clock=clock, signer=signer, jwt_signer=jwt_signer, base_url=base_url
        )


def _sign_document(
    credential: Credential, checked: CheckedDocument, *, session: Session, clock: Clock, signer: Signer
) -> None:
    credential.require_not_revoked()
    objections = tuple(objections_to(credential, session=session))
    if objections:
        raise AwardUnearned(credential.award_id, objections)
    key = key_in_use(signer.key_id, session=session)
    now = clock.now()
    signed = proof.sign(checked, signer=signer, created=now)
    proof.verify(proof.parse(signed), key.public_bytes)
    credential.issue(signed, key_id=signer.key_id, at=now)
    log_issue(credential, at=now, session=session)
    audit.record(
        "credential.issued", credential.id, actor=system(), at=now, session=session, detail={"key_id": signer.key_id}
    )


def _sign_jwt(
    credential: Credential, checked: CheckedDocument, *, session: Session, clock: Clock, signer: Signer
) -> None:
    key = key_in_use(signer.key_id, session=session)
    token = jwt.sign(checked, signer=signer)
    jwt.verify(token, key.public_bytes)
    credential.keep_jwt(token, key_id=signer.key_id)
    audit.record(
        "credential.jwt_signed",
        credential.id,
        actor=system(),
        at=clock.now(),
        session=session,
        detail={"key_id": signer.key_id},
    )
