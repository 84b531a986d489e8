"""A norm version takes its steps in order, keeps its numbers, and one is in force for a group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.foundation.access import Actor
from app.norming.errors import NormInAnotherState, NormNotDue
from app.norming.guards import WRITTEN_ONCE
from app.norming.models import NormState, NormVersion
from tests.app.norming.builders import a_calibrated_sample, a_draft, a_norm, people, take_step

FOLLOWS = {
    NormState.PREVIEWED: {NormState.DRAFT, NormState.PREVIEWED},
    NormState.APPROVED: {NormState.PREVIEWED},
    NormState.SCHEDULED: {NormState.APPROVED},
    NormState.PUBLISHED: {NormState.SCHEDULED},
    NormState.SUPERSEDED: {NormState.PUBLISHED},
}
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
APPROVER = Actor(UUID(int=1), "approver")
PAIRS = [(state, step) for state in NormState for step in FOLLOWS]


@pytest.fixture
def staff(session, clock):
    return people(session, clock.now())


@pytest.fixture
def run(session, clock, entropy):
    return a_calibrated_sample(session, clock, entropy)


@pytest.mark.parametrize(("state", "step"), PAIRS, ids=[f"{state}-{step}" for state, step in PAIRS])
def test_every_pair_of_state_and_step_is_allowed_or_refused(state, step):
    norm = NormVersion(label="PAT-2026.1", sha256="a" * 64, state=state, takes_effect_at=NOON)
    if state in FOLLOWS[step]:
        take_step(norm, step, at=NOON, approver=APPROVER)
        assert norm.state is step
    else:
        with pytest.raises(NormInAnotherState, match=state):
            take_step(norm, step, at=NOON, approver=APPROVER)
        assert norm.state is state


def test_a_norm_is_not_published_a_second_before_its_hour(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.APPROVED)
    due_at = clock.now() + timedelta(hours=24)
    norm.schedule(due_at, at=clock.now())
    with pytest.raises(NormNotDue):
        norm.publish(at=due_at - timedelta(seconds=1))
    norm.publish(at=due_at)
    assert norm.published_at == due_at


def test_the_index_admits_one_published_norm_per_group(session, clock, entropy, staff, run):
    a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    second = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    second.publish(at=clock.now())
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


def test_drafts_are_numbered_within_their_year(session, clock, entropy, staff, run):
    labels = [a_draft(session, clock, entropy, staff[0]).label for _ in range(2)]
    clock.advance(timedelta(days=60))
    labels.append(a_draft(session, clock, entropy, staff[0]).label)
    assert labels == ["PAT-2026.1", "PAT-2026.2", "PAT-2027.1"]


def test_the_database_refuses_to_edit_a_norm_version(session, clock, entropy, staff, run):
    norm = a_draft(session, clock, entropy, staff[0])
    for column in WRITTEN_ONCE:
        edit = update(NormVersion).where(NormVersion.id == norm.id).values({column: getattr(norm, column)})
        with pytest.raises(DBAPIError, match="never edited"), session.begin_nested():
            session.execute(edit)


def test_the_database_refuses_to_delete_a_norm_version(session, clock, entropy, staff, run):
    a_draft(session, clock, entropy, staff[0])
    with pytest.raises(DBAPIError, match="never edited"), session.begin_nested():
        session.execute(text("DELETE FROM norm_version"))
