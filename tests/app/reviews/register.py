"""Two reviewers at the desk of the register, and what becomes of the owner's certificate."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from app.accounts.models import RoleGrant
from app.assessment.models import Sitting
from app.credentials.models import Credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import Actor, operator
from app.reviews.apply_change import apply_change
from app.reviews.ask_for_change import ask_for_change
from app.reviews.models import RegisterChange
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_credential
from tests.app.api.world import EDITOR, World
from tests.app.reviews.desk import a_reviewer

WHY = "The complaint named another person; we read the record again and nothing bears it out."


def two_reviewers(world: World) -> tuple[Actor, Actor]:
    """Both held the role before anything was asked for."""
    found = a_reviewer(world), a_reviewer(world, EDITOR)
    with world.runtime.transaction() as session:
        session.execute(update(RoleGrant).values(granted_at=world.runtime.clock.now() - timedelta(days=1)))
    return found


def show_it(world: World) -> None:
    with world.runtime.transaction() as session:
        session.execute(update(Credential).values(visibility="unlisted"))


def let_it_stand_alone(world: World) -> None:
    """The owner's later sitting did not begin from where the one of the certificate had ended."""
    with world.runtime.transaction() as session:
        session.get_one(Sitting, world.facts.open_sitting).prior = None


def revoke_it(world: World, reason: RevocationReason) -> None:
    here = world.runtime
    with here.transaction() as session:
        credential_id = session.scalars(select(Credential.id).where(Credential.code == world.facts.code)).one()
        revoke_credential(credential_id, reason, session=session, clock=here.clock, jobs=here.jobs, actor=operator())


def ask_change(world: World, kind: str, *, by: Actor, reason: str = WHY, to: str = "") -> UUID:
    here = world.runtime
    with here.transaction() as session:
        return ask_for_change(
            world.facts.code,
            kind,
            reason,
            to_address=to,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            actor=by,
        )


def apply_it(world: World, change_id: UUID, *, by: Actor) -> None:
    here = world.runtime
    with here.transaction() as session:
        apply_change(change_id, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=by)


def by_two(world: World, kind: str, *, to: str = "") -> UUID:
    first, second = two_reviewers(world)
    change_id = ask_change(world, kind, by=first, to=to)
    apply_it(world, change_id, by=second)
    return change_id


def change_row(world: World, change_id: UUID) -> RegisterChange:
    with world.runtime.reading() as session:
        return session.get_one(RegisterChange, change_id)


def verdict(world: World) -> Verdict:
    with world.runtime.reading() as session:
        return verify_credential(world.facts.code, session=session, clock=world.runtime.clock).verdict
