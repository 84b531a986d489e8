"""A person goes, from every table, from the mail we spooled and from kept answers, in one transaction.

What stays, and is said before: the days of sittings that waits and limits still count, under a keyed hash of the
address; a line of the register for each certificate; entries of the audit record with ids that lead nowhere. Their
scores stay counted, as numbers, until the public log has told the month.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.erase_account import erase_account
from app.accounts.hold_person import hold_person
from app.accounts.leave_address import leave_address
from app.accounts.restrictions import hold_accounts, is_on_legal_hold
from app.accounts.roles import STAFF
from app.assessment import queries as sittings
from app.assessment.erase_sittings import erase_sittings, traces_end_at
from app.awarding.erase_awards import erase_awards
from app.credentials import queries as credentials
from app.credentials.erase_credentials import erase_credentials
from app.foundation import audit
from app.foundation.access import Actor, operator, system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.errors import Conflict
from app.foundation.jobs import Jobs
from app.foundation.links import Links
from app.foundation.mail import Mailer
from app.foundation.runtime import Runtime
from app.keying.erase_judge import erase_judge
from app.privacy.erase_merges import erase_merges
from app.privacy.erased_people import note_erased
from app.privacy.errors import (
    CaseStillOpen,
    CertificateInDoubt,
    OnLegalHold,
    SignedRecords,
    StillStaff,
    TheirCaseOpen,
    TheirCertificateInDoubt,
    TheirLegalHold,
    TheirSignedRecords,
    TheyAreStaff,
)
from app.privacy.mailboxes import Mailboxes
from app.privacy.models import Certificates, ErasureRequest
from app.privacy.rules import require_erasable
from app.results import queries as results
from app.results.erase_results import erase_results
from app.reviews.erase_cases import erase_cases, erase_changes
from app.verification.erase_counts import erase_counts


def carry_out_erasure(
    request_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, links: Links, jobs: Jobs, mailer: Mailer
) -> Mailboxes | None:
    """Job: do what a person asked for. A request that is gone was carried out; on a legal hold it waits for the end."""
    person_id = session.scalar(select(ErasureRequest.person_id).where(ErasureRequest.id == request_id))
    if person_id is None:
        return None
    hold_accounts(person_id, session=session)
    request = session.get(ErasureRequest, request_id, with_for_update=True)
    if request is None or is_on_legal_hold(person_id, session=session):
        return None
    return erase_person(
        request.person_id,
        request.certificates,
        session=session,
        clock=clock,
        entropy=entropy,
        links=links,
        jobs=jobs,
        mailer=mailer,
        actor=system(),
    )


def erase_person(
    person_id: UUID,
    certificates: Certificates,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
    jobs: Jobs,
    mailer: Mailer,
    actor: Actor,
) -> Mailboxes:
    """Erase everything that leads to the person. The record of it names nobody.

    What is returned is emptied once more when this is committed: until then a letter may have been on its way.

    The accounts are held before all else, so that a legal hold stands before this or comes too late and says so; then
    the person's row, which whoever writes to them waits for.

    Raises
    ------
    PersonNotFound, OnLegalHold, StillStaff, SignedRecords, CaseStillOpen, CertificateInDoubt
    """
    now = clock.now()
    everybody = hold_person(person_id, session=session)
    require_erasable(person_id, certificates, session=session, at=now)
    ids = [one.id for one in everybody]
    mailboxes = Mailboxes(tuple(ids), tuple(one.email for one in everybody))
    mailboxes.empty(mailer)
    sat = [one.id for one in sittings.sittings_of(person_id, session=session)]
    held_ids = credentials.ids_of(person_id, sat, session=session)
    erase_cases(person_id, session=session)
    erase_changes(person_id, held_ids, session=session)
    erase_counts(held_ids, session=session)
    is_revoking = certificates is Certificates.REVOKE
    held = erase_credentials(
        person_id,
        sitting_ids=sat,
        is_revoking=is_revoking,
        session=session,
        clock=clock,
        jobs=jobs,
        actor=system(),
    )
    erase_awards(person_id, results.ids_of(person_id, session=session), session=session)
    erase_results(person_id, session=session)
    taken = _erase_sittings(person_id, session=session, clock=clock, entropy=entropy, links=links)
    session.execute(delete(ErasureRequest).where(ErasureRequest.person_id == person_id))
    erase_merges(ids, session=session)
    for address in mailboxes.addresses:
        erase_judge(address, session=session)
    erase_account(person_id, session=session, links=links)
    note_erased(ids, certificates, session=session, clock=clock, links=links)
    detail = {"sittings": taken, "credentials": held, "certificates": certificates.value}
    audit.record("person.erased", entropy.uuid(), actor=actor, at=now, session=session, detail=detail)
    return mailboxes


def erase_for_operator(person_id: UUID, certificates: Certificates, *, session: Session, runtime: Runtime) -> Mailboxes:
    """The same, asked for by letter or once more after a restore; who reads a refusal is not the person.

    Raises
    ------
    PersonNotFound, TheirLegalHold, TheyAreStaff, TheirSignedRecords, TheirCaseOpen, TheirCertificateInDoubt
    """
    try:
        return erase_person(
            person_id,
            certificates,
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            links=runtime.links,
            jobs=runtime.jobs,
            mailer=runtime.mailer,
            actor=operator(),
        )
    except (OnLegalHold, StillStaff, SignedRecords, CaseStillOpen, CertificateInDoubt) as refusal:
        raise _said_to_operator(refusal, accounts.person(person_id, session=session)) from refusal


def _said_to_operator(refusal: Conflict, person: accounts.PersonView) -> Conflict:
    """The refusal in words for who is not the person: whose it is, and what to type next."""
    match refusal:
        case CaseStillOpen():
            return TheirCaseOpen(person.email, refusal.due_on)
        case StillStaff():
            return TheyAreStaff(person.email, person.roles & STAFF)
        case CertificateInDoubt():
            return TheirCertificateInDoubt(person.email)
        case OnLegalHold():
            return TheirLegalHold(person.email)
    return TheirSignedRecords(person.email)


def _erase_sittings(person_id: UUID, *, session: Session, clock: Clock, entropy: Entropy, links: Links) -> int:
    """Who never sat leaves no hash of an address either."""
    if not sittings.sittings_of(person_id, session=session):
        return 0
    until = traces_end_at(session=session, at=clock.now())
    lineage_id = leave_address(person_id, until=until, session=session, entropy=entropy, links=links)
    return erase_sittings(person_id, lineage_id, session=session, clock=clock)
