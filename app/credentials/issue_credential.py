"""Use case (job, worker alone): check, sign and store the reserved document; verify the signatures before release.

Checks and signatures take ten times as long as storing them, so they are made before anything is held: nobody else's
answer waits for them. What was signed is stored only where the row, held, is still what was read.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import conformance, jwt, proof
from app.credentials.conformance import CheckedDocument
from app.credentials.errors import AwardUnearned, ChangedMeanwhile, CredentialNotFound
from app.credentials.issuer_keys import key_in_use
from app.credentials.log_events import log_issue
from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.objections import objections_to
from app.credentials.publish_status_list import publish_status_list
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.signing import Signer


@dataclass(frozen=True, slots=True)
class Signatures:
    """What was made of one reserved text; None where it was there already, or cannot be made."""

    of: str
    document: str | None = None
    jwt: str | None = None


def issue_credential(
    credential_id: UUID, *, session: Session, clock: Clock, signer: Signer, jwt_signer: Signer | None, base_url: str
) -> None:
    """Sign what was reserved, exactly, as a document and as a JWT; what is signed already is left as it is.

    Without a `jwt_signer` there is no JWT; the same call adds it once there is one.

    Raises
    ------
    ChangedMeanwhile
        If somebody else changed it meanwhile; the next try signs what stands then.
    """
    made = _signatures(
        _credential(credential_id, session=session), session=session, clock=clock, signer=signer, jwt_signer=jwt_signer
    )
    credential = _credential(credential_id, session=session, held=True)
    if credential.unsigned_document != made.of:
        raise ChangedMeanwhile("credential", credential_id)
    if made.document is not None and not credential.is_issued:
        _keep_document(credential, made.document, session=session, clock=clock, signer=signer)
    if jwt_signer is not None and made.jwt is not None and _needs_jwt(credential):
        _keep_jwt(credential, made.jwt, session=session, clock=clock, signer=jwt_signer)
    session.flush()
    status_list = session.get(StatusList, credential.status_list)
    if status_list is not None and not status_list.is_current(with_jwt=jwt_signer is not None):
        publish_status_list(
            status_list.number, session=session, clock=clock, signer=signer, jwt_signer=jwt_signer, base_url=base_url
        )


def _credential(credential_id: UUID, *, session: Session, held: bool = False) -> Credential:
    query = select(Credential).where(Credential.id == credential_id)
    if held:  # what was read before is out of date
        query = query.with_for_update().execution_options(populate_existing=True)
    credential = session.scalar(query)
    if credential is None:
        raise CredentialNotFound
    return credential


def _needs_jwt(credential: Credential) -> bool:
    return credential.signed_jwt is None and credential.revoked_at is None


def _signatures(
    credential: Credential, *, session: Session, clock: Clock, signer: Signer, jwt_signer: Signer | None
) -> Signatures:
    text = credential.unsigned_document
    needs_jwt = jwt_signer is not None and _needs_jwt(credential)
    if credential.is_issued and not needs_jwt:
        return Signatures(text)
    checked = conformance.check_to_sign(proof.parse(text))
    return Signatures(
        text,
        None if credential.is_issued else _signed(credential, checked, session=session, clock=clock, signer=signer),
        _token(checked, session=session, signer=jwt_signer) if jwt_signer is not None and needs_jwt else None,
    )


def _signed(credential: Credential, checked: CheckedDocument, *, session: Session, clock: Clock, signer: Signer) -> str:
    credential.require_not_revoked()
    objections = tuple(objections_to(credential, session=session))
    if objections:
        raise AwardUnearned(credential.award_id, objections)
    key = key_in_use(signer.key_id, session=session)
    signed = proof.sign(checked, signer=signer, created=clock.now())
    proof.verify(proof.parse(signed), key.public_bytes)
    return signed


def _token(checked: CheckedDocument, *, session: Session, signer: Signer) -> str:
    key = key_in_use(signer.key_id, session=session)
    token = jwt.sign(checked, signer=signer)
    jwt.verify(token, key.public_bytes)
    return token


def _require_key(signer: Signer, *, session: Session) -> None:
    """A key may have been retired, or declared to be in other hands, since it signed; who is just doing that waits."""
    session.refresh(session.get_one(IssuerKey, signer.key_id), with_for_update={"read": True})
    key_in_use(signer.key_id, session=session)


def _keep_document(credential: Credential, signed: str, *, session: Session, clock: Clock, signer: Signer) -> None:
    _require_key(signer, session=session)
    now = clock.now()
    credential.issue(signed, key_id=signer.key_id, at=now)
    log_issue(credential, at=now, session=session)
    audit.record(
        "credential.issued", credential.id, actor=system(), at=now, session=session, detail={"key_id": signer.key_id}
    )


def _keep_jwt(credential: Credential, token: str, *, session: Session, clock: Clock, signer: Signer) -> None:
    _require_key(signer, session=session)
    credential.keep_jwt(token, key_id=signer.key_id)
    audit.record(
        "credential.jwt_signed",
        credential.id,
        actor=system(),
        at=clock.now(),
        session=session,
        detail={"key_id": signer.key_id},
    )
