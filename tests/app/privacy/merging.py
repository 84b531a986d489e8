"""Two accounts of one person, two reviewers, and what becomes of what stood on either."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.accounts.models import Person, RoleGrant
from app.assessment.models import Sitting
from app.awarding.models import Award
from app.credentials.models import Credential
from app.foundation.access import Actor
from app.foundation.audit import AuditEntry
from app.foundation.runtime import Runtime
from app.privacy.ask_for_merge import ask_for_merge
from app.privacy.merge_accounts import merge_accounts
from app.privacy.merge_preview import MergePreview, merge_preview
from app.privacy.models import AccountMerge
from tests.app.api.world import OTHER, OWNER, World
from tests.app.assessment.builders import Place, SimulatedPerson, take
from tests.app.reviews.register import two_reviewers
from tests.journeys.at_a_standstill import run_jobs

WHY = "You wrote from both addresses: the mailbox of the first one is lost to you."
HEARING = timedelta(days=7)
MAILBOX = "olivia@owner.example.org"


def reviewers(world: World) -> tuple[Actor, Actor]:
    """Both held the role long before anything was asked for, and proved themselves just now."""
    found = two_reviewers(world)
    with world.runtime.transaction() as session:
        session.execute(update(RoleGrant).values(granted_at=world.runtime.clock.now() - timedelta(days=60)))
    return found


def place_of(world: World) -> Place:
    here = world.runtime
    return Place(here.database, here.clock, here.entropy, here.jobs)  # type: ignore[arg-type]


def sit_again(world: World, house: Runtime, role: str = OTHER, theta: float = 3.0) -> UUID:
    """The other account takes the skill too; whatever follows from it has come."""
    place = place_of(world)
    sitting_id = take(place, world.facts.people[role], SimulatedPerson(place, theta, theta, 1).answer)
    run_jobs(house)
    return sitting_id


def address_of(world: World, role: str) -> str:
    with world.runtime.reading() as session:
        return session.get_one(Person, world.facts.people[role]).email


def ask_merge(world: World, *, by: Actor, staying: str = OWNER, leaving: str = OTHER, **other: Any) -> UUID:
    here = world.runtime
    given = {"evidence": ["written-from-both"], "reason": WHY} | other
    with here.transaction() as session:
        return ask_for_merge(
            address_of(world, staying),
            address_of(world, leaving),
            given["evidence"],
            given["reason"],
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=by,
        )


def preview_of(world: World, staying: str = OWNER, leaving: str = OTHER) -> MergePreview:
    people = world.facts.people
    with world.runtime.reading() as session:
        return merge_preview(people[staying], people[leaving], session=session, at=world.runtime.clock.now())


def carry_out(world: World, merge_id: UUID, *, by: Actor, seen: str | None = None) -> None:
    here = world.runtime
    with here.reading() as session:
        row = session.get_one(AccountMerge, merge_id)
        now_seen = merge_preview(row.staying_id, row.leaving_id, session=session, at=here.clock.now()).sha256
    with here.transaction() as session:
        merge_accounts(
            merge_id,
            seen_sha256=now_seen if seen is None else seen,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=by,
        )


def merged(world: World, **accounts: str) -> UUID:
    """Asked for by one, carried out by the other once both addresses were heard."""
    first, _ = reviewers(world)
    merge_id = ask_merge(world, by=first, **accounts)
    world.runtime.clock.advance(HEARING)
    carry_out(world, merge_id, by=reviewers(world)[1])
    return merge_id


def merge_row(world: World, merge_id: UUID) -> AccountMerge:
    with world.runtime.reading() as session:
        return session.get_one(AccountMerge, merge_id)


def sitting_row(world: World, sitting_id: UUID) -> Sitting:
    with world.runtime.reading() as session:
        return session.get_one(Sitting, sitting_id)


def everything_earned(world: World) -> tuple[list[Any], list[Any]]:
    """Awards and credentials with all that anybody outside could notice of them, by their ids."""
    with world.runtime.reading() as session:
        awards = session.scalars(select(Award).order_by(Award.id)).all()
        held = session.scalars(select(Credential).order_by(Credential.id)).all()
        return (
            [(one.id, one.result_id, one.decided_at, one.withdrawn_at) for one in awards],
            [
                (one.id, one.code, one.subject_id, one.signed_document, one.signed_jwt, one.valid_from,
                 one.valid_until, one.visibility, one.shown_name, one.suspended_at, one.revoked_at, one.status_index)
                for one in held
            ],
        )  # fmt: skip


def kinds_about(world: World, subject: UUID) -> list[str]:
    with world.runtime.reading() as session:
        query = select(AuditEntry.kind).where(AuditEntry.subject == str(subject))
        return list(session.scalars(query.order_by(AuditEntry.sequence)))
