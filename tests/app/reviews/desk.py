"""Somebody asks, somebody decides: the two acts that every test of reviews begins with."""

from __future__ import annotations

from uuid import UUID

from app.accounts.grant_role import grant_role
from app.accounts.models import Person
from app.credentials.models import Credential
from app.foundation.access import Actor, operator
from app.reviews.ask_for_review import ask_for_review
from app.reviews.decide_case import decide_case
from app.reviews.models import ReviewCase
from tests.app.api.world import OWNER, RECRUITER, World

REASONS = "I computed the sitting again and read every answer beside its question; this follows from them."


def ask(world: World, *, reason: str = "disturbed", words: str = "The alarm rang.") -> UUID:
    """The owner asks about the result that earned a certificate."""
    here = world.runtime
    with here.transaction() as session:
        return ask_for_review(
            world.facts.ended_sitting,
            reason,
            words,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=Actor(world.facts.people[OWNER], "owner"),
        )


def a_reviewer(world: World, role: str = RECRUITER) -> Actor:
    """Somebody with the role, proven just now."""
    here, person_id = world.runtime, world.facts.people[role]
    with here.transaction() as session:
        grant_role(person_id, "reviewer", session=session, clock=here.clock, actor=operator())
    return Actor(person_id, role, frozenset({"candidate", "reviewer"}), here.clock.now(), here.clock.now())


def in_the_owners_mailbox(world: World, role: str = RECRUITER) -> None:
    """From now on the role is on a second account of the owner's, with a tag behind a plus."""
    with world.runtime.transaction() as session:
        session.get_one(Person, world.facts.people[role]).email = "olivia+work@owner.example.org"


def decide(world: World, case_id: UUID, outcome: str, *, by: Actor, reasons: str = REASONS, minutes: int = 25) -> None:
    here = world.runtime
    with here.transaction() as session:
        decide_case(
            case_id,
            outcome,
            reasons,
            minutes_spent=minutes,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=by,
        )


def case_row(world: World, case_id: UUID) -> ReviewCase:
    with world.runtime.reading() as session:
        return session.get_one(ReviewCase, case_id)


def credential_row(world: World) -> Credential:
    with world.runtime.reading() as session:
        return session.query(Credential).filter_by(code=world.facts.code).one()
