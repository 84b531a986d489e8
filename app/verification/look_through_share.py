"""Use case: somebody opens a link that the holder made for them. The look is counted, by day; who looks is not kept."""

from __future__ import annotations

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.credentials.errors import CredentialNotFound
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.verification import signed_ids
from app.verification.models import ShareGrant, ShareLook
from app.verification.verify_credential import CertificateVerification, verification_of


def look_through_share(token: str, *, session: Session, clock: Clock, links: Links) -> CertificateVerification:
    """What holds of the certificate, whoever else may see it.

    Raises
    ------
    CredentialNotFound
        Alike for a link that never was, one that ended, and one whose certificate is gone or hidden.
    """
    grant_id, now = signed_ids.id_of(signed_ids.SHARE, token, links=links), clock.now()
    grant = session.get(ShareGrant, grant_id) if grant_id else None
    if grant is None or not grant.is_open(at=now):
        raise CredentialNotFound
    credential = credentials.credential(grant.credential_id, session=session)
    if credential.is_hidden:
        raise CredentialNotFound
    _count(grant, session=session, clock=clock)
    return verification_of(credential, credentials.policy(session=session, at=now), session=session, at=now)


def _count(grant: ShareGrant, *, session: Session, clock: Clock) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    look = dialect.insert(ShareLook).values(grant_id=grant.id, on_day=clock.now().date(), count=1)
    session.execute(
        look.on_conflict_do_update(
            index_elements=[ShareLook.grant_id, ShareLook.on_day], set_={"count": ShareLook.count + 1}
        )
    )
