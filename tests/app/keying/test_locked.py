"""Judges and those who invite or release hold the panel first, so that none of them waits for the other in a circle."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.foundation.runtime import Runtime
from app.keying.invite_judges import invite_judges
from app.keying.locked import open_panel_for_update
from app.keying.models import Seat
from tests.app.keying.builders import a_panel
from tests.meanwhile import PATIENCE_SECONDS, meanwhile

JUDGE = "judge-1@example.org"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_judge_who_declares_while_the_link_is_sent_again_waits_for_it_and_both_are_done(runtime: Runtime):
    here, judging = runtime, a_panel(runtime)
    (token,) = judging.invite(JUDGE)
    here.clock.advance(timedelta(minutes=1))

    with here.transaction() as session:
        open_panel_for_update(judging.panel_id, session=session)
        declaring = meanwhile(lambda: judging.declare(token), here.database)
        invite_judges(
            judging.panel_id, [JUDGE], language="en", session=session, clock=here.clock, entropy=here.entropy,
            jobs=here.jobs, actor=judging.editor,
        )  # fmt: skip

    declaring.result(PATIENCE_SECONDS)
    with here.reading() as session:
        seat = session.scalars(select(Seat)).one()
    assert (seat.invited_at, seat.declared_at) == (here.clock.now(), here.clock.now())
