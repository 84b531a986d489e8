"""Use case (worker alone): sign every status list with the keys in use now.

After a compromise those signed before no longer verify. After a rotation they would, but openbadgeslib checks a list
that is a JWT with the newest key, whatever the list names.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import did, issuer_keys
from app.credentials.errors import KeyNotPublished
from app.credentials.models import StatusList
from app.credentials.publish_status_list import publish_status_list
from app.foundation.clock import Clock
from app.foundation.signing import Signers


def sign_lists_anew(*, session: Session, clock: Clock, signers: Signers, base_url: str) -> None:
    """Publish every list again, with every revocation known now."""
    lists = session.scalars(select(StatusList).order_by(StatusList.number).with_for_update()).all()
    if not lists:
        return
    signer = issuer_keys.signer_in_use(did.ED25519, signers=signers, session=session)
    if signer is None:
        raise KeyNotPublished(did.ED25519)
    jwt_signer = issuer_keys.signer_in_use(did.RS256, signers=signers, session=session)
    for row in lists:
        row.change()
        publish_status_list(
            row.number, session=session, clock=clock, signer=signer, jwt_signer=jwt_signer, base_url=base_url
        )
