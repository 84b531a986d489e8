"""All of this context that a verdict on one credential rests on, in one read.

Whoever finds it unchanged need not check again what only arithmetic could find out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, func, select, type_coerce
from sqlalchemy.orm import Session, aliased

from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.policy import CredentialPolicy
from app.credentials.states import CredentialState
from app.foundation import policies
from app.foundation.db import UtcDateTime

Basis = tuple[Any, ...]

_AS_IT_LIES = {Credential.display.key: type_coerce(Credential.display, Text)}  # compared, never read
_UNREAD = {Credential.unsigned_document.key}
_NEWER = aliased(Credential)
_NEWEST = (
    select(_NEWER.id)
    .where(_NEWER.renews_id == Credential.id, _NEWER.state == CredentialState.ISSUED, _NEWER.revoked_at.is_(None))
    .order_by(_NEWER.issued_at.desc())
    .limit(1)
    .correlate(Credential)
)
_SIGNED_WITH, _SIGNED_JWT_WITH = aliased(IssuerKey), aliased(IssuerKey)
_BASIS = (
    select(
        *(_AS_IT_LIES.get(column.key, column) for column in Credential.__table__.columns if column.key not in _UNREAD),
        select(_SIGNED_WITH.public_bytes).where(_SIGNED_WITH.key_id == Credential.key_id).scalar_subquery(),
        select(_SIGNED_JWT_WITH.public_bytes).where(_SIGNED_JWT_WITH.key_id == Credential.jwt_key_id).scalar_subquery(),
        StatusList.signed_document,
        select(func.count()).select_from(IssuerKey).scalar_subquery(),
        select(func.count(IssuerKey.compromised_at)).scalar_subquery(),
        _NEWEST.scalar_subquery(),
        select(_NEWER.visibility).where(_NEWER.id == _NEWEST.scalar_subquery()).correlate(Credential).scalar_subquery(),
        policies.version_at(CredentialPolicy, bindparam("at", type_=UtcDateTime())),
    )
    .join(StatusList, StatusList.number == Credential.status_list)
    .where(Credential.code == bindparam("code"))
)


def basis_of(code: str, *, at: datetime, session: Session) -> Basis | None:
    """The row under this code with its keys, status list, successor and policy; None if there is none.

    Of the other keys it says how many there are and how many were compromised, of the successor whether it is shown.
    """
    row = session.execute(_BASIS, {"code": code, "at": at}).first()
    return tuple(row) if row is not None else None
