"""The desk of checks: a queue, the evidence, and a decision with reasons, for reviewers alone."""

from __future__ import annotations

import pytest

from app.accounts.grant_role import grant_role
from app.assessment import checks
from app.assessment.models import Sitting, SittingCheck
from app.foundation.access import operator
from tests.app.accounts.signed_in import browser_of
from tests.app.assessment.builders import Place, SimulatedPerson, a_normed_skill, a_person, take
from tests.journeys.pages import form_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def waiting(runtime):
    """A sitting that waits for a person."""
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    a_normed_skill(place, scenario_slope=1.5)
    sitting_id = take(place, a_person(place), SimulatedPerson(place, 0.2, 0.2).answer)
    sign = {"value": -4.1, "share": 0.0005}
    with runtime.transaction() as session:
        session.add(
            SittingCheck(
                sitting_id=sitting_id,
                tier=3,
                evidence={"units": 12, "fit": sign, "flags": ["fit"], "pace_not_read": "adjusted"},
                policy_version=0,
                checked_at=runtime.clock.now(),
            )
        )
    return sitting_id


@pytest.fixture
def reviewer(app, runtime):
    """The browser of somebody with the role, second factor given."""
    person_id = a_person(Place(runtime.database, runtime.clock, runtime.entropy))
    with runtime.transaction() as session:
        grant_role(person_id, "support", session=session, clock=runtime.clock, actor=operator())
    return browser_of(app, runtime, person_id)


def test_a_reviewer_reads_the_evidence_and_decides_with_reasons(runtime, waiting, reviewer):
    page = f"/desk/checks/{waiting}"
    assert page in reviewer.get("/desk/checks").text
    text = reviewer.get(page).text
    assert "Answers that fit together ill" in text
    assert "the person asked for an adjustment" in text
    form = form_to(text, page)
    refused = reviewer.post(form.action, data={**form.fields, "verdict": "sound", "reasons": "no"})
    assert refused.status_code == 422
    for verdict in ({}, {"verdict": "Sound"}):
        unsaid = {**form.fields, **verdict, "reasons": "I read every answer; nothing is odd."}
        assert reviewer.post(form.action, data=unsaid).status_code == 422
    with runtime.reading() as session:
        assert checks.check_of(waiting, session=session).is_waiting
    sent = {**form.fields, "verdict": "sound", "reasons": "I read every answer; nothing is odd."}
    assert "Your decision is kept" in reviewer.post(form.action, data=sent, follow_redirects=True).text
    with runtime.reading() as session:
        assert checks.check_of(waiting, session=session).verdict == "sound"
    assert "nothing is odd" in reviewer.get(page).text
    assert reviewer.post(form.action, data=sent).status_code == 409


def test_nobody_sees_or_decides_the_check_of_their_own_sitting(app, runtime, waiting):
    with runtime.transaction() as session:
        own_id = session.get_one(Sitting, waiting).person_id
        grant_role(own_id, "support", session=session, clock=runtime.clock, actor=operator())
    own, page = browser_of(app, runtime, own_id), f"/desk/checks/{waiting}"
    assert own.get(page).status_code == 403
    form = form_to(own.get("/me").text, "/sign-out")
    sent = {**form.fields, "verdict": "sound", "reasons": "I know that I was honest here."}
    answer = own.post(page, data=sent)
    assert answer.status_code == 403
    assert "somebody else decides" in answer.text
    with runtime.reading() as session:
        assert checks.check_of(waiting, session=session).is_waiting
