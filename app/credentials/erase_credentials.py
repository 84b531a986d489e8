"""A holder's credentials go; a line of the register stays for each, so that no status entry is ever given out twice.

The line holds a hash of the code, the dates and the status: what whoever holds the paper may still be told. And the
scores behind them stay counted, as numbers, in the months that the public log has still to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from app.credentials import queries
from app.credentials.keep_untold_scores import keep_untold_scores
from app.credentials.models import (
    Credential,
    CredentialReview,
    ErasedCredential,
    ExpiryReminder,
    ReminderOptOut,
    WithdrawnSignature,
)
from app.credentials.register_line import hash_of_code
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.transparency.forget_subject import forget_subject


def erase_credentials(
    person_id: UUID,
    *,
    sitting_ids: Sequence[UUID] = (),
    is_revoking: bool,
    session: Session,
    clock: Clock,
    jobs: Jobs,
    actor: Actor,
) -> int:
    """Erase them, revoked first or left to run to their end; how many there were.

    What is in doubt is revoked whatever was chosen: without its row nobody could take it back any more. Also erased are
    those that another account once held for one of these sittings, by mistake: they say what this person answered.
    They are held in the order of `reissue_affected`, so that a line tells what was done to each until it goes.
    """
    keep_untold_scores(person_id, session=session)
    about = or_(Credential.person_id == person_id, Credential.sitting_id.in_(sitting_ids))
    held = select(Credential).where(about).order_by(Credential.issued_at, Credential.id).with_for_update()
    rows = session.scalars(held.execution_options(populate_existing=True)).all()
    decided = update(CredentialReview).where(CredentialReview.decided_by == person_id)
    session.execute(decided.values(decided_by=None))  # what they decided about others stays, without them
    session.execute(delete(ReminderOptOut).where(ReminderOptOut.person_id == person_id))
    session.execute(update(Credential).where(Credential.person_id == person_id).values(renews_id=None))
    doubted = queries.in_doubt([row.id for row in rows], session=session, at=clock.now())
    for row in rows:
        if is_revoking or row.id in doubted:
            reason = RevocationReason.HOLDER_REQUEST if is_revoking else RevocationReason.ADMINISTRATIVE
            revoke_credential(row.id, reason, session=session, clock=clock, jobs=jobs, actor=actor)
        session.add(_line(row, clock))
        for owned in (CredentialReview, ExpiryReminder):
            session.execute(delete(owned).where(owned.credential_id == row.id))
        former = update(WithdrawnSignature).where(WithdrawnSignature.credential_id == row.id)
        session.execute(former.values(credential_id=None))  # its entry stays set for ever
        forget_subject(row.id, session=session)
        session.delete(row)
    session.flush()
    return len(rows)


def _line(row: Credential, clock: Clock) -> ErasedCredential:
    return ErasedCredential(
        code_hash=hash_of_code(row.code),
        status_list=row.status_list,
        status_index=row.status_index,
        is_specimen=row.is_specimen,
        was_shown=row.is_issued and row.visibility != "private" and row.hidden_at is None,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked_at=row.revoked_at,
        revocation_reason=row.revocation_reason,
        erased_at=clock.now(),
    )
