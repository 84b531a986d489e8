"""A release has one panel, whoever opens it at the same moment."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.item_bank.release_bank import release_bank
from app.keying.open_panel import open_panel
from tests.app.keying.builders import BANK
from tests.app.norming.builders import people
from tests.meanwhile import while_first_is_not_committed


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_opened_by_two_people_at_the_same_moment_it_is_one_panel(runtime: Runtime):
    here = runtime
    tools = {"clock": here.clock, "entropy": here.entropy}
    with here.transaction() as session:
        editor, approver = people(session, here.clock.now())
        release = release_bank(BANK, session=session, actor=operator(), **tools)
    opened: list[UUID] = []

    def first(session: Session) -> None:
        opened.append(open_panel(release.id, session=session, actor=editor, **tools))

    def second() -> None:
        with here.transaction() as session:
            opened.append(open_panel(release.id, session=session, actor=approver, **tools))

    while_first_is_not_committed(here.database, first, second)
    assert opened[0] == opened[1]
