"""The checklist says what is reached in numbers, and is whole only where a real certificate can be earned."""

from __future__ import annotations

import pytest

from app.desk.founding import Check, Step, checklist, checklists
from app.foundation.access import operator
from app.item_bank import item_record
from app.item_bank.change_item_state import change_item_state
from app.item_bank.errors import SkillNotFound
from app.item_bank.item_states import ItemState
from app.keying.models import Panel


def steps(judging, language="en", skill="collaboration"):
    with judging.runtime.reading() as session:
        found = checklist(skill, language, session=session, at=judging.runtime.clock.now())
    return {check.step: check for check in found.checks}


def test_a_fresh_bank_has_nothing_but_itself(judging):
    found = steps(judging)

    assert {step for step, check in found.items() if check.is_done} == {Step.BANK, Step.ISSUER}
    assert (found[Step.JUDGES].have, found[Step.JUDGES].need) == (0, 10)
    assert (found[Step.RESPONSES].have, found[Step.RESPONSES].need) == (0, 90)
    assert (found[Step.PEOPLE].have, found[Step.PEOPLE].need) == (0, 1000)


def test_an_item_that_may_not_be_scored_is_asked_for_no_responses(judging):
    runtime = judging.runtime
    with runtime.transaction() as session:
        item_id = item_record.item_id_of("collaboration", "col-s01", session=session)
        given = {"languages": ["en"], "session": session, "clock": runtime.clock, "actor": operator()}
        change_item_state(item_id, ItemState.SUSPENDED, reason="two readings", **given)

    assert steps(judging)[Step.RESPONSES].need == 89
    assert steps(judging, "fr")[Step.RESPONSES].need == 90


def test_signed_judges_are_counted_before_the_key_is_released_and_after(judged):
    before = steps(judged)
    judged.clear()
    after = steps(judged)

    for found in (before, after):
        assert (found[Step.JUDGES].have, found[Step.JUDGES].is_done) == (10, True)
        assert found[Step.SCENARIOS].is_done
    assert (before[Step.KEY].is_done, after[Step.KEY].is_done) == (False, True)


def test_simulated_judges_leave_the_key_missing(judged):
    with judged.runtime.transaction() as session:
        session.get_one(Panel, judged.panel_id).is_simulated = True
    judged.clear()

    assert not steps(judged)[Step.KEY].is_done


def test_a_skill_without_a_bank_lacks_just_that(judging):
    found = steps(judging, skill="creative_problem_solving")

    assert [(check.step, check.is_done) for check in found.values()] == [(Step.BANK, False)]
    with judging.runtime.reading() as session:
        assert len(checklists("fr", session=session, at=judging.runtime.clock.now())) == 12
        with pytest.raises(SkillNotFound):
            checklist("nowhere", "en", session=session, at=judging.runtime.clock.now())


def test_what_is_missing_is_worded_as_a_task(app):
    with app.test_request_context():
        words = app.jinja_env.get_template("desk/founding_words.html").module
        missing, done = (Check(Step.BANK, is_done=is_done) for is_done in (False, True))
        assert words.told(missing).strip() == "Release a bank in this language"
        assert words.told(done).strip() == "A bank is released in this language"
