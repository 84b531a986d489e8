"""What is asked, decided, moved and begun at the same moment about one sitting, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.assessment.errors import SittingNotFound
from app.assessment.models import Sitting
from app.foundation.access import Actor
from app.reviews.apply_change import apply_change
from app.reviews.ask_for_review import ask_for_review
from app.reviews.models import ReviewCase
from tests.app.api.world import OWNER, World
from tests.app.reviews.desk import ask
from tests.app.reviews.register import ask_change, two_reviewers
from tests.app.reviews.test_register import to_other
from tests.at_once import while_first_is_not_committed

Act = Callable[[Session], object]


@pytest.fixture
def world(on_postgresql: World) -> World:
    return on_postgresql


@pytest.fixture
def moving(world: World) -> Act:
    """The owner's certificate goes to the other person, once this is called."""
    with world.runtime.transaction() as session:
        session.execute(update(Sitting).values(prior=None))  # what was begun from the former one would keep it there
    first, second = two_reviewers(world)
    change_id, here = ask_change(world, "move", by=first, to=to_other(world)), world.runtime
    return lambda session: apply_change(
        change_id, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=second
    )


def cases(world: World) -> list[ReviewCase]:
    with world.runtime.reading() as session:
        return list(session.scalars(select(ReviewCase)))


def test_nobody_asks_about_a_result_that_is_just_going_to_another_account(world: World, moving: Act):
    """The case would be the former holder's, about a sitting of the other's, and nobody could decide it."""
    with pytest.raises(SittingNotFound):
        while_first_is_not_committed(world.runtime.database, moving, lambda: ask(world))
    assert cases(world) == []


def test_asked_twice_in_the_same_moment_it_is_one_case(world: World):
    here = world.runtime
    asked: list[UUID] = []

    def first(session: Session) -> None:
        asked.append(
            ask_for_review(
                world.facts.ended_sitting, "disturbed", "", session=session, clock=here.clock, entropy=here.entropy,
                jobs=here.jobs, actor=Actor(world.facts.people[OWNER], "owner"),
            )
        )  # fmt: skip

    asked.append(while_first_is_not_committed(here.database, first, lambda: ask(world)))
    (case,) = cases(world)
    assert asked == [case.id] * 2
