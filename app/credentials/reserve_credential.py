"""Use case (job): choose id, code, status entry and the exact document, and store them before anything is signed.

So a crash between signing and storing leaves a row that says what was about to exist, and the retry signs the same.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.awarding import queries as awards
from app.awarding.earned import is_earned
from app.awarding.queries import AwardView
from app.credentials import codes, conformance, display, validity
from app.credentials.did import Issuer
from app.credentials.errors import AwardUnearned, AwardWithdrawn, ChangedMeanwhile
from app.credentials.models import Credential
from app.credentials.objections import Objection
from app.credentials.open_badge import Identity, credential_document
from app.credentials.policy import CredentialPolicy
from app.credentials.states import CredentialState
from app.credentials.status_entries import entry_that_looks_free, free_entries, hold_entry
from app.foundation import audit, policies
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs


def reserve_credential(
    award_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, base_url: str
) -> UUID:
    """The id of the award's one credential; an existing reservation, whatever became of it, is success."""
    existing = session.scalar(select(Credential).where(Credential.award_id == award_id))
    if existing is not None:
        _ask_to_issue(existing, session=session, jobs=jobs)
        return existing.id
    award = awards.award_as_earned(award_id, session=session)
    if award.is_withdrawn:
        raise AwardWithdrawn(award_id)
    if not is_earned(award, session=session):
        raise AwardUnearned(award_id, (Objection.NOT_AWARDED,))
    now = clock.now()
    policy = policies.current(CredentialPolicy, session=session, at=now)
    chosen = entry_that_looks_free(policy, session=session, entropy=entropy)
    if chosen is None:
        (chosen,) = free_entries(1, policy, session=session, entropy=entropy, jobs=jobs)
    identity = Identity(
        code=codes.code_from_bits(entropy.bits(codes.RANDOM_BITS)),
        subject_id=entropy.uuid(),
        status_list=chosen[0],
        status_index=chosen[1],
        valid_from=_begins_at(award, session=session) or validity.whole_second(now),
    )
    issuer = Issuer(policy.issuer_name, base_url)
    checked = conformance.check_to_sign(credential_document(display.award_facts(award), identity, issuer=issuer))
    hold_entry(chosen, session=session)  # only now: nobody waits while the document is written
    if not awards.stands(award, session=session):  # after the list, in which order an erasure takes both
        raise ChangedMeanwhile("award", award_id)
    credential = Credential(
        id=entropy.uuid(),
        award_id=award.id,
        sitting_id=award.sitting_id,
        person_id=award.person_id,
        skill=award.skill_slug,
        code=identity.code,
        subject_id=identity.subject_id,
        status_list=identity.status_list,
        status_index=identity.status_index,
        is_specimen=award.is_specimen,
        valid_from=identity.valid_from,
        valid_until=identity.valid_until,
        display=display.display_facts(award, issuer=issuer),
        unsigned_document=checked.text,
        reserved_at=now,
        renews_id=_former(award, identity.valid_until, session=session),
    )
    session.add(credential)
    audit.record("credential.reserved", credential.id, actor=system(), at=now, session=session)
    _ask_to_issue(credential, session=session, jobs=jobs)
    session.flush()
    return credential.id


def _begins_at(award: AwardView, *, session: Session) -> datetime | None:
    """Where the sitting had a credential on another account before, the new one has its term and not a longer one."""
    query = select(Credential.valid_from).where(Credential.sitting_id == award.sitting_id)
    return session.scalar(query.order_by(Credential.valid_from).limit(1))


def _former(award: AwardView, valid_until: datetime, *, session: Session) -> UUID | None:
    """The holder's latest standing credential of the skill, which this one renews; a specimen renews no real one.

    It ends no later than this one: what is moved to an account has its old term, and may be older than what is there.
    """
    query = select(Credential.id).where(
        Credential.person_id == award.person_id,
        Credential.skill == award.skill_slug,
        Credential.is_specimen == award.is_specimen,
        Credential.state == CredentialState.ISSUED,
        Credential.revoked_at.is_(None),
        Credential.valid_until <= valid_until,
    )
    return session.scalar(query.order_by(Credential.issued_at.desc()).limit(1))


def _ask_to_issue(credential: Credential, *, session: Session, jobs: Jobs) -> None:
    """The same key twice is one job, so asking again mends a lost job and doubles nothing."""
    arguments = {"credential_id": str(credential.id)}
    jobs.enqueue("issue_credential", f"issue:{credential.id}", session=session, arguments=arguments)
