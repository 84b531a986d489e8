"""Every night results are computed anew from their pins: none differs, and a planted difference is an alarm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app.assessment.models import FrozenSitting
from app.monitoring import queries, recompute_results
from app.norming.models import NormVersion
from app.results import queries as results
from app.results.models import SkillResult
from app.results.recompute_result import recompute_result
from app.worker import JOBS, PERIODIC
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.browser.normed_bank import adopt_a_norm

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


@pytest.fixture
def sat(runtime):
    """Three people under a norm of a real bank, with their results."""
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    adopt_a_norm(place)
    for theta in (-1.0, 0.4, 1.6):
        sitting_id = take(place, a_person(place), SimulatedPerson(place, theta, theta).answer)
        JOBS["report_result"](runtime, sitting_id=str(sitting_id))
    with runtime.reading() as session:
        return session.scalars(select(SkillResult.id).order_by(SkillResult.id)).all()


def night(runtime):
    """What the worker does; the alarms that are open afterwards."""
    JOBS["recompute_results"](runtime)
    with runtime.reading() as session:
        return queries.open_alarms(session=session)


def plant(runtime, statement):
    with runtime.transaction() as session:
        session.execute(statement)


def test_results_come_out_again_and_nobody_is_alarmed(runtime, sat):
    with runtime.reading() as session:
        assert [recompute_result(result_id, session=session) for result_id in sat] == [()] * 3
    assert night(runtime) == ()
    assert "recompute_results" in {job.name for job in PERIODIC}


def test_edge_074_and_threat_t2_results_edited_by_hand_are_found_the_next_night(runtime, sat):
    """A rank, a theta, a confidence, a stored answer: each in its own right, and once in the alarm."""
    of = SkillResult.id == sat[0]
    sitting = select(SkillResult.sitting_id).where(of).scalar_subquery()
    for statement in (
        update(SkillResult).where(of).values(percentile_rank=SkillResult.percentile_rank + 1e-6),
        update(SkillResult).where(of).values(theta=SkillResult.theta + 1e-6),
        update(SkillResult).where(of).values(decision_confidence=0.99),
        update(FrozenSitting).where(FrozenSitting.sitting_id == sitting).values(median=2.5),
    ):
        with runtime.database.transaction() as session:
            session.execute(statement)
            assert recompute_result(sat[0], session=session), statement
            session.rollback()
    plant(runtime, update(SkillResult).where(of).values(percentile_rank=99.0))
    (alarm,) = night(runtime)
    assert (alarm.kind, alarm.figures) == ("results", {"differing": 1, "results": [str(sat[0])]})
    assert len(night(runtime)) == 1


def test_threat_t1_a_norm_edited_by_hand_shows_in_the_results_that_cite_it(runtime, sat):
    with runtime.transaction() as session:
        session.execute(text("DROP TRIGGER IF EXISTS norm_version_no_edit"))
        norm = session.scalars(select(NormVersion).where(NormVersion.state == "published")).first()
        latent = dict(norm.latent)
        latent["distribution"] = [value**1.1 for value in latent["distribution"]]
        norm.latent = latent
    (alarm,) = night(runtime)
    assert alarm.figures["differing"] == len(sat)


def test_where_a_night_does_not_suffice_every_result_has_its_turn(runtime, sat, monkeypatch):
    monkeypatch.setattr(recompute_results, "MOST_A_NIGHT", 2)
    seen = set()
    for _ in range(2):
        with runtime.reading() as session:
            turn = recompute_results.tonights(session=session, at=runtime.clock.now())
        assert 1 <= len(turn) <= 2
        seen |= {result_id for result_id, _ in turn}
        runtime.clock.advance(timedelta(days=1))
    assert seen == set(sat)
    with runtime.reading() as session:
        assert len(results.in_turn(5, most=10, session=session)) == 3
