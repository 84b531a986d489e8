"""A sitting's posterior is softened by the stray shares it is pinned to, and older pins mean what they meant."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import update

from app.assessment import adaptation, pinned_norm
from app.assessment.adopt_edition import adopt_edition
from app.assessment.course import course_of
from app.assessment.final_scores import final_score
from app.assessment.models import FrozenSitting, Sitting
from app.assessment.queries import latest_edition
from app.assessment.replay_sitting import replay_sitting
from scoring.graded_response import log_likelihood
from scoring.misfit_aware import misfit_aware
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_person, take

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SHARES = [0.02, 0.01]
PLAIN = {"weights": [0.5, 0.5], "correlation": 0.5}


def _with_composite(place: Place, composite: dict[str, Any]) -> None:
    """The skill's edition once more, with this composite."""

    def adopt(session: Any) -> None:
        former = latest_edition(SKILL, "en", session=session)
        names = ("norm_id", "cut", "cut_standard_error", "may_certify", "demo")
        same = {name: getattr(former, name) for name in names}
        pins = (SKILL, "en", former.release_id, former.calibration_id)
        adopt_edition(*pins, **same, composite=composite, session=session, at=place.clock.now())

    place.do(adopt)


def _sat(place: Place, composite: dict[str, Any], theta: float = 1.9) -> UUID:
    a_normed_skill(place, scenario_slope=1.5)
    _with_composite(place, composite)
    return take(place, a_person(place), SimulatedPerson(place, theta, theta).answer)


def _by_hand(place: Place, sitting_id: UUID, shares: tuple[float, float]) -> float:
    """P(composite >= cut) of a sitting from the plain modules of scoring."""

    def read(session: Any) -> float:
        course = course_of(session.get_one(Sitting, sitting_id), session=session)
        composite = pinned_norm.composite_of(course.sitting, course.policy)
        logs = []
        for kind, name in enumerate(("scenario", "statement")):
            answered = {
                course.bank.index[unit.code]: unit.category
                for unit in course.units
                if unit.kind == name and unit.category is not None
            }
            rows = sorted(answered)
            first = 0 if kind == adaptation.JUDGEMENT else len(course.bank.of_kind(adaptation.JUDGEMENT))
            items = course.bank.of_kind(kind).take([row - first for row in rows])
            codes = np.minimum([answered[row] for row in rows], items.categories - 1)
            logs.append(misfit_aware(log_likelihood(codes[None, :], items, composite.nodes)[0], shares[kind]))
        posterior = composite.posterior(logs[0], logs[1])
        return float(posterior.probability_above(course.sitting.cut, course.sitting.cut_standard_error))

    return place.do(read)


def test_the_share_is_pinned_at_the_start_and_softens_the_probability(place: Place) -> None:
    sitting_id = _sat(place, {**PLAIN, "stray_shares": SHARES})
    stated = place.do(lambda session: final_score(sitting_id, session=session)).probability_above
    assert place.sitting(sitting_id).composite["stray_shares"] == SHARES
    assert stated == _by_hand(place, sitting_id, (0.02, 0.01))
    assert stated < _by_hand(place, sitting_id, (0.0, 0.0))


@pytest.mark.parametrize("shares", [{}, {"stray_shares": [0.0, 0.0]}])
def test_a_pin_without_shares_gives_the_same_bits_as_before(place: Place, shares: dict[str, Any]) -> None:
    sitting_id = _sat(place, {**PLAIN, **shares})
    stated = place.do(lambda session: final_score(sitting_id, session=session)).probability_above
    assert stated == _by_hand(place, sitting_id, (0.0, 0.0))


def test_a_share_adopted_in_mid_sitting_counts_from_the_next_one(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    _with_composite(place, PLAIN)
    person_id, person = a_person(place), SimulatedPerson(place, 1.0, 1.0)
    sitting_id = take(place, person_id, person.answer, most=3)
    _with_composite(place, {**PLAIN, "stray_shares": SHARES})
    assert "stray_shares" not in place.sitting(sitting_id).composite
    assert place.do(lambda session: replay_sitting(sitting_id, session=session)).matches
    other = place.start(a_person(place)).sitting_id
    assert place.sitting(other).composite["stray_shares"] == SHARES


def test_replay_uses_the_pinned_share_and_names_one_that_was_altered(place: Place) -> None:
    sitting_id = _sat(place, {**PLAIN, "stray_shares": SHARES}, theta=0.8)
    replay = place.do(lambda session: replay_sitting(sitting_id, session=session))
    assert replay.matches, replay.differences
    forged = {**PLAIN, "stray_shares": [0.2, 0.2]}
    place.do(lambda session: session.execute(update(Sitting).where(Sitting.id == sitting_id).values(composite=forged)))
    replay = place.do(lambda session: replay_sitting(sitting_id, session=session))
    assert any("probability_above" in difference for difference in replay.differences)


def test_what_a_retake_would_start_from_is_the_softened_posterior(place: Place) -> None:
    sitting_id = _sat(place, {**PLAIN, "stray_shares": [0.2, 0.2]})
    plain = _sat(place, PLAIN)
    variances = [
        np.trace(place.do(lambda session, which=which: session.get_one(FrozenSitting, which)).kinds_covariance)
        for which in (sitting_id, plain)
    ]
    assert variances[0] > variances[1]
