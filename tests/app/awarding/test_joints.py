"""What one context hands to the next, from the frozen sitting to the certificate: nothing is rounded, lost or renewed.

Each step has tests of its own. Here the real jobs run one after the other over a sitting whose frozen row is known.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select, update

from app.assessment.adopt_edition import adopt_edition
from app.assessment.models import Edition, FrozenSitting
from app.awarding import queries as awards
from app.awarding.models import AwardDecision
from app.awarding.policy import AwardPolicy
from app.credentials import open_badge
from app.credentials.models import Credential
from app.credentials.set_visibility import set_visibility
from app.credentials.states import Visibility
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.runtime import Runtime
from app.norming import queries as norms
from app.norming.models import NormVersion
from app.results import figures
from app.results import queries as results
from scoring.normal import NODES
from scoring.norms import NormTable
from tests.app.api.conftest import made_world, world
from tests.app.api.world import World
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_person, take
from tests.journeys.at_a_standstill import run_jobs, with_signer
from tests.journeys.collaboration import write_norm

__all__ = ["made_world", "world"]

FIRST, NEXT = "COL-2026.1", "COL-2026.2"
NEXT_MEAN, NEXT_PEOPLE, NEXT_WINDOW = 0.8, 812, (date(2026, 11, 2), date(2026, 12, 20))


@dataclass
class House:
    """The worker's runtime and the people at its door, over a world whose key is confirmed and whose norm certifies."""

    world: World
    runtime: Runtime

    @property
    def place(self) -> Place:
        here = self.runtime
        return Place(here.database, here.clock, here.entropy, here.jobs)  # type: ignore[arg-type]

    def sits(self, person_id: UUID, theta: float, **frozen: Any) -> UUID:
        """A whole sitting and every job that follows from it; with other values in its frozen row, if named."""
        sitting_id = take(self.place, person_id, SimulatedPerson(self.place, theta, theta, 1).answer)
        with self.runtime.transaction() as session:
            for name, value in frozen.items():
                setattr(session.get_one(FrozenSitting, sitting_id), name, value)
        run_jobs(self.runtime)
        return sitting_id

    def decision(self, sitting_id: UUID) -> AwardDecision:
        with self.runtime.reading() as session:
            result = results.result_of_sitting(sitting_id, session=session)
            assert result is not None
            return session.scalars(select(AwardDecision).where(AwardDecision.result_id == result.id)).one()

    def credential(self, sitting_id: UUID) -> Credential:
        with self.runtime.reading() as session:
            return session.scalars(select(Credential).where(Credential.sitting_id == sitting_id)).one()


@pytest.fixture
def house(world: World, tmp_path: Path) -> House:
    with world.runtime.transaction() as session:
        session.execute(update(Edition).values(provisional_key=False))  # else all are specimens
    return House(world, with_signer(world.runtime, tmp_path))


@pytest.mark.parametrize(
    ("frozen", "outcome", "reasons"),
    [
        ({"probability_above": 0.5}, "awarded", []),
        ({"probability_above": 0.4999}, "not-awarded", ["below-the-cut"]),
        ({"probability_above": 0.4999999}, "not-awarded", ["below-the-cut"]),
        ({"is_balanced": False}, "not-awarded", ["content-unbalanced"]),
    ],
    ids=["at-the-line", "below", "just-below", "unbalanced"],
)
def test_case_037_and_case_031_the_decision_is_taken_on_what_the_sitting_froze(house, frozen, outcome, reasons):
    decision = house.decision(house.sits(a_person(house.place), 3.0, **frozen))
    assert (decision.outcome, decision.reasons) == (outcome, reasons)


def test_case_039_case_029_case_031_edge_010_011_what_began_under_a_norm_and_a_policy_ends_under_them(house):
    """Both change while the sitting is open; rank, decision and every fact of the certificate are of the first."""
    place, person = house.place, a_person(house.place)
    sitting_id = place.start(person).sitting_id
    place.clock.advance(timedelta(hours=1))
    a_stricter_policy(house)
    another_norm(house)
    place.clock.advance(timedelta(hours=1))
    go_on(place, person, sitting_id)
    run_jobs(house.runtime)

    decision = house.decision(sitting_id)
    assert (decision.outcome, decision.reasons, decision.policy_version) == ("awarded", [], 0)
    with house.runtime.reading() as session:
        result = results.result_of_sitting(sitting_id, session=session)
        norm = norms.norm(house.world.facts.norm, session=session)
        (in_force,) = norms.published(SKILL, "en", session=session)
        award_id = awards.standing_award(result.id, session=session)
        award = awards.award(award_id, session=session)
    assert (norm.label, in_force.label) == (FIRST, NEXT)
    of_first, of_next = (float(one.table.percentile_rank([result.theta])[0]) for one in (norm, in_force))
    assert abs(of_first - of_next) > 0.1, "else the rank proves nothing"
    assert result.percentile_rank == pytest.approx(of_first, abs=1e-9)
    assert result.norm_id == norm.id
    assert award.norm_population == norm.population
    document = house.credential(sitting_id).signed_document
    told = open_badge.told_facts(json.loads(document))
    assert {name: value for name, value in told.items() if name not in ("mode", "statements", "scenarios")} == {
        "percentile-rank": figures.percentile_rank(of_first),
        "band-low": figures.percentile_rank(result.band_low),
        "band-high": figures.band_high(result.band_high),
        "decision-confidence": figures.confidence(result.decision_confidence),
        "norm-version": FIRST,
        "norm-group": "simulated adults at work",
        "norm-size": "5000",
        "norm-window": "2026-01-12/2026-10-30",
        "cut": "1.282",
        "cut-error": figures.theta(norm.cut_standard_error),
    }
    assert f"/norms/{norm.id}" in document
    assert NEXT not in document
    assert str(in_force.id) not in document

    later = house.decision(house.sits(a_person(place), 3.0))
    assert (later.outcome, later.reasons, later.policy_version) == ("not-awarded", ["below-the-cut"], 1)


def a_stricter_policy(house: House) -> None:
    """From now on nobody is sure enough."""
    with house.runtime.transaction() as session:
        at, values = house.runtime.clock.now(), {"award_confidence": 1.0}
        policies.set_policy(AwardPolicy, values, session=session, at=at, actor=operator())


def another_norm(house: House) -> None:
    """It takes the place of the first: other people, fewer, later, with a higher cut and another error of it."""
    at = house.runtime.clock.now()
    table = NormTable.from_latent(NODES, np.exp(-((NODES - NEXT_MEAN) ** 2) / 2), NEXT_PEOPLE)
    with house.runtime.transaction() as session:
        session.get_one(NormVersion, house.world.facts.norm).supersede(at=at)
        session.flush()
        norm_id = write_norm(session, table, NEXT_WINDOW, label=NEXT, n=NEXT_PEOPLE, published_at=at)
        former = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
        edition = adopt_edition(
            SKILL,
            "en",
            former.release_id,
            former.calibration_id,
            norm_id=norm_id,
            cut=table.cut(0.9).theta,
            cut_standard_error=table.cut(0.9).standard_error,
            composite=former.composite,
            may_certify=True,
            session=session,
            at=at,
        )
        edition.provisional_key = False


def go_on(place: Place, person: UUID, sitting_id: UUID) -> None:
    """Answer to the end."""
    answer = SimulatedPerson(place, 3.0, 3.0, 1).answer
    for position in range(1, 60):
        shown = place.shown(sitting_id)[-1]
        if place.respond(person, sitting_id, position, answer(shown.item_code)).state != "open":
            return


def test_edge_044_a_retake_that_earns_nothing_leaves_the_former_certificate_valid(house):
    person = a_person(house.place)
    earned = house.credential(house.sits(person, 3.0))
    house.place.clock.advance(timedelta(days=31))
    refused = house.decision(house.sits(person, -2.0))
    assert refused.outcome == "not-awarded"
    with house.runtime.transaction() as session:
        tools = {"session": session, "clock": house.place.clock, "actor": Actor(person, "candidate")}
        set_visibility(earned.code, Visibility.UNLISTED, **tools)
    page = house.world.app.test_client().get(f"/c/{earned.code}", headers={"Accept": "text/html"})
    assert page.headers["Decile-Verdict"] == "valid"
    with house.runtime.reading() as session:
        held = session.scalars(select(Credential).where(Credential.person_id == person)).one()
    assert (held.id, held.state, held.suspended_at, held.revoked_at) == (earned.id, "issued", None, None)
