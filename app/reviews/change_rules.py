"""From which states a certificate may be changed in the register, and whom a change concerns too nearly."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.move_sitting import require_movable
from app.awarding import queries as awards
from app.credentials import queries as credentials
from app.credentials.errors import OwnCertificate
from app.credentials.queries import CredentialView
from app.credentials.reverse_revocation import require_reversible
from app.credentials.suspend_credential import is_suspended_by_people, require_reinstatable
from app.results import queries as results
from app.reviews.errors import (
    ChangeDuringCase,
    ChangeOfFallen,
    ChangeOfMoved,
    ChangeOfReplaced,
    ChangeOfSuspended,
    ChangeToDecider,
)
from app.reviews.models import Change, ReviewCase, State


def require_possible(
    kind: Change, credential_id: UUID, to_person_id: UUID | None, *, session: Session
) -> CredentialView:
    """The certificate as it is, where the change leads on from there, and to that person where it moves.

    Raises
    ------
    CredentialNotFound, NotReversible, NotReinstatable, SittingEntangled, ChangeNotPossible
    """
    found = credentials.credential(credential_id, session=session)
    _RULES[kind](found, session)
    if to_person_id is not None and has_decided(to_person_id, found.sitting_id, session=session):
        raise ChangeToDecider
    return found


def require_unconcerned(person_id: UUID, *concerned: UUID | None, session: Session) -> None:
    """Raise `OwnCertificate` for whoever would decide about a certificate that is or becomes their own."""
    if any(one and accounts.is_same_person(person_id, one, session=session) for one in concerned):
        raise OwnCertificate


def has_decided(person_id: UUID, sitting_id: UUID, *, session: Session) -> bool:
    """Whether this person decided the case about the sitting's result."""
    decided = session.scalars(select(ReviewCase.decided_by).where(ReviewCase.sitting_id == sitting_id))
    return any(one and accounts.is_same_person(person_id, one, session=session) for one in decided)


def _reversible(found: CredentialView, session: Session) -> None:
    require_reversible(found.id, session=session)
    result = results.result(awards.award(found.award_id, session=session).result_id, session=session)
    if awards.standing_award(result.id, session=session) not in (None, found.award_id):
        raise ChangeOfReplaced
    if result.person_id != found.person_id:
        raise ChangeOfMoved


def _stands(found: CredentialView, _session: Session) -> None:
    if not found.is_issued or found.revoked_at is not None:
        raise ChangeOfFallen


def _stands_unsuspended(found: CredentialView, session: Session) -> None:
    _stands(found, session)
    if found.suspended_at is not None:
        raise ChangeOfSuspended


def _suspendable(found: CredentialView, session: Session) -> None:
    """The review of a stolen key suspends for itself alone: two people may still want it suspended for their reason."""
    _stands(found, session)
    if is_suspended_by_people(found.id, session=session):
        raise ChangeOfSuspended


def _reinstatable(found: CredentialView, session: Session) -> None:
    require_reinstatable(found.id, session=session)


def _movable(found: CredentialView, session: Session) -> None:
    _stands_unsuspended(found, session)
    require_movable(found.sitting_id, session=session)
    case = session.scalar(select(ReviewCase.state).where(ReviewCase.sitting_id == found.sitting_id))
    if case is State.OPEN:
        raise ChangeDuringCase


_RULES: dict[Change, Callable[[CredentialView, Session], None]] = {
    Change.REVERSE: _reversible,
    Change.SUSPEND: _suspendable,
    Change.REINSTATE: _reinstatable,
    Change.WITHDRAW: _stands,
    Change.MOVE: _movable,
}
