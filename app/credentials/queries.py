"""Reading credentials. What comes back is frozen; nothing here signs or changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from app.credentials import codes, did, issuer_keys
from app.credentials.errors import CredentialNotFound, StatusListMissing, StatusListNotFound
from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.policy import CredentialPolicy
from app.credentials.states import CredentialState, Visibility
from app.foundation import policies
from app.foundation.db import table_of

# Asked with every look at a certificate, and so written once: writing them costs more than their answers.
_OF_CODE = select(Credential).where(Credential.code == bindparam("code"))
# What is closed is left out by the database: read and then held back, it took longer than what does not exist.
_TABLE = table_of(Credential)
SHOWN = (
    _TABLE.c.state == CredentialState.ISSUED,
    _TABLE.c.visibility != Visibility.PRIVATE,
    _TABLE.c.hidden_at.is_(None),
)
_SHOWN_OF_CODE = _OF_CODE.where(*SHOWN)
_SUCCESSOR = (
    select(Credential)
    .where(
        Credential.renews_id == bindparam("renews"),
        Credential.state == CredentialState.ISSUED,
        Credential.revoked_at.is_(None),
    )
    .order_by(Credential.issued_at.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class CredentialView(codes.Coded):
    """One credential with everything a page may print."""

    id: UUID
    award_id: UUID
    sitting_id: UUID
    person_id: UUID
    skill: str
    code: str
    status_list: int
    status_index: int
    is_specimen: bool
    is_issued: bool
    valid_from: datetime
    valid_until: datetime
    display: Mapping[str, Any]
    signed_document: str | None
    signed_jwt: str | None
    key_id: str | None
    reserved_at: datetime
    issued_at: datetime | None
    suspended_at: datetime | None
    revoked_at: datetime | None
    revocation_reason: str | None
    visibility: str
    shown_name: str | None
    is_hidden: bool = False  # while its holder is restricted, where the policy says so

    @property
    def is_shown(self) -> bool:
        """Whether whoever holds the link may see the page."""
        return self.is_issued and self.visibility != Visibility.PRIVATE and not self.is_hidden


@dataclass(frozen=True, slots=True)
class StatusListView:
    """One published status list."""

    number: int
    signed_document: str
    signed_jwt: str | None
    published_at: datetime


@dataclass(frozen=True, slots=True)
class KeyView:
    """One public key and its history."""

    key_id: str
    algorithm: str
    public_bytes: bytes
    activated_at: datetime
    retired_at: datetime | None
    compromised_at: datetime | None


def own_credential(code: str, person_id: UUID | None, *, session: Session) -> CredentialView:
    """The holder's own issued credential; to anyone else it does not exist.

    Raises
    ------
    CredentialNotFound
    """
    found = credential_of_code(code, session=session)
    if found is None or not found.is_issued or found.person_id != person_id:
        raise CredentialNotFound
    return found


def credential_of_award(award_id: UUID, *, session: Session) -> CredentialView | None:
    """The award's credential, or None while it is on its way."""
    row = session.scalar(select(Credential).where(Credential.award_id == award_id))
    return _view(row) if row is not None else None


def credential_of_code(code: str, *, session: Session) -> CredentialView | None:
    """The credential under this exact code, whoever may see it; None if there is none."""
    row = session.scalar(_OF_CODE, {"code": code})
    return _view(row) if row is not None else None


def shown_credential_of_code(code: str, *, session: Session) -> CredentialView | None:
    """The same if whoever holds the link may see it: what is closed takes no longer to miss than what never was."""
    row = session.scalar(_SHOWN_OF_CODE, {"code": code})
    return _view(row) if row is not None else None


def successor(credential_id: UUID, *, session: Session) -> CredentialView | None:
    """The newer issued credential of the same holder and skill, if it stands."""
    row = session.scalar(_SUCCESSOR, {"renews": credential_id})
    return _view(row) if row is not None else None


def credential(credential_id: UUID, *, session: Session) -> CredentialView:
    """The credential of this id, whoever may see it.

    Raises
    ------
    CredentialNotFound
    """
    row = session.get(Credential, credential_id)
    if row is None:
        raise CredentialNotFound
    return _view(row)


def holder_of(credential_id: UUID, *, session: Session) -> UUID:
    """Whose it is, with nothing of it kept: what is read of it under a lock afterwards is read anew.

    Raises
    ------
    CredentialNotFound
    """
    holder = session.scalar(select(Credential.person_id).where(Credential.id == credential_id))
    if holder is None:
        raise CredentialNotFound
    return holder


def credentials_of(person_id: UUID, *, session: Session) -> tuple[CredentialView, ...]:
    """A holder's issued credentials, newest first."""
    query = (
        select(Credential)
        .where(Credential.person_id == person_id, Credential.state == CredentialState.ISSUED)
        .order_by(Credential.issued_at.desc())
    )
    return tuple(_view(row) for row in session.scalars(query))


def ids_of(person_id: UUID, sitting_ids: Sequence[UUID] = (), *, session: Session) -> tuple[UUID, ...]:
    """Ids of everything reserved or issued for a person, or for one of these sittings on whichever account."""
    about = or_(Credential.person_id == person_id, Credential.sitting_id.in_(sitting_ids))
    return tuple(session.scalars(select(Credential.id).where(about)))


def in_doubt(ids: Sequence[UUID], *, session: Session, at: datetime) -> frozenset[UUID]:
    """Those of these that still run while somebody looks at them: suspended, or signed with a compromised key."""
    compromised = select(IssuerKey.key_id).where(IssuerKey.compromised_at.is_not(None))
    doubtful = or_(
        Credential.suspended_at.is_not(None),
        Credential.key_id.in_(compromised),
        Credential.jwt_key_id.in_(compromised),
    )
    still_runs = (Credential.revoked_at.is_(None), Credential.valid_until > at)
    return frozenset(session.scalars(select(Credential.id).where(Credential.id.in_(ids), *still_runs, doubtful)))


def credentials(*, session: Session, limit: int) -> tuple[CredentialView, ...]:
    """The latest credentials of all holders, newest first."""
    query = select(Credential).order_by(Credential.reserved_at.desc()).limit(limit)
    return tuple(_view(row) for row in session.scalars(query))


def without_jwt(*, session: Session) -> tuple[UUID, ...]:
    """Ids of what was issued before there was a key for JWTs, and still runs."""
    query = select(Credential.id).where(
        Credential.state == CredentialState.ISSUED, Credential.signed_jwt.is_(None), Credential.revoked_at.is_(None)
    )
    return tuple(session.scalars(query))


def pending(*, before: datetime, session: Session) -> tuple[UUID, ...]:
    """Ids reserved before that instant and still not signed: each should have a job."""
    query = select(Credential.id).where(
        Credential.state == CredentialState.RESERVED, Credential.reserved_at < before, Credential.revoked_at.is_(None)
    )
    return tuple(session.scalars(query))


def issued_since(instant: datetime, *, session: Session) -> tuple[UUID, ...]:
    """Ids of everything that was signed at that instant or later."""
    return tuple(session.scalars(select(Credential.id).where(Credential.issued_at >= instant)))


def not_revoked(*, session: Session) -> tuple[UUID, ...]:
    """Ids of everything that was signed and not taken back."""
    query = select(Credential.id).where(Credential.issued_at.is_not(None), Credential.revoked_at.is_(None))
    return tuple(session.scalars(query))


def status_list(number: int, *, session: Session) -> StatusListView:
    """The list as it was last signed.

    Raises
    ------
    StatusListNotFound, StatusListMissing
    """
    row = session.get(StatusList, number)
    if row is None:
        raise StatusListNotFound(number)
    if row.signed_document is None or row.published_at is None:
        raise StatusListMissing(number)
    return StatusListView(row.number, row.signed_document, row.signed_jwt, row.published_at)


def published_status_lists(*, session: Session) -> tuple[StatusListView, ...]:
    """Every list that was signed."""
    signed = select(StatusList.number).where(StatusList.signed_document.is_not(None)).order_by(StatusList.number)
    return tuple(status_list(number, session=session) for number in session.scalars(signed).all())


def shown_codes(*, session: Session) -> tuple[str, ...]:
    """Codes of every certificate whose page whoever holds its link may see."""
    return tuple(session.scalars(select(Credential.code).where(*SHOWN).order_by(Credential.code)))


def status_lists_behind(*, session: Session) -> int:
    """How many lists hold a change that is not signed yet."""
    behind = select(func.count()).where(StatusList.published_revision < StatusList.revision)
    return session.scalar(behind) or 0


def did_document(*, base_url: str, session: Session) -> dict[str, Any]:
    """The issuer's DID document, with every key that is in use or retired."""
    return did.did_document(did.did_web(base_url), _key_views(issuer_keys.published_keys(session=session)))


def jwks(*, session: Session) -> dict[str, Any]:
    """The keys of the JWTs, in use or retired, as a JSON Web Key Set."""
    return did.jwks(_key_views(issuer_keys.published_keys(session=session)))


def keys(*, session: Session) -> tuple[KeyView, ...]:
    """Every key there ever was, oldest first."""
    return _key_views(session.scalars(select(IssuerKey).order_by(IssuerKey.activated_at)))


def algorithms_without_key(*, session: Session) -> tuple[str, ...]:
    """Those of which keys were published and none is in use: nothing is signed with them until there is a new one."""
    known = keys(session=session)
    in_use = {key.algorithm for key in known if not (key.retired_at or key.compromised_at)}
    return tuple(dict.fromkeys(key.algorithm for key in known if key.algorithm not in in_use))


def public_key(key_id: str, algorithm: str, *, session: Session) -> bytes | None:
    """The key's public bytes while it is published; None for one unknown, compromised or of another algorithm."""
    row = session.get(IssuerKey, key_id) if "\0" not in key_id else None  # PostgreSQL takes no such text
    if row is None or row.compromised_at is not None or row.algorithm != algorithm:
        return None
    return row.public_bytes


def is_compromised(key_id: str, *, session: Session) -> bool:
    """Whether this is a key of ours that others had: what it signed proves nothing, whoever signed it."""
    row = session.get(IssuerKey, key_id) if "\0" not in key_id else None
    return row is not None and row.compromised_at is not None


def policy(*, session: Session, at: datetime) -> CredentialPolicy:
    """The policy in force."""
    return policies.current(CredentialPolicy, session=session, at=at)


def _key_views(rows: Iterable[IssuerKey]) -> tuple[KeyView, ...]:
    return tuple(
        KeyView(row.key_id, row.algorithm, row.public_bytes, row.activated_at, row.retired_at, row.compromised_at)
        for row in rows
    )


def _view(row: Credential) -> CredentialView:
    return CredentialView(
        id=row.id,
        award_id=row.award_id,
        sitting_id=row.sitting_id,
        person_id=row.person_id,
        skill=row.skill,
        code=row.code,
        status_list=row.status_list,
        status_index=row.status_index,
        is_specimen=row.is_specimen,
        is_issued=row.is_issued,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        display=row.display,
        signed_document=row.signed_document,
        signed_jwt=row.signed_jwt,
        key_id=row.key_id,
        reserved_at=row.reserved_at,
        issued_at=row.issued_at,
        suspended_at=row.suspended_at,
        revoked_at=row.revoked_at,
        revocation_reason=row.revocation_reason.value if row.revocation_reason else None,
        visibility=row.visibility.value,
        shown_name=row.shown_name,
        is_hidden=row.hidden_at is not None,
    )
