"""What the public log is told about credentials: that one was issued, under which norm, and a commitment to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.credentials import proof
from app.credentials.models import Credential
from app.foundation.jobs import JSON
from app.transparency.log_event import log_event


def log_issue(kind: str, subject: object, credential: Credential, *, at: datetime, session: Session) -> None:
    """`issue`, or `reissue` under another key: committed to is the exact document without its proof."""
    facts: dict[str, JSON] = {
        "skill": credential.skill,
        "norm": str(credential.display["norm_id"]),
        "specimen": credential.is_specimen,
    }
    document = proof.parse(credential.unsigned_document)
    log_event(kind, subject, facts, at=at, session=session, committed=document)


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
