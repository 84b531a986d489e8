"""How many assessments may begin from one network and by one account in a day: programs collect, people sit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.assessment.errors import TooManyBegun
from app.assessment.leave_sitting import leave_sitting
from app.assessment.queries import sittings_of
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.rates import RatePolicy, SharedNetworkPolicy
from tests.app.assessment.builders import SKILL, Place, a_normed_skill, a_person, a_policy
from tests.app.assessment.test_views import Candidate

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def limited(runtime: Any, place: Place, *shared: str) -> Any:
    """The application, where a network begins two a day and a shared one three."""
    a_normed_skill(place)
    with runtime.transaction() as session:
        for policy, values in (
            (RatePolicy, {"beginnings_per_day": 2}),
            (SharedNetworkPolicy, {"networks": list(shared), "beginnings_per_day": 3}),
        ):
            policies.set_policy(policy, values, session=session, at=runtime.clock.now(), actor=operator())
    return create_app(runtime)


def starts(app: Any, runtime: Any, name: str, address: str) -> Any:
    """Begin, or go on, as somebody at this network address."""
    candidate = Candidate(app, runtime, f"{name}@example.org")
    candidate.client.environ_base["REMOTE_ADDR"] = address
    candidate.open(f"/skills/{SKILL}/start")
    return candidate, candidate.post(f"/skills/{SKILL}/start", consent_assessment="1", honesty="1")


def test_edge_068_a_network_begins_so_many_a_day_and_what_it_began_goes_on(runtime: Any, place: Place) -> None:
    app = limited(runtime, place)
    begun = [starts(app, runtime, name, "203.0.113.7") for name in ("ann", "bob", "cal")]
    assert [answer.status_code for _, answer in begun] == [303, 303, 429]
    refused = begun[2][1]
    assert "no more may begin there until tomorrow" in refused.text
    assert "no judgement of you" in refused.text
    assert int(refused.headers["Retry-After"]) <= 24 * 3600
    first = begun[0][0]
    assert first.open(begun[0][1].headers["Location"]).status_code == 200
    assert starts(app, runtime, "cal", "203.0.113.8")[1].status_code == 303


def test_edge_068_coming_back_to_an_open_assessment_is_not_counted(runtime: Any, place: Place) -> None:
    app = limited(runtime, place)
    ann, _ = starts(app, runtime, "ann", "203.0.113.7")
    again = [ann.post(f"/skills/{SKILL}/start", consent_assessment="1", honesty="1") for _ in range(4)]
    assert {answer.status_code for answer in again} == {303}
    assert starts(app, runtime, "bob", "203.0.113.7")[1].status_code == 303


def test_edge_068_a_school_that_the_operator_names_begins_more(runtime: Any, place: Place) -> None:
    app = limited(runtime, place, "198.51.100.0/24")
    answers = [starts(app, runtime, name, "198.51.100.20")[1] for name in ("ann", "bob", "cal", "dee")]
    assert [answer.status_code for answer in answers] == [303, 303, 303, 429]


def test_edge_068_one_account_begins_so_many_a_day_whatever_became_of_them(place: Place) -> None:
    """Nothing arose in any of them, so that no wait holds the program back."""
    a_normed_skill(place)
    a_policy(place, most_begun_per_day=2)
    person_id = a_person(place)
    for _ in range(2):
        sitting_id = place.start(person_id).sitting_id
        place.respond(person_id, sitting_id, 1, "did-not-arise")
        place.do(
            lambda s, one=sitting_id: leave_sitting(
                one, person_id=person_id, session=s, clock=place.clock, jobs=place.jobs
            )
        )
    with pytest.raises(TooManyBegun):
        place.start(person_id)
    assert len(place.do(lambda session: sittings_of(person_id, session=session))) == 2
    place.clock.advance(timedelta(days=1))
    assert place.start(person_id).is_new
