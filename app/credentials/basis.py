"""All of this context that a verdict on one credential rests on, in one read.

Whoever finds it unchanged need not check again what only arithmetic could find out.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Text, bindparam, func, select, type_coerce

from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.policy import CredentialPolicy
from app.credentials.queries import SHOWN, CredentialView
from app.credentials.states import CredentialState
from app.foundation import policies
from app.foundation.db import UtcDateTime

Basis = tuple[Any, ...]

# Over the tables and not their classes: what comes back is compared and never changed, and classes double its cost.
_CREDENTIAL, _KEY, _LIST = Credential.__table__, IssuerKey.__table__, StatusList.__table__
_AS_THEY_LIE = [type_coerce(column, Text) for column in _CREDENTIAL.c if column.name != "unsigned_document"]
_NEWER = _CREDENTIAL.alias()
_NEWEST = (
    select(_NEWER.c.id)
    .where(
        _NEWER.c.renews_id == _CREDENTIAL.c.id,
        _NEWER.c.state == CredentialState.ISSUED,
        _NEWER.c.revoked_at.is_(None),
    )
    .order_by(_NEWER.c.issued_at.desc())
    .limit(1)
    .correlate(_CREDENTIAL)
    .scalar_subquery()
)
_SIGNED_WITH, _SIGNED_JWT_WITH = _KEY.alias(), _KEY.alias()
_BASIS = (
    select(
        *_AS_THEY_LIE,  # as text or as the driver has it: compared, never read
        select(_SIGNED_WITH.c.public_bytes).where(_SIGNED_WITH.c.key_id == _CREDENTIAL.c.key_id).scalar_subquery(),
        select(_SIGNED_JWT_WITH.c.public_bytes)
        .where(_SIGNED_JWT_WITH.c.key_id == _CREDENTIAL.c.jwt_key_id)
        .scalar_subquery(),
        _LIST.c.signed_document,
        select(func.count()).select_from(_KEY).scalar_subquery(),
        select(func.count(_KEY.c.compromised_at)).scalar_subquery(),
        _NEWEST,
        select(_NEWER.c.visibility).where(_NEWER.c.id == _NEWEST).correlate(_CREDENTIAL).scalar_subquery(),
        select(_NEWER.c.hidden_at).where(_NEWER.c.id == _NEWEST).correlate(_CREDENTIAL).scalar_subquery(),
        policies.version_at(CredentialPolicy, bindparam("at", type_=UtcDateTime())),
    )
    .join_from(_CREDENTIAL, _LIST, _LIST.c.number == _CREDENTIAL.c.status_list)
    .where(_CREDENTIAL.c.code == bindparam("code"), *SHOWN)
)


def basis_of(code: str, *, at: datetime, connection: Connection) -> Basis | None:
    """The row under this code with its keys, status list, successor and policy; None if there is none, or it is closed.

    Of the other keys it says how many there are and how many were compromised, of the successor whether it is shown.
    """
    row = connection.execute(_BASIS, {"code": code, "at": at}).first()
    return tuple(row) if row is not None else None


def with_texts_of(basis: Basis, found: CredentialView) -> CredentialView:
    """The same row without a second copy of its two long texts, for whoever keeps it beside its basis."""
    texts: dict[str | None, str] = {text: text for text in basis if isinstance(text, str)}
    document, token = found.signed_document, found.signed_jwt
    return replace(found, signed_document=texts.get(document, document), signed_jwt=texts.get(token, token))
