"""What the two kinds of second factor share: whether there is one, and the recovery codes that stand in for either."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import roles_of
from app.accounts.models import Passkey, RecoveryCode, SecondFactor
from app.accounts.policy import AccountPolicy
from app.accounts.recovery_codes import make_recovery_codes
from app.accounts.roles import is_staff
from app.foundation.entropy import Entropy


def has_passkey(person_id: UUID, *, session: Session) -> bool:
    """Whether the person has a passkey. A suspended one counts: losing it must not open a shorter way in."""
    return bool(session.scalar(select(exists().where(Passkey.person_id == person_id))))


def has_second_factor(person_id: UUID, *, session: Session) -> bool:
    """Whether anything beyond the mailbox stands in front of this person's account."""
    app = exists().where(SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_not(None))
    return bool(session.scalar(select(app))) or has_passkey(person_id, session=session)


def first_recovery_codes(
    person_id: UUID, *, session: Session, entropy: Entropy, policy: AccountPolicy
) -> tuple[str, ...]:
    """Codes to show once to a member of staff who has none yet; nothing for anybody else."""
    has_codes = session.scalar(select(exists().where(RecoveryCode.person_id == person_id)))
    if has_codes or not is_staff(roles_of(person_id, session=session)):
        return ()
    return make_recovery_codes(person_id, session=session, entropy=entropy, count=policy.recovery_codes)


def forget_idle_recovery_codes(person_id: UUID, *, session: Session) -> None:
    """Drop the codes once there is no second factor left that they could stand in for."""
    if not has_second_factor(person_id, session=session):
        session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
