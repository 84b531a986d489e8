"""A mail program may press the button of one click twice; nobody is told of an error for that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.credentials.models import ReminderOptOut
from app.credentials.send_reminder import PURPOSE
from app.credentials.stop_reminders import resume_reminders, stop_reminders
from app.foundation.audit import AuditEntry
from app.foundation.runtime import Runtime
from tests.app.assessment.builders import Place, a_person
from tests.meanwhile import while_first_is_not_committed

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


def twice_at_once(here: Runtime, act: Callable[[Session], None]) -> None:
    def again() -> None:
        with here.transaction() as session:
            act(session)

    while_first_is_not_committed(here.database, act, again)


def test_stopped_or_resumed_twice_in_the_same_moment_it_is_done_and_recorded_once(runtime: Runtime):
    here = runtime
    person_id = a_person(Place(here.database, here.clock, here.entropy, here.jobs))
    link = {"links": here.links, "clock": here.clock}
    token = here.links.sign(PURPOSE, str(person_id))

    twice_at_once(here, lambda session: stop_reminders(token, session=session, **link))
    assert (opted_out(here), recorded(here, "reminders.stopped")) == (1, 1)
    twice_at_once(here, lambda session: resume_reminders(token, session=session, **link))
    assert (opted_out(here), recorded(here, "reminders.resumed")) == (0, 1)


def opted_out(here: Runtime) -> int:
    with here.reading() as session:
        return session.scalar(select(func.count()).select_from(ReminderOptOut)) or 0


def recorded(here: Runtime, kind: str) -> int:
    with here.reading() as session:
        return session.scalar(select(func.count()).where(AuditEntry.kind == kind)) or 0
