"""Use cases: a person's data is only kept from now on, and the end of that (GDPR article 18, a death, a legal hold).

An erasure that was asked for before waits for the end of a legal hold, and is then carried out. Beside any other cause
it goes on: whoever asks for it asks for more than a restriction.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import restrict_account
from app.accounts.restrictions import Cause
from app.awarding.decide_what_waited import decide_what_waited
from app.credentials.hide_pages import hide_pages, show_pages_again
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.privacy.ask_for_erasure import enqueue_erasure
from app.privacy.models import ErasureRequest
from app.results import queries as results


def restrict_person(
    person_id: UUID, cause: Cause, reason: str, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> bool:
    """Restrict them; whether their pages show nothing from now on.

    Raises
    ------
    RestrictionReasonNeeded, PersonNotFound, AlreadyRestricted
    """
    restrict_account.restrict_account(
        person_id, cause, reason, session=session, clock=clock, entropy=entropy, actor=actor
    )
    return hide_pages(person_id, cause.value, session=session, clock=clock)


def erasure_asked_for(person_id: UUID, *, session: Session) -> UUID | None:
    """The request of the person that the worker has not carried out yet."""
    return session.scalar(select(ErasureRequest.id).where(ErasureRequest.person_id == person_id))


def lift_restriction(
    person_id: UUID, reason: str, *, session: Session, clock: Clock, entropy: Entropy, jobs: Jobs, actor: Actor
) -> None:
    """End it: everything is as it was left, decisions that waited are made, and an erasure that did is carried out.

    Raises
    ------
    RestrictionReasonNeeded, NotRestricted
    """
    restrict_account.lift_restriction(person_id, reason, session=session, clock=clock, actor=actor)
    show_pages_again(person_id, session=session)
    for result_id in results.ids_of(person_id, session=session):
        decide_what_waited(
            result_id, occasion=f"lifted:{clock.now().isoformat()}", session=session, clock=clock, entropy=entropy,
            jobs=jobs, actor=actor,
        )  # fmt: skip
    waiting = erasure_asked_for(person_id, session=session)
    if waiting is not None:
        enqueue_erasure(waiting, session=session, jobs=jobs, at=clock.now())
