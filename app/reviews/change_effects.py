"""What each change of the register does, through the use cases of the contexts below, and whom it has told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.assessment.allow_sitting import allow_sitting
from app.assessment.move_sitting import move_sitting
from app.assessment.restore_sitting import restore_sitting
from app.awarding import queries as awards
from app.awarding.award_anew import award_anew
from app.awarding.restore_award import restore_award
from app.awarding.withdraw_award import withdraw_award
from app.credentials.queries import CredentialView
from app.credentials.reverse_revocation import reverse_revocation
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.credentials.suspend_credential import reinstate_credential, suspend_credential
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.results.move_result import move_result
from app.reviews.change_texts import MOVED_HERE
from app.reviews.errors import ChangeIncomplete
from app.reviews.models import Change, RegisterChange, ReviewCase


@dataclass(frozen=True, slots=True)
class Tools:
    """What the use cases below need."""

    session: Session
    clock: Clock
    entropy: Entropy
    jobs: Jobs
    actor: Actor


def _reverse(change: RegisterChange, found: CredentialView, tools: Tools) -> None:
    """What had fallen with the certificate stands again too, and its holder gets a sitting for the trouble."""
    session, clock, actor = tools.session, tools.clock, tools.actor
    restore_sitting(found.sitting_id, session=session, clock=clock, jobs=tools.jobs, actor=actor)
    restore_award(found.award_id, session=session, clock=clock, actor=actor)
    reverse_revocation(found.id, session=session, clock=clock, jobs=tools.jobs, actor=actor)
    allow_sitting(
        found.person_id, found.skill, cause=f"register:{change.id}", session=session, clock=clock,
        entropy=tools.entropy, actor=actor,
    )  # fmt: skip
    write_to(change, change.kind.value, tools)


def _suspend(change: RegisterChange, found: CredentialView, tools: Tools) -> None:
    suspend_credential(found.id, str(change.id), session=tools.session, clock=tools.clock, actor=tools.actor)
    write_to(change, change.kind.value, tools)


def _reinstate(change: RegisterChange, found: CredentialView, tools: Tools) -> None:
    reinstate_credential(found.id, str(change.id), session=tools.session, clock=tools.clock, actor=tools.actor)
    write_to(change, change.kind.value, tools)


def _withdraw(change: RegisterChange, found: CredentialView, tools: Tools) -> None:
    _take_back(found, RevocationReason.ISSUED_IN_ERROR, tools)
    write_to(change, change.kind.value, tools)


def _move(change: RegisterChange, found: CredentialView, tools: Tools) -> None:
    """Withdrawn and revoked on the one account, made anew on the other from what was answered there; nothing goes."""
    if change.to_person_id is None:
        raise ChangeIncomplete("to_address")
    session, clock, to = tools.session, tools.clock, change.to_person_id
    result_id = awards.award(found.award_id, session=session).result_id
    _take_back(found, RevocationReason.ADMINISTRATIVE, tools)
    move_sitting(found.sitting_id, to, session=session, clock=clock, actor=tools.actor)
    move_result(result_id, to, session=session)
    session.execute(update(ReviewCase).where(ReviewCase.sitting_id == found.sitting_id).values(person_id=to))
    award_anew(result_id, session=session, clock=clock, entropy=tools.entropy, jobs=tools.jobs, actor=tools.actor)
    write_to(change, change.kind.value, tools)
    write_to(change, MOVED_HERE, tools)


def _take_back(found: CredentialView, reason: RevocationReason, tools: Tools) -> None:
    result_id = awards.award(found.award_id, session=tools.session).result_id
    withdraw_award(result_id, session=tools.session, clock=tools.clock, actor=tools.actor)
    revoke_credential(found.id, reason, session=tools.session, clock=tools.clock, jobs=tools.jobs, actor=tools.actor)


def write_to(change: RegisterChange, occasion: str, tools: Tools) -> None:
    """Have the letter sent, in the transaction of what it tells of; one of each occasion."""
    arguments = {"change_id": str(change.id), "occasion": occasion}
    tools.jobs.enqueue(
        "send_change_letter", f"register:{occasion}:{change.id}", session=tools.session, arguments=arguments
    )


EFFECTS: dict[Change, Callable[[RegisterChange, CredentialView, Tools], None]] = {
    Change.REVERSE: _reverse,
    Change.SUSPEND: _suspend,
    Change.REINSTATE: _reinstate,
    Change.WITHDRAW: _withdraw,
    Change.MOVE: _move,
}
