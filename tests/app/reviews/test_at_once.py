"""What is asked, decided, moved and begun at the same moment about one sitting, on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.accounts.models import RoleGrant
from app.accounts.restrictions import hold_accounts
from app.assessment.errors import RetakeTooSoon, SittingNotFound
from app.assessment.merge_sittings import hold_beginnings
from app.assessment.models import Sitting
from app.assessment.start_sitting import start_sitting
from app.awarding.models import AwardDecision, Outcome
from app.foundation.access import Actor
from app.item_bank.change_item_state import change_item_state
from app.item_bank.item_record import item_id_of
from app.item_bank.item_states import ItemState
from app.results.models import SkillResult
from app.reviews.apply_change import apply_change
from app.reviews.apply_rescoring import apply_rescoring
from app.reviews.ask_for_review import ask_for_review
from app.reviews.decide_case import decide_case
from app.reviews.errors import ItemNotSuspended, RescoringFollowed
from app.reviews.models import ReviewCase
from app.reviews.open_held_cases import open_held_cases
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, World
from tests.app.assessment.builders import SKILL, Place
from tests.app.reviews.desk import REASONS, a_reviewer, ask, case_row
from tests.app.reviews.register import ask_change, two_reviewers
from tests.app.reviews.test_decide_case import hold
from tests.app.reviews.test_register import to_other
from tests.app.reviews.test_rescoring import Desk, applied, apply, previewed, suspend, undo
from tests.app.reviews.test_rescoring import ask as ask_for_rescoring
from tests.meanwhile import PATIENCE_SECONDS, meanwhile, while_first_is_not_committed

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


def starting(world: World) -> Act:
    here, person_id = world.runtime, world.facts.people[OTHER]
    return lambda session: start_sitting(
        person_id, SKILL, "en", honesty_statement="1", session=session, clock=here.clock, entropy=here.entropy,
        jobs=here.jobs,
    )  # fmt: skip


def committed(world: World, act: Act) -> Callable[[], object]:
    def do() -> object:
        with world.runtime.transaction() as session:
            return act(session)

    return do


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


def test_a_case_that_was_decided_while_the_hourly_job_looked_stays_decided(world: World):
    held_without_what_was_earned(world)
    here, reviewer = world.runtime, a_reviewer(world)
    opening = committed(world, lambda session: open_held_cases(session=session, clock=here.clock, entropy=here.entropy))
    assert opening() == 1
    (case,) = cases(world)

    def deciding(session: Session) -> None:
        decide_case(
            case.id, "confirm", REASONS, minutes_spent=25, session=session, clock=here.clock, entropy=here.entropy,
            jobs=here.jobs, actor=reviewer,
        )  # fmt: skip

    assert while_first_is_not_committed(here.database, deciding, opening) == 0
    assert (case_row(world, case.id).state, case_row(world, case.id).decided_by) == ("decided", reviewer.person_id)
    with here.reading() as session:
        assert session.scalars(select(AwardDecision.outcome)).one() is Outcome.AWARDED


@pytest.mark.parametrize("held", [hold_accounts, hold_beginnings])
def test_who_decides_holds_no_case_while_waiting_for_a_merge_or_a_move(world: World, held: Callable[..., None]):
    """Those come to the case last: each would wait for the other, and one of them would be turned away."""
    case_id, reviewer, here = ask(world), a_reviewer(world), world.runtime
    deciding = committed(
        world,
        lambda session: decide_case(
            case_id, "confirm", REASONS, minutes_spent=25, session=session, clock=here.clock, entropy=here.entropy,
            jobs=here.jobs, actor=reviewer,
        ),
    )  # fmt: skip
    with here.transaction() as session:
        held(world.facts.people[OWNER], session=session)
        doing = meanwhile(deciding, here.database)
        assert not doing.done()
        session.execute(select(ReviewCase).with_for_update(nowait=True)).one()
    doing.result(PATIENCE_SECONDS)
    assert case_row(world, case_id).state == "decided"


def test_the_hourly_job_opens_no_case_for_an_account_that_is_just_merged_into_another(world: World):
    """Nobody could decide it: the sitting is the other account's."""
    held_without_what_was_earned(world)
    here, (owner, other) = world.runtime, (world.facts.people[one] for one in (OWNER, OTHER))
    opening = committed(world, lambda session: open_held_cases(session=session, clock=here.clock, entropy=here.entropy))

    def merging(session: Session) -> None:
        hold_accounts(owner, other, session=session)
        session.execute(update(SkillResult).where(SkillResult.person_id == owner).values(person_id=other))

    assert while_first_is_not_committed(here.database, merging, opening) == 0
    assert cases(world) == []
    assert opening() == 1
    (case,) = cases(world)
    assert case.person_id == other


def held_without_what_was_earned(world: World) -> None:
    with world.runtime.transaction() as session:
        for table in ("control_challenge", "share_look", "share_grant", "verification_count"):
            session.execute(text(f"DELETE FROM {table}"))
    hold(world)


def test_who_begins_while_a_sitting_moves_to_their_account_waits_as_after_it(world: World, moving: Act):
    completed_just_now(world)
    with pytest.raises(RetakeTooSoon):
        while_first_is_not_committed(world.runtime.database, moving, committed(world, starting(world)))


def test_of_a_sitting_just_begun_and_one_that_moves_there_one_is_the_first(world: World, moving: Act):
    completed_just_now(world)
    while_first_is_not_committed(world.runtime.database, starting(world), committed(world, moving))
    query = select(Sitting.id, Sitting.first_of_skill).where(Sitting.person_id == world.facts.people[OTHER])
    with world.runtime.reading() as session:
        found = session.execute(query.order_by(Sitting.started_at)).all()
    assert found[0].id == world.facts.ended_sitting
    assert [is_first for _, is_first in found] == [True, False]


def completed_just_now(world: World) -> None:
    now = world.runtime.clock.now()
    with world.runtime.transaction() as session:
        session.execute(
            update(Sitting)
            .where(Sitting.id == world.facts.ended_sitting)
            .values(started_at=now - timedelta(hours=1), completed_at=now - timedelta(minutes=30))
        )


def test_a_rescoring_is_not_undone_while_another_is_laid_over_it(world: World):
    """Both would stand: the later one still leaves out what the undo puts back."""
    desk = item_desk(world)
    below, above = (row.item_code for row in desk.place.shown(world.facts.ended_sitting)[:2])
    first = applied(desk, below)
    suspend(desk, above)
    second, seen, here = ask_for_rescoring(desk, above), previewed(desk, above), world.runtime

    def applying(session: Session) -> None:
        apply_rescoring(
            second, seen, seen_sha256=seen.sha256, session=session, clock=here.clock, entropy=here.entropy,
            jobs=here.jobs, actor=desk.second,
        )  # fmt: skip

    with pytest.raises(RescoringFollowed):
        while_first_is_not_committed(here.database, applying, lambda: undo(desk, first, below))


def test_nothing_is_applied_whose_suspension_is_just_being_lifted(world: World):
    desk, here = item_desk(world), world.runtime
    code = desk.place.shown(world.facts.ended_sitting)[0].item_code
    suspend(desk, code)
    asked = ask_for_rescoring(desk, code)

    def lifting(session: Session) -> None:
        change_item_state(
            item_id_of(SKILL, code, session=session), ItemState.ACTIVE, reason="the key is right", session=session,
            clock=here.clock, actor=desk.first,
        )  # fmt: skip

    with pytest.raises(ItemNotSuspended):
        while_first_is_not_committed(here.database, lifting, lambda: apply(desk, asked, code))


def item_desk(world: World) -> Desk:
    here, roles = world.runtime, frozenset({"item_editor"})
    now, editors = here.clock.now(), [world.facts.people[role] for role in (EDITOR, RECRUITER)]
    with here.transaction() as session:
        for person_id in editors:
            session.add(RoleGrant(person_id=person_id, role="item_editor", granted_at=now - timedelta(days=1)))
    first, second = (Actor(person_id, "editor", roles, now, now) for person_id in editors)
    place = Place(here.database, here.clock, here.entropy, here.jobs)
    return Desk(here, place, world.directory / "mail", (world.facts.ended_sitting,), first, second)
