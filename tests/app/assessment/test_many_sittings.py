"""The benchmarks' copies of sittings are sittings: whole, pinned, and replayed to the same score."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.accounts.models import Person
from app.assessment.models import FrozenSitting, Presentation, Response, Sitting
from app.awarding.models import AwardDecision
from app.demo.simulated_sittings import JobsAtOnce
from app.results.models import SkillResult
from app.results.recompute_result import recompute_result
from benchmarks.many_sittings import DAYS, copy
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.browser.normed_bank import adopt_a_norm

COPIES = 40


@pytest.fixture
def copied(runtime):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    for seed, theta in enumerate((-0.5, 1.8)):
        sitting_id = take(place, a_person(place), SimulatedPerson(place, theta, theta, seed).answer)
        with runtime.transaction() as session:
            jobs = JobsAtOnce()
            jobs.enqueue("report_result", "", session=session, arguments={"sitting_id": str(sitting_id)})
            jobs.carry_out(session=session, clock=runtime.clock, entropy=runtime.entropy)
    with runtime.reading() as session:
        originals = {row.seed: row for row in session.scalars(select(Sitting))}
    assert copy(runtime.database, COPIES, seed=4) == COPIES
    return originals


def test_every_copy_has_the_rows_of_its_original_whole_days_later_and_replays_to_its_score(runtime, copied):
    with runtime.reading() as session:
        sittings = session.scalars(select(Sitting)).all()
        assert len(sittings) == len(copied) + COPIES
        moved = {(one.started_at - copied[one.seed].started_at) for one in sittings}
        assert all(length % timedelta(days=1) == timedelta(0) for length in moved)
        assert len(moved) > 10
        assert max(moved) < timedelta(days=DAYS)
        for table in (Presentation, Response):
            shown = dict(session.execute(select(table.sitting_id, func.count()).group_by(table.sitting_id)).all())
            of_seed = {one.seed: shown[one.id] for one in sittings if one.id in {row.id for row in copied.values()}}
            assert all(shown[one.id] == of_seed[one.seed] for one in sittings)
        for table in (FrozenSitting, SkillResult, AwardDecision):
            assert session.scalar(select(func.count()).select_from(table)) == len(sittings)
        assert session.scalar(select(func.count()).where(Person.email.like("many-%"))) == COPIES
        results = session.scalars(select(SkillResult.id)).all()
        assert [one for one in results if recompute_result(one, session=session)] == []
