"""Use case: after a restore, revoke again what published status lists say is revoked.

A restored database is older than the world: whoever was told of a revocation since must not see it undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import proof, queries, status_list
from app.credentials.did import ED25519
from app.credentials.errors import ProofInvalid, StatusListInvalid
from app.credentials.models import Credential, ErasedCredential, WithdrawnSignature
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Reapplied:
    """How many were revoked again, and how many revoked entries belong to nothing the database knows."""

    revoked: int
    unknown: int


def reapply_revocations(
    signed_lists: Iterable[str], *, base_url: str, session: Session, clock: Clock, jobs: Jobs, actor: Actor
) -> Reapplied:
    """Revoke every credential whose entry is set in one of these signed lists and that still stands.

    Raises
    ------
    StatusListInvalid
        If one is not signed by a key of ours, or is of another issuer. The caller's transaction then ends.
    """
    revoked, unknown = 0, set[tuple[int, int]]()  # of two copies of one list an entry is told twice
    for text in signed_lists:
        number, bits = _checked(text, base_url=base_url, session=session)
        query = select(Credential).where(Credential.status_list == number)
        known = {row.status_index: row for row in session.scalars(query)}
        settled = _of_no_credential(number, session=session)
        for index in (one for one in _set_entries(bits) if one not in settled):
            credential = known.get(index)
            if credential is None:
                unknown.add((number, index))
            elif credential.revoked_at is None:
                reason = RevocationReason.ADMINISTRATIVE  # the list says that, never why
                revoke_credential(credential.id, reason, session=session, clock=clock, jobs=jobs, actor=actor)
                revoked += 1
    return Reapplied(revoked, len(unknown))


def _of_no_credential(number: int, *, session: Session) -> set[int]:
    """Entries that stay set though no credential has them: signatures withdrawn with their key, and erased holders."""
    found: set[int] = set()
    for table in (WithdrawnSignature, ErasedCredential):
        found.update(session.scalars(select(table.status_index).where(table.status_list == number)))
    return found


def _checked(text: str, *, base_url: str, session: Session) -> tuple[int, bytes]:
    document = _signed_by_us(text, session=session)
    subject = document.get("credentialSubject")
    start = f"{base_url}/status/"
    identity = document.get("id")
    if not isinstance(subject, dict) or not isinstance(identity, str) or not identity.startswith(start):
        raise StatusListInvalid("it is no status list of this issuer")
    number = identity.removeprefix(start)
    if not number.isdecimal():
        raise StatusListInvalid("it is no status list of this issuer")
    return int(number), status_list.decode(subject["encodedList"])


def _signed_by_us(text: str, *, session: Session) -> dict[str, Any]:
    try:
        document = proof.parse(text)
        _, signature = proof.split(document)
        key = queries.public_key(signature["verificationMethod"], ED25519, session=session)
        if key is None:
            raise StatusListInvalid("no key of this issuer signed it")
        proof.verify(document, key)
    except ProofInvalid:
        raise StatusListInvalid("its signature does not hold") from None
    return document


def _set_entries(bits: bytes) -> Iterable[int]:
    for place, byte in enumerate(bits):
        if byte:
            yield from (place * 8 + bit for bit in range(8) if byte & 0x80 >> bit)
