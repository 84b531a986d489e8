"""The world with somebody at every desk, and with a question of the owner's that waits to be decided."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from app.accounts.grant_role import grant_role
from app.accounts.issue_api_token import issue_api_token
from app.accounts.scopes import scopes_open_to
from app.foundation.access import Actor, operator
from tests.app.accounts.signed_in import sign_in
from tests.app.api.world import DESK_ROLES, FILE, World
from tests.app.assessment.builders import Place, a_person
from tests.app.reviews.desk import ask


def staffed(world: World) -> World:
    """The same world, put back from now on to what it is here: each desk's person proved who they are just now."""
    here, facts = world.runtime, world.facts
    with _days_ago(world, 32):  # before the draft was made: who is an approver only since then is no second person
        people = {role: _holder(world, role) for role in DESK_ROLES}
    with _days_ago(world, 7):  # in time: a month after the result it is too late to ask
        case_id = ask(world)
    facts = replace(
        facts,
        people={**facts.people, **people},
        cookies={**facts.cookies, **{role: sign_in(here, one, second_factor=True) for role, one in people.items()}},
        tokens={**facts.tokens, **{role: _token(world, role, one) for role, one in people.items()}},
        case=case_id,
    )
    with here.database.writing.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    template = shutil.copy(world.directory / FILE, world.directory / "staffed.sqlite3")
    return replace(world, facts=facts, template=template)


@contextmanager
def _days_ago(world: World, days: int) -> Iterator[None]:
    clock, now = world.runtime.clock, world.runtime.clock.now()
    clock.instant = now - timedelta(days=days)  # type: ignore[attr-defined]
    yield
    clock.instant = now  # type: ignore[attr-defined]


def _holder(world: World, role: str) -> UUID:
    here = world.runtime
    person_id = a_person(Place(here.database, here.clock, here.entropy, here.jobs))  # type: ignore[arg-type]
    with here.transaction() as session:
        grant_role(person_id, DESK_ROLES[role], session=session, clock=here.clock, actor=operator())
    return person_id


def _token(world: World, role: str, person_id: UUID) -> str:
    here, roles = world.runtime, frozenset({"candidate", DESK_ROLES[role]})
    now, cookie = here.clock.now(), sign_in(here, person_id, second_factor=True)
    with here.transaction() as session:
        issued = issue_api_token(
            f"Program of {role}",
            scopes_open_to(roles),
            30,
            browser_token=cookie,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            jobs=here.jobs,
            actor=Actor(person_id, role, roles, now, signed_in_at=now),
        )
    return issued.token
