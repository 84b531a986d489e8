"""Use case: after a restore, revoke again what published status lists say is revoked.

A restored database is older than the world: whoever was told of a revocation since must not see it undone.

Where a key was given up since, every entry of what it signed is set, revoked or not. What the log tells to be signed
anew the worker signs anew, unless a set entry is of nothing known here: it may be the new one, revoked. That, and what
the log tells nothing of, is suspended, and a person decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials import proof, queries, status_list
from app.credentials.did import ED25519
from app.credentials.errors import ListOfUnknownKey, ProofInvalid, StatusListInvalid
from app.credentials.log_events import signed_anew
from app.credentials.models import Credential, CredentialReview, ErasedCredential, IssuerKey, WithdrawnSignature
from app.credentials.reissue_affected import queue_for_review
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Reapplied:
    """How many were revoked again, and how many revoked entries belong to nothing the database knows."""

    revoked: int
    unknown: int
    waiting: int = 0  # for a person: of a key that was given up, so that the entry does not tell whether it is revoked


def reapply_revocations(
    signed_lists: Iterable[str],
    *,
    base_url: str,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> Reapplied:
    """Revoke every credential whose entry is set in one of these signed lists and that still stands.

    Raises
    ------
    StatusListInvalid
        If one does not hold, or is of another issuer. The caller's transaction then ends.
    ListOfUnknownKey
        If no key of ours that is published signed one.
    """
    standing, unknown = _told(signed_lists, base_url=base_url, session=session)
    given_up = frozenset(session.scalars(select(IssuerKey.key_id).where(IssuerKey.compromised_at.is_not(None))))
    withdrawn = [row for row in standing if given_up & {row.key_id, row.jwt_key_id}]
    renewed = frozenset[UUID]() if unknown else signed_anew(withdrawn, session=session)
    waiting = [row for row in withdrawn if row.id not in renewed]
    for row in waiting:
        keys = given_up & {row.key_id, row.jwt_key_id}
        _let_a_person_decide(row, keys, session=session, clock=clock, entropy=entropy, jobs=jobs)
    revoked = [row for row in standing if row not in withdrawn]
    for row in revoked:
        reason = RevocationReason.ADMINISTRATIVE  # the list says that, never why
        revoke_credential(row.id, reason, session=session, clock=clock, jobs=jobs, actor=actor)
    return Reapplied(len(revoked), unknown, len(waiting))


def _told(signed_lists: Iterable[str], *, base_url: str, session: Session) -> tuple[list[Credential], int]:
    """The credentials whose entry is set and that still stand, and how many set entries are of nothing known here."""
    standing, unknown = dict[UUID, Credential](), set[tuple[int, int]]()  # of two copies an entry is told twice
    for text in signed_lists:
        try:
            number, bits = _checked(text, base_url=base_url, session=session)
        except (StatusListInvalid, ListOfUnknownKey) as refused:
            refused.signed_list = text
            raise
        query = select(Credential).where(Credential.status_list == number)
        known = {row.status_index: row for row in session.scalars(query)}
        settled = _of_no_credential(number, session=session)
        for index in (one for one in _set_entries(bits) if one not in settled):
            credential = known.get(index)
            if credential is None:
                unknown.add((number, index))
            elif credential.revoked_at is None:
                standing[credential.id] = credential
    return list(standing.values()), len(unknown)


def _let_a_person_decide(
    credential: Credential,
    given_up: Collection[str],
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
) -> None:
    query = select(CredentialReview.key_id).where(CredentialReview.credential_id == credential.id)
    for key_id in sorted(set(given_up) - set(session.scalars(query))):
        queue_for_review(credential, key_id, session=session, clock=clock, entropy=entropy, jobs=jobs)


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
            raise ListOfUnknownKey(signature["verificationMethod"])
        proof.verify(document, key)
    except ProofInvalid:
        raise StatusListInvalid("its signature does not hold") from None
    return document


def _set_entries(bits: bytes) -> Iterable[int]:
    for place, byte in enumerate(bits):
        if byte:
            yield from (place * 8 + bit for bit in range(8) if byte & 0x80 >> bit)
