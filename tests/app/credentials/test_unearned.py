"""Rows that somebody wrote past the program: nothing is reserved or signed for an award that the rule did not make."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, update

from app.awarding.models import Award, AwardDecision, Outcome
from app.credentials import conformance
from app.credentials.errors import AwardUnearned
from app.credentials.models import Credential
from app.foundation.db import Base
from app.operations.record_checks import records
from tests.app.credentials.awards import Desk, an_award, an_id, write


def changed(desk: Desk, table: str, **values: Any) -> None:
    desk.session.execute(update(Base.metadata.tables[table]).values(**values))
    desk.session.expire_all()


PAST_THE_PROGRAM = {
    "refused": ("award_decision", {"outcome": Outcome.NOT_AWARDED}),
    "held": ("award_decision", {"outcome": Outcome.HELD}),
    "below the line": ("skill_result", {"decision_confidence": 0.4999}),
    "too few questions": ("frozen_sitting", {"scenarios": 0}),
    "self-report": ("frozen_sitting", {"judgement_share": 0.49}),
    "of a demo norm": ("sitting", {"demo": True}),
    "of a provisional key": ("sitting", {"provisional_key": True}),
}


@pytest.mark.parametrize("what", PAST_THE_PROGRAM)
def test_case_031_nothing_is_reserved_that_the_rule_did_not_award(desk: Desk, what: str) -> None:
    award_id = an_award(desk.session)
    table, values = PAST_THE_PROGRAM[what]
    changed(desk, table, **values)
    with pytest.raises(AwardUnearned):
        desk.reserve(award_id)
    assert desk.session.scalars(select(Credential)).all() == []


def test_case_031_an_award_that_nobody_decided_gives_no_credential(desk: Desk) -> None:
    award = desk.session.get_one(Award, an_award(desk.session))
    decision = desk.session.scalars(select(AwardDecision).where(AwardDecision.result_id == award.result_id)).one()
    desk.session.delete(decision)
    desk.session.flush()
    with pytest.raises(AwardUnearned):
        desk.reserve(award.id)


def test_a_mark_may_be_more_than_the_rule_gives_and_never_less(desk: Desk) -> None:
    more = an_award(desk.session, is_specimen=True, specimen_reasons=["demo-norm", "trial-issuer"])
    assert desk.reserve(more).is_specimen
    less = an_award(desk.session, is_specimen=True, specimen_reasons=["trial-issuer"])
    changed(desk, "sitting", demo=True)
    with pytest.raises(AwardUnearned):
        desk.reserve(less)


def the_text(desk: Desk, credential: Credential) -> None:
    """A better rank, wherever it stands, in a document that is well formed."""
    assert "93.4" in credential.unsigned_document
    credential.unsigned_document = credential.unsigned_document.replace("93.4", "96.4")
    conformance.check_to_sign(json.loads(credential.unsigned_document))


def the_holder(desk: Desk, credential: Credential) -> None:
    credential.person_id = write(desk.session, "person", id=an_id(), email="other@example.org", language="en")


def the_decision(desk: Desk, credential: Credential) -> None:
    changed(desk, "award_decision", outcome=Outcome.NOT_AWARDED)


def the_mark(desk: Desk, credential: Credential) -> None:
    changed(desk, "sitting", demo=True)


@pytest.mark.parametrize("edit", [the_text, the_holder, the_decision, the_mark])
def test_case_031_nothing_is_signed_that_was_altered_after_its_reservation(desk: Desk, edit: Any) -> None:
    desk.publish_key()
    credential = desk.reserve(an_award(desk.session))
    edit(desk, credential)
    desk.session.flush()
    with pytest.raises(AwardUnearned):
        desk.issue(credential)
    assert (credential.signed_document, credential.signed_jwt) == (None, None)


def said_of_awards(desk: Desk) -> str:
    (said,) = (check.saw for check in records(desk.session) if check.name == "awards")
    return said


def test_the_doctor_names_awards_without_decision_or_marks(desk: Desk) -> None:
    first, second = an_award(desk.session), an_award(desk.session)
    assert said_of_awards(desk) == "as recorded"
    result_id = desk.session.get_one(Award, first).result_id
    decided = Base.metadata.tables["award_decision"]
    desk.session.execute(decided.update().where(decided.c.result_id == result_id).values(outcome=Outcome.HELD))
    assert str(first) in said_of_awards(desk)
    assert str(second) not in said_of_awards(desk)
