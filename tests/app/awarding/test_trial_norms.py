"""A norm that a trial issuer's looser gates let through earns specimens, after the trial as well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.assessment.models import Edition
from app.awarding.models import Award
from app.awarding.policy import AwardPolicy
from app.desk.founding import Step, checklist
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.policies import Policy
from app.foundation.runtime import Runtime
from app.norming import queries as norms
from app.norming.policy import NormPolicy
from tests.app.api.conftest import made_world, world
from tests.app.api.world import World
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take
from tests.journeys.at_a_standstill import run_jobs, with_signer

__all__ = ["made_world", "world"]

TOP = 3.0
Change = tuple[type[Policy], dict[str, Any]]
TRIAL: Change = (AwardPolicy, {"trial_issuer": True})
LOOSE: Change = (NormPolicy, {"certify_from_n": 10})


@pytest.fixture
def house(world: World, tmp_path: Path) -> Runtime:
    with world.runtime.transaction() as session:
        session.execute(update(Edition).values(provisional_key=False))  # else all are specimens
    return with_signer(world.runtime, tmp_path)


def held_at_the_draft(world: World, house: Runtime, *changes: Change) -> None:
    """As it had been when the norm was drafted; before tonight all was put back as shipped."""
    with house.transaction() as session:
        drafted_at = norms.norm(world.facts.norm, session=session).drafted_at
        for policy, values in changes:
            set_at = {"session": session, "actor": operator()}
            policies.set_policy(policy, values, at=drafted_at - timedelta(seconds=1), **set_at)
            policies.set_policy(policy, {}, at=house.clock.now() - timedelta(seconds=1), **set_at)


def reasons_of_a_new_award(house: Runtime) -> list[str]:
    place = Place(house.database, house.clock, house.entropy, house.jobs)  # type: ignore[arg-type]
    sitting_id = take(place, a_person(place), SimulatedPerson(place, TOP, TOP, 1).answer)
    run_jobs(house)
    with house.reading() as session:
        award = session.scalars(select(Award).order_by(Award.decided_at.desc())).first()
    assert award is not None, sitting_id
    return award.specimen_reasons


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [((), []), ((TRIAL,), []), ((LOOSE,), []), ((TRIAL, LOOSE), ["trial-norm"])],
    ids=["as-shipped", "trial-with-shipped-gates", "looser-gates-of-a-former-release", "trial-with-looser-gates"],
)
def test_the_end_of_a_trial_makes_its_norm_no_better(world, house, changes, reasons):
    house.clock.advance(timedelta(days=1))
    held_at_the_draft(world, house, *changes)
    assert reasons_of_a_new_award(house) == reasons
    with house.reading() as session:
        norm = norms.norm(world.facts.norm, session=session)
        found = checklist(norm.skill, norm.language, session=session, at=house.clock.now())
    (gates,) = (check for check in found.checks if check.step == Step.GATES)
    assert (gates.is_done, gates.reasons) == (not reasons, tuple(reasons))
