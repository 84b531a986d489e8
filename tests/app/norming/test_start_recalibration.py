"""One recalibration of a skill is under way, whoever asks for one at the same moment."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.foundation.runtime import Runtime
from app.norming.calibration_errors import RecalibrationUnderWay
from app.norming.recalibration import Choice, Source
from app.norming.start_recalibration import start_recalibration
from tests.app.norming.builders import SKILL, people
from tests.meanwhile import while_first_is_not_committed


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_ask_at_the_same_moment_one_is_told_that_it_is_under_way(runtime: Runtime):
    here = runtime
    with here.transaction() as session:
        editor, _ = people(session, here.clock.now())

    def begin(session: Session) -> None:
        start_recalibration(
            SKILL, Choice(Source.SITTINGS, language="en"), session=session, clock=here.clock, entropy=here.entropy,
            jobs=here.jobs, actor=editor,
        )  # fmt: skip

    def begin_too() -> None:
        with here.transaction() as session:
            begin(session)

    with pytest.raises(RecalibrationUnderWay):
        while_first_is_not_committed(here.database, begin, begin_too)
