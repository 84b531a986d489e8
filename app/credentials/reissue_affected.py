"""Use case (job, worker alone): go through what a compromised key had signed, in batches.

What the record dates before the compromise is issued anew: the same facts and term under the same code, so that links
and printed certificates go on working, with another key and another status entry. What it dates later, or not at all,
may be the thief's: it is suspended, and a person decides. Each batch is one transaction and finds its own earlier work
by its rows, so a killed worker goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.credentials import conformance, jwt, proof, status_list
from app.credentials.errors import DocumentRefused, KeyNotFound
from app.credentials.holder_letters import Occasion, tell_holder
from app.credentials.issue_record import recorded_issues
from app.credentials.issuer_keys import key_in_use
from app.credentials.log_events import log_reissue, log_state
from app.credentials.models import Credential, CredentialReview, IssuerKey, WithdrawnSignature
from app.credentials.policy import CredentialPolicy
from app.credentials.review_queue import is_undecided
from app.credentials.states import CredentialState
from app.credentials.status_entries import free_entries
from app.foundation import audit, policies
from app.foundation.access import Actor, system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.signing import Signer
from app.foundation.working_days import working_days_after
from app.transparency import queries as log

BATCH = 250


def reissue_affected(
    key_id: str,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    signer: Signer,
    jwt_signer: Signer | None,
    most: int = BATCH,
) -> int:
    """Settle at most `most` of what this key signed; how many were settled now, 0 when nothing is left."""
    key = session.get(IssuerKey, key_id)
    if key is None or key.compromised_since is None:
        raise KeyNotFound(key_id)
    affected = session.scalars(_affected(key_id).limit(most)).all()
    issued_at = recorded_issues([row.id for row in affected], session=session)
    trusted = [
        row
        for row in affected
        if row.id in issued_at and issued_at[row.id] < key.compromised_since and _may_be_signed(row)
    ]
    reissue(
        trusted,
        key_id,
        session=session,
        clock=clock,
        entropy=entropy,
        jobs=jobs,
        signer=signer,
        jwt_signer=jwt_signer,
        actor=system(),
    )
    for row in trusted:
        tell_holder(
            Occasion.SIGNED_ANEW, row.id, f"{row.id}:{row.status_list}:{row.status_index}", session=session, jobs=jobs
        )
    for row in affected:
        if row not in trusted:
            queue_for_review(row, key_id, session=session, clock=clock, entropy=entropy, jobs=jobs)
    session.flush()
    return len(affected)


def _may_be_signed(row: Credential) -> bool:
    """Whether its text passes the rules of today: one that does not must not hold up all the others."""
    try:
        conformance.check_to_sign(proof.parse(row.unsigned_document))
    except DocumentRefused:
        return False
    return True


def reissue(
    credentials: Sequence[Credential],
    key_id: str,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    signer: Signer,
    jwt_signer: Signer | None,
    actor: Actor,
) -> None:
    """Sign these again, and keep the entries of what `key_id` had signed set."""
    if not credentials:
        return
    now = clock.now()
    # held here, so that the session need not read them again for each
    keys = {one.key_id: key_in_use(one.key_id, session=session) for one in (signer, jwt_signer) if one is not None}
    policy = policies.current(CredentialPolicy, session=session, at=now)
    meanwhile = log.replaced_meanwhile(session=session)
    entries = free_entries(len(credentials), policy, session=session, entropy=entropy, jobs=jobs)
    for row, entry in zip(credentials, entries, strict=True):
        former = WithdrawnSignature(
            status_list=row.status_list,
            status_index=row.status_index,
            credential_id=row.id,
            key_id=key_id,
            withdrawn_at=now,
        )
        session.add(former)
        _sign_again(row, entry, keys, at=now, signer=signer, jwt_signer=jwt_signer)
        log_reissue(row, (former.status_list, former.status_index), meanwhile, at=now, session=session)
        detail = {"key_id": signer.key_id, "former_key_id": key_id}
        audit.record("credential.reissued", row.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()


def _sign_again(
    row: Credential,
    entry: tuple[int, int],
    keys: Mapping[str, IssuerKey],
    *,
    at: datetime,
    signer: Signer,
    jwt_signer: Signer | None,
) -> None:
    document = proof.parse(row.unsigned_document)
    document["credentialStatus"] = status_list.moved(document["credentialStatus"], *entry)
    checked = conformance.check_to_sign(document)
    signed = proof.sign(checked, signer=signer, created=at)
    proof.verify_signed(signed, checked, keys[signer.key_id].public_bytes)
    token = jwt.sign(checked, signer=jwt_signer) if jwt_signer else None
    if token and jwt_signer:
        jwt.verify_signed(token, checked, keys[jwt_signer.key_id].public_bytes)
    row.reissue(
        checked.text,
        signed,
        token,
        key_id=signer.key_id,
        jwt_key_id=jwt_signer.key_id if jwt_signer else None,
        entry=entry,
    )


def _affected(key_id: str) -> Select[Credential]:
    """Issued, not revoked, signed with this key, and neither issued anew nor queued yet."""
    queued = select(CredentialReview.credential_id).where(CredentialReview.key_id == key_id)
    return (
        select(Credential)
        .where(
            Credential.state == CredentialState.ISSUED,
            Credential.revoked_at.is_(None),
            or_(Credential.key_id == key_id, Credential.jwt_key_id == key_id),
            Credential.id.not_in(queued),
        )
        .order_by(Credential.issued_at, Credential.id)
        .with_for_update()
    )


def queue_for_review(
    row: Credential, key_id: str, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs
) -> None:
    """Suspend it until a person has decided."""
    now = clock.now()
    policy = policies.current(CredentialPolicy, session=session, at=now)
    due_on = working_days_after(now.date(), policy.review_within_working_days)
    if row.suspended_at is None:
        row.suspend(at=now)
        log_state("suspend", row, at=now, session=session)
    is_told = is_undecided(row.id, session=session)  # of another key's review: a person looks once, at everything
    review = CredentialReview(id=entropy.uuid(), credential_id=row.id, key_id=key_id, opened_at=now, due_on=due_on)
    session.add(review)
    detail = {"key_id": key_id, "due_on": due_on.isoformat()}
    audit.record("credential.review_opened", row.id, actor=system(), at=now, session=session, detail=detail)
    if not is_told:
        tell_holder(Occasion.REVIEW_OPENED, row.id, str(review.id), session=session, jobs=jobs)
