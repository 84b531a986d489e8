"""What the public log is told about credentials: that one was issued, under which norm, and a commitment to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.awarding.readings import counted_at
from app.credentials import proof
from app.credentials.models import Credential
from app.credentials.states import CredentialState
from app.foundation.jobs import JSON
from app.transparency import queries as log
from app.transparency.log_event import log_event


def log_issue(credential: Credential, *, at: datetime, session: Session) -> None:
    """Committed to is the exact document without its proof. The month is that of the score, whenever this is.

    One that was moved to the right account names what the entry of the former one commits to: it is none more.
    """
    counted = counted_at(credential.award_id, session=session)
    facts: dict[str, JSON] = {**_facts(credential), "month": f"{counted:%Y-%m}"}
    former = _former_commitment(credential, session=session)
    if former is not None:
        facts["replaces"] = former
    document = proof.parse(credential.unsigned_document)
    log_event("issue", credential.id, facts, at=at, session=session, committed=document)


def log_reissue(
    credential: Credential,
    former: tuple[int, int],
    meanwhile: Mapping[str, str],
    *,
    at: datetime,
    session: Session,
) -> None:
    """The same under another key and another status entry, by which its subject is told from those before.

    `former` is the status entry it had. It names what the entry of then commits to, or what stands in its place
    `meanwhile`: it is none more.
    """
    facts = _facts(credential)
    replaced = _commitment(credential.id, former, session=session)
    if replaced is not None:
        facts["replaces"] = _latest(replaced, meanwhile)
    document = proof.parse(credential.unsigned_document)
    subject, _ = issue_subjects(credential.id, credential.status_list, credential.status_index)
    log_event("reissue", subject, facts, at=at, session=session, committed=document)


def _latest(commitment: str, meanwhile: Mapping[str, str]) -> str:
    while commitment in meanwhile:
        commitment = meanwhile[commitment]
    return commitment


def _facts(credential: Credential) -> dict[str, JSON]:
    norm_id = str(credential.display["norm_id"])
    return {"skill": credential.skill, "norm": norm_id, "specimen": credential.is_specimen}


def _former_commitment(credential: Credential, *, session: Session) -> str | None:
    """Of the latest one that the same sitting had on another account; None also where it is older than the log."""
    query = select(Credential).where(
        Credential.sitting_id == credential.sitting_id,
        Credential.id != credential.id,
        Credential.state == CredentialState.ISSUED,
    )
    former = session.scalar(query.order_by(Credential.issued_at.desc()).limit(1))
    if former is None:
        return None
    return _commitment(former.id, (former.status_list, former.status_index), session=session)


def signed_anew(credentials: Iterable[Credential], *, session: Session) -> frozenset[UUID]:
    """Ids of those whose signature of now was replaced, as the log tells; a restore does not bring back by which."""
    replaced = log.replaced_meanwhile(session=session)
    return frozenset(
        row.id
        for row in credentials
        if _commitment(row.id, (row.status_list, row.status_index), session=session) in replaced
    )


def _commitment(credential_id: UUID, entry: tuple[int, int], *, session: Session) -> str | None:
    """What the latest entry about a credential commits to, given its status entry of then: signed anew, or issued."""
    anew, first = issue_subjects(credential_id, *entry)
    found = log.commitment_of("reissue", anew, session=session)
    return found if found is not None else log.commitment_of("issue", first, session=session)


def log_state(kind: str, credential: Credential, *, at: datetime, session: Session) -> None:
    """`revoke`, `suspend`, `reinstate`: only who knows the credential can tell which one it is."""
    first = kind == "revoke" and credential.reversed_at is None
    subject = credential.id if first else _at(credential, at)
    document = proof.parse(credential.unsigned_document)
    log_event(kind, subject, {"skill": credential.skill}, at=at, session=session, committed={"id": document["id"]})


def log_reversal(credential: Credential, *, at: datetime, session: Session) -> None:
    """`reverse`: the revocation of an instant did not hold. Both entries stay; `of` leads from one to the other."""
    if credential.revoked_at is None:
        return
    document = proof.parse(credential.unsigned_document)
    facts: dict[str, JSON] = {"skill": credential.skill, "of": f"{credential.revoked_at:%Y-%m-%dT%H:%M:%SZ}"}
    log_event("reverse", _at(credential, at), facts, at=at, session=session, committed={"id": document["id"]})


def _at(credential: Credential, at: datetime) -> str:
    return f"{credential.id}:{at:%Y-%m-%dT%H:%M:%S.%fZ}"


def issue_subjects(credential_id: object, status_list: int, status_index: int) -> tuple[str, str]:
    """What the entry of a credential may be about, the latest first: issued anew, or issued."""
    return f"{credential_id}:{status_list}:{status_index}", str(credential_id)
