"""A sitting begins from the norm group that its pins name, and older pins mean what they meant."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import update

from app.assessment import adaptation
from app.assessment.course import course_of
from app.assessment.final_scores import final_score
from app.assessment.models import Sitting, State
from app.assessment.policy import SittingPolicy
from app.assessment.read_under_line import Line, read_under_line
from app.assessment.replay_sitting import replay_sitting
from app.assessment.rules import months_between
from scoring.composite import Composite, decayed_prior
from scoring.normal import NODES, normal_prior
from tests.app.assessment.builders import Place, SimulatedPerson, a_normed_skill, a_person, take
from tests.app.assessment.test_stray_shares import PLAIN, _with_composite

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
HUMP = normal_prior(NODES, -0.4, 0.8) * 0.8 + normal_prior(NODES, 1.8, 0.4) * 0.2
NORMED = {**PLAIN, "masses": (HUMP / HUMP.sum()).tolist()}


def _sat(place: Place, composite: dict[str, Any], person_id: UUID | None = None, theta: float = 1.3) -> UUID:
    _with_composite(place, composite)
    return take(place, person_id or a_person(place), SimulatedPerson(place, theta, theta).answer)


def _posterior(place: Place, sitting_id: UUID, composite: Composite, prior: Any = None) -> float:
    """P(composite >= cut) of a sitting's answers from the plain modules of scoring."""

    def read(session: Any) -> float:
        course = course_of(session.get_one(Sitting, sitting_id), session=session)
        logs = [adaptation._log_likelihood(course.units, course.bank, kind, 0.0) for kind in (0, 1)]
        posterior = composite.posterior(*logs, prior=prior)
        return float(posterior.probability_above(course.sitting.cut, course.sitting.cut_standard_error))

    return place.do(read)


def _stated(place: Place, sitting_id: UUID) -> float:
    return place.do(lambda session: final_score(sitting_id, session=session)).probability_above


def _read_under_its_line_with_a_group(place: Place, sitting_id: UUID) -> float | None:
    """P(composite >= cut) under a norm that differs from the sitting's own by stating its group."""
    sitting = place.sitting(sitting_id)
    pins = (sitting.release_id, sitting.calibration_id, NORMED, sitting.cut, sitting.cut_standard_error)
    return place.do(lambda session: read_under_line(sitting_id, Line(*pins), session=session))


def test_a_sitting_begins_from_the_norm_group_it_is_pinned_to(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = _sat(place, NORMED)

    assert place.sitting(sitting_id).composite == NORMED
    stated = _stated(place, sitting_id)
    assert stated == _posterior(place, sitting_id, Composite((0.5, 0.5), 0.5, NORMED["masses"]))
    assert abs(stated - _posterior(place, sitting_id, Composite((0.5, 0.5), 0.5))) > 0.01
    assert place.do(lambda session: replay_sitting(sitting_id, session=session)).matches


def test_pins_without_a_norm_group_have_the_normal_prior_to_the_last_bit(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = _sat(place, PLAIN)

    assert _stated(place, sitting_id) == _posterior(place, sitting_id, Composite((0.5, 0.5), 0.5))


def test_a_norm_group_that_was_altered_is_noticed_by_a_replay(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = _sat(place, NORMED)
    forged = {**NORMED, "masses": normal_prior(NODES, 1.0, 1.0).tolist()}
    place.do(lambda session: session.execute(update(Sitting).where(Sitting.id == sitting_id).values(composite=forged)))

    replay = place.do(lambda session: replay_sitting(sitting_id, session=session))

    assert any("probability_above" in difference for difference in replay.differences)


def test_a_norm_adopted_in_mid_sitting_counts_from_the_next_one(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    _with_composite(place, PLAIN)
    person_id, person = a_person(place), SimulatedPerson(place, 1.0, 1.0)
    sitting_id = take(place, person_id, person.answer, most=3)
    _with_composite(place, NORMED)
    while place.sitting(sitting_id).state == State.OPEN:
        shown = place.shown(sitting_id)[-1]
        place.respond(person_id, sitting_id, shown.position, person.answer(shown.item_code))

    assert "masses" not in place.sitting(sitting_id).composite
    assert _stated(place, sitting_id) == _posterior(place, sitting_id, Composite((0.5, 0.5), 0.5))


def test_a_retake_starts_from_what_the_normal_part_made_of_the_former_one_and_has_the_whole_shape(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id = a_person(place)
    first_id = _sat(place, NORMED, person_id)
    place.clock.advance(timedelta(days=200))
    second = place.sitting(_sat(place, NORMED, person_id))

    first = place.sitting(first_id)
    frozen = place.do(lambda session: final_score(first_id, session=session))
    composite = Composite((0.5, 0.5), 0.5, NORMED["masses"])
    months = months_between(first.completed_at, second.started_at)
    kept = {"norm_mean": composite.normal_mean, "norm_variance": composite.normal_covariance}
    means = [frozen.judgement_theta, frozen.self_report_theta]
    faded = decayed_prior(means, frozen.kinds_covariance, months, SittingPolicy().retention_per_month, **kept)
    assert second.prior is not None
    assert second.prior["mean"] == pytest.approx(faded[0])
    assert np.allclose(second.prior["covariance"], faded[1])
    laid = tuple(np.array(second.prior[name]) for name in ("mean", "covariance"))
    assert _stated(place, second.id) == _posterior(place, second.id, composite, laid)
    assert _stated(place, second.id) != _posterior(place, second.id, Composite((0.5, 0.5), 0.5), laid)


def test_what_is_said_of_the_kinds_rests_on_the_normal_part(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = _sat(place, NORMED)
    frozen = place.do(lambda session: final_score(sitting_id, session=session))
    composite = Composite((0.5, 0.5), 0.5, NORMED["masses"])

    def posterior(session: Any) -> Any:
        course = course_of(session.get_one(Sitting, sitting_id), session=session)
        return composite.posterior(
            *(adaptation._log_likelihood(course.units, course.bank, kind, 0.0) for kind in (0, 1))
        )

    found = place.do(posterior)
    assert (frozen.judgement_theta, frozen.self_report_theta) == found.kind_means != tuple(found.theta)
    assert np.array_equal(frozen.kinds_covariance, found.kind_covariance)


def test_a_sitting_read_under_another_norm_has_that_norms_group(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = _sat(place, PLAIN)
    read = _read_under_its_line_with_a_group(place, sitting_id)

    assert read == _posterior(place, sitting_id, Composite((0.5, 0.5), 0.5, NORMED["masses"]))
    assert read != _stated(place, sitting_id)


def test_a_retake_from_before_read_under_a_norm_with_its_group_has_that_group_too(place: Place) -> None:
    a_normed_skill(place, scenario_slope=1.5)
    person_id = a_person(place)
    _sat(place, PLAIN, person_id)
    place.clock.advance(timedelta(days=200))
    second_id = _sat(place, PLAIN, person_id)

    assert abs(_read_under_its_line_with_a_group(place, second_id) - _stated(place, second_id)) > 0.001
