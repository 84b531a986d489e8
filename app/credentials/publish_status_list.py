"""Use case (job, worker alone): sign and store the current status list."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.credentials import conformance, jwt, proof, status_list
from app.credentials.conformance import CheckedDocument
from app.credentials.did import Issuer
from app.credentials.errors import StatusListNotFound
from app.credentials.issuer_keys import key_in_use
from app.credentials.models import Credential, ErasedCredential, IssuerKey, StatusList, WithdrawnSignature
from app.credentials.policy import CredentialPolicy
from app.foundation import audit, policies
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.signing import Signer


def publish_status_list(
    number: int, *, session: Session, clock: Clock, signer: Signer, jwt_signer: Signer | None, base_url: str
) -> None:
    """Publish every revocation known now; a list that already holds the latest change is left as it is."""
    row = session.get(StatusList, number, with_for_update=True)
    if row is None:
        raise StatusListNotFound(number)
    if row.is_current(with_jwt=jwt_signer is not None):
        return
    key = key_in_use(signer.key_id, session=session)
    now = clock.now()
    policy = policies.current(CredentialPolicy, session=session, at=now)
    document = status_list.document(
        number,
        _set_entries(number, session=session),
        issuer=Issuer(policy.issuer_name, base_url),
        valid_from=now,
        ttl_seconds=policy.status_cache_seconds,
    )
    checked = conformance.check(document)
    signed = proof.sign(checked, signer=signer, created=now)
    proof.verify(proof.parse(signed), key.public_bytes)
    row.publish(signed, _as_jwt(checked, jwt_signer, session=session), at=now)
    detail = {"revision": row.revision}
    audit.record("status_list.published", number, actor=system(), at=now, session=session, detail=detail)
    session.flush()


def _set_entries(number: int, *, session: Session) -> set[int]:
    """Entries of what was revoked, then erased or not, of what a compromised key signed, and of what was replaced."""
    compromised = select(IssuerKey.key_id).where(IssuerKey.compromised_at.is_not(None))
    untrusted = or_(Credential.key_id.in_(compromised), Credential.jwt_key_id.in_(compromised))
    standing = select(Credential.status_index).where(
        Credential.status_list == number, or_(Credential.revoked_at.is_not(None), untrusted)
    )
    withdrawn = select(WithdrawnSignature.status_index).where(WithdrawnSignature.status_list == number)
    erased = select(ErasedCredential.status_index).where(  # erasing a holder's data must make nothing valid again
        ErasedCredential.status_list == number, ErasedCredential.revoked_at.is_not(None)
    )
    return {*session.scalars(standing), *session.scalars(withdrawn), *session.scalars(erased)}


def _as_jwt(checked: CheckedDocument, signer: Signer | None, *, session: Session) -> str | None:
    if signer is None:
        return None
    token = jwt.sign(checked, signer=signer)
    jwt.verify(token, key_in_use(signer.key_id, session=session).public_bytes)
    return token
