"""What follows from a rescoring once nobody can undo it, for results that others have acted on meanwhile."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from app.accounts.grant_role import grant_role
from app.accounts.restrictions import Cause
from app.assessment.models import Sitting, SittingAllowance, SittingCorrection
from app.awarding import queries as awards
from app.awarding.decide_award import decide_award
from app.awarding.errors import DecisionWaits
from app.awarding.models import Award, AwardDecision, Outcome
from app.awarding.queries import DecisionView
from app.credentials.models import Credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.factory import create_app
from app.foundation.access import Actor, operator
from app.foundation.policies import PolicyVersion
from app.privacy.restrict_person import lift_restriction, restrict_person
from app.results import queries as results
from app.reviews.ask_for_review import ask_for_review
from app.reviews.decide_case import decide_case
from app.reviews.errors import AskedTooLate, CaseMustBeDecided
from app.reviews.merge_cases import put_before_a_person
from app.reviews.models import ReviewCase
from app.reviews.open_held_cases import open_held_cases
from app.reviews.rescoring_preview import Effect
from app.reviews.take_case_back import take_case_back
from tests.app.accounts.signed_in import browser_with, sign_in
from tests.app.assessment.builders import a_person
from tests.app.reviews.desk import REASONS
from tests.app.reviews.test_rescoring import Desk, applied, count, desk, later, letters, made, previewed, settle, undo

__all__ = ["desk", "made"]

LOSES, GAINS = 1, 5  # of the desk's sittings
LATER = "col-j11"


def result_id_of(desk: Desk, number: int) -> UUID:
    with desk.runtime.reading() as session:
        found = results.result_of_sitting(desk.sittings[number], session=session)
    assert found is not None
    return found.id


def decision(desk: Desk, number: int) -> DecisionView | None:
    with desk.runtime.reading() as session:
        return awards.decision_on(result_id_of(desk, number), session=session)


def outcome(desk: Desk, number: int) -> str | None:
    found = decision(desk, number)
    return None if found is None else str(found.outcome)


def person_of(desk: Desk, number: int) -> UUID:
    return desk.place.sitting(desk.sittings[number]).person_id


def asks_a_person(desk: Desk, number: int, reason: str = "question") -> UUID:
    place, actor = desk.place, Actor(person_of(desk, number), "holder")
    return place.do(lambda session: ask_for_review(
        desk.sittings[number], reason, "", session=session, clock=place.clock, entropy=place.entropy,
        jobs=place.jobs, actor=actor,
    ))  # fmt: skip


def decides(desk: Desk, case_id: UUID, chosen: str) -> None:
    place, now = desk.place, desk.place.clock.now()
    reviewer = a_person(place)
    place.do(lambda session: grant_role(reviewer, "reviewer", session=session, clock=place.clock, actor=operator()))
    actor = Actor(reviewer, "reviewer", frozenset({"reviewer"}), now, now)
    place.do(lambda session: decide_case(
        case_id, chosen, REASONS, minutes_spent=5, session=session, clock=place.clock, entropy=place.entropy,
        jobs=place.jobs, actor=actor,
    ))  # fmt: skip


def take_decision(desk: Desk, number: int) -> None:
    """As if the decision were still to come."""
    result_id = result_id_of(desk, number)
    with desk.runtime.transaction() as session:
        of_result = select(Award.id).where(Award.result_id == result_id)
        session.execute(delete(Credential).where(Credential.award_id.in_(of_result)))
        for table in (Award, AwardDecision):
            session.execute(delete(table).where(table.result_id == result_id))


def asks_for_decision(desk: Desk, number: int) -> AwardDecision | None:
    place, result_id = desk.place, result_id_of(desk, number)
    return place.do(lambda session: decide_award(
        result_id, session=session, clock=place.clock, entropy=place.entropy, jobs=place.jobs
    ))  # fmt: skip


def page(desk: Desk, number: int, part: str = "") -> str:
    cookies = sign_in(desk.runtime, person_of(desk, number), second_factor=False)
    return browser_with(create_app(desk.runtime), cookies).get(f"/results/{desk.sittings[number]}{part}").text


def found_beyond_limit(desk: Desk, number: int) -> None:
    """As a merge of two accounts judges it."""
    with desk.runtime.transaction() as session:
        session.get_one(Sitting, desk.sittings[number]).void_as_beyond_limit(at=desk.place.clock.now())


def hold(desk: Desk, number: int) -> None:
    """As if the two kinds of evidence had disagreed: the decision waits for a person, and no award was made."""
    result_id = result_id_of(desk, number)
    take_decision(desk, number)
    now = desk.place.clock.now()
    with desk.runtime.transaction() as session:
        session.add(AwardDecision(id=desk.place.entropy.uuid(), result_id=result_id, outcome=Outcome.HELD,
                                  reasons=["kinds-apart"], policy_version=0, decided_at=now))  # fmt: skip


def opens_held_cases(desk: Desk) -> int:
    place = desk.place
    return place.do(lambda session: open_held_cases(session=session, clock=place.clock, entropy=place.entropy))


def case_of(desk: Desk, number: int) -> ReviewCase:
    with desk.runtime.reading() as session:
        return session.scalars(select(ReviewCase).where(ReviewCase.sitting_id == desk.sittings[number])).one()


def takes_back(desk: Desk, number: int) -> None:
    place, actor = desk.place, Actor(person_of(desk, number), "holder")
    place.do(lambda session: take_case_back(desk.sittings[number], session=session, clock=place.clock, actor=actor))


def effect(desk: Desk, number: int) -> Effect:
    (found,) = [one.effect for one in previewed(desk).rescored if one.found.sitting_id == desk.sittings[number]]
    return found


def allowed(desk: Desk) -> list[UUID]:
    with desk.runtime.reading() as session:
        return list(session.scalars(select(SittingAllowance.person_id)))


def letter_to(desk: Desk, number: int) -> str:
    (found,) = [one for one in map(on_one_line, letters(desk)) if str(desk.sittings[number]) in one]
    return found


def on_one_line(letter: str) -> str:
    return letter.replace("=\n", "").replace("\n", " ")


def test_what_was_annulled_within_the_days_of_undo_is_neither_awarded_nor_given_back(desk):
    applied(desk)
    desk.work()
    for number in (LOSES, GAINS):
        decides(desk, asks_a_person(desk, number), "annul")
    certificates = count(desk, Credential)
    later(desk, 3.1)

    assert settle(desk) == 1
    desk.work()

    assert (outcome(desk, GAINS), count(desk, Credential)) == ("not-awarded", certificates + 1), "the other that gains"
    assert count(desk, SittingAllowance) == 0
    assert "The certificate that this result had earned is revoked" not in page(desk, GAINS)


def test_no_first_decision_is_made_on_a_sitting_beyond_the_limit_until_a_person_says_that_it_counts(desk):
    take_decision(desk, 2)
    found_beyond_limit(desk, 2)

    assert asks_for_decision(desk, 2) is None
    said = page(desk, 2)
    assert "No decision is made on this assessment" in said
    assert "The decision is being made" not in said

    later(desk, 20)
    case_id = asks_a_person(desk, 2)
    decides(desk, case_id, "confirm")
    desk.work()
    assert outcome(desk, 2) == "awarded"


def test_a_sitting_beyond_the_limit_is_decided_again_once_it_counts_again(desk):
    applied(desk)
    desk.work()
    found_beyond_limit(desk, GAINS)
    later(desk, 3.1)
    settle(desk)
    assert outcome(desk, GAINS) == "not-awarded"

    decides(desk, asks_a_person(desk, GAINS), "confirm")

    assert outcome(desk, GAINS) == "awarded"


def test_an_award_that_a_person_refused_stays_refused_and_nobody_is_told_otherwise(desk):
    hold(desk, 3)
    opens_held_cases(desk)
    decides(desk, case_of(desk, 3).id, "re-sit")
    desk.work()

    assert effect(desk, 3) is Effect.NONE
    applied(desk)
    desk.work()
    desk.work()
    assert "refusal does not stand" not in letter_to(desk, 3)
    later(desk, 3.1)
    settle(desk)

    assert outcome(desk, 3) == "not-awarded"


def test_a_refusal_that_fell_and_is_held_comes_before_a_person_though_its_case_was_decided(desk):
    decides(desk, asks_a_person(desk, GAINS), "confirm")
    desk.work()
    apart = {"largest_kind_difference": 0.0, "usual_kind_difference": 0.0}
    since = desk.place.clock.now() - timedelta(days=400)
    with desk.runtime.transaction() as session:
        session.add(PolicyVersion(name="award", version=1, effective_at=since, values=apart, set_by="test"))
    applied(desk)
    later(desk, 3.1)
    settle(desk)
    assert outcome(desk, GAINS) == "held"

    opens_held_cases(desk)
    case = case_of(desk, GAINS)
    assert (case.state, case.reason, case.outcome, case.decided_by) == ("open", "kinds-apart", None, None)
    assert case.opened_at == desk.place.clock.now()
    decides(desk, case.id, "confirm")
    desk.work()

    assert outcome(desk, GAINS) == "awarded"
    told = [path for path in desk.mail.glob("*.eml") if "case" in path.name]
    assert len([path for path in told if "decided" in path.name]) == 2, sorted(path.name for path in told)


def test_nobody_takes_back_what_a_rule_put_before_a_person(desk):
    place = desk.place
    asks_a_person(desk, 3)
    for number in (2, 3):
        found_beyond_limit(desk, number)
    beyond = [desk.sittings[number] for number in (2, 3)]
    place.do(lambda session: put_before_a_person(beyond, session=session, clock=place.clock, entropy=place.entropy,
                                                 actor=operator()))  # fmt: skip

    for number in (2, 3):
        assert "take-back" not in page(desk, number, "/review")
        with pytest.raises(CaseMustBeDecided):
            takes_back(desk, number)
        assert case_of(desk, number).state == "open"


def test_a_question_about_an_award_that_waits_is_not_taken_back(desk):
    hold(desk, 3)
    asks_a_person(desk, 3)

    assert "take-back" not in page(desk, 3, "/review")
    with pytest.raises(CaseMustBeDecided):
        takes_back(desk, 3)

    assert opens_held_cases(desk) == 0
    assert case_of(desk, 3).reason == "question"


def test_an_award_that_waits_gets_its_case_again_where_the_former_one_was_taken_back(desk):
    asks_a_person(desk, 3)
    takes_back(desk, 3)
    hold(desk, 3)

    assert [opens_held_cases(desk) for _ in range(2)] == [1, 0]

    assert (case_of(desk, 3).state, case_of(desk, 3).reason) == ("open", "kinds-apart")


def test_no_first_decision_is_made_on_what_can_still_be_undone(desk):
    """As behind a worker that was late, or under a norm whose decisions waited."""
    for number in (LOSES, GAINS):
        take_decision(desk, number)
    rescoring = applied(desk)

    assert [asks_for_decision(desk, number) for number in (LOSES, GAINS)] == [None, None]
    assert "can still turn out to have been in order" in page(desk, LOSES)
    assert "The decision is being made" not in page(desk, LOSES)

    undo(desk, rescoring)
    desk.work()
    assert [outcome(desk, number) for number in (LOSES, GAINS)] == ["awarded", "not-awarded"]


def test_the_first_decision_is_made_once_nobody_can_undo_what_it_reads(desk):
    for number in (LOSES, GAINS):
        take_decision(desk, number)
    applied(desk)
    desk.work()
    later(desk, 3.1)
    settle(desk)
    desk.work()

    assert [outcome(desk, number) for number in (LOSES, GAINS)] == ["not-awarded", "awarded"]


def test_a_rescoring_is_not_settled_on_what_a_later_one_says_that_can_still_be_undone(desk):
    applied(desk)
    later(desk, 1.5)
    second = applied(desk, LATER)
    later(desk, 1.6)

    assert settle(desk) == 0
    assert outcome(desk, GAINS) == "not-awarded"
    undo(desk, second, LATER)
    assert settle(desk) == 1

    assert outcome(desk, GAINS) == "awarded"


def test_an_award_that_waits_is_not_settled_on_what_can_still_be_undone(desk):
    hold(desk, 3)
    case_id = asks_a_person(desk, 3)
    applied(desk)
    until = desk.place.clock.now() + timedelta(days=3)

    for chosen in ("confirm", "re-sit", "annul"):
        with pytest.raises(DecisionWaits, match=f"{until:%Y-%m-%d}"):
            decides(desk, case_id, chosen)
    assert (outcome(desk, 3), case_of(desk, 3).state) == ("held", "open")

    later(desk, 3.1)
    decides(desk, case_id, "confirm")
    assert outcome(desk, 3) == "awarded"


def test_refused_again_for_another_reason_the_page_gives_that_one(desk):
    applied(desk)
    with desk.runtime.transaction() as session:
        of_it = SittingCorrection.sitting_id == desk.sittings[GAINS]
        row = session.scalars(select(SittingCorrection).where(of_it)).one()
        row.figures, row.effect = {**row.figures, "judgement_share": 0.4}, "none"
    assert decision(desk, GAINS).reasons == ("below-the-cut",)
    later(desk, 3.1)
    settle(desk)

    found = decision(desk, GAINS)
    assert (found.outcome, found.reasons) == ("not-awarded", ("judgement-share",))


def revoke(desk: Desk, number: int) -> None:
    with desk.runtime.transaction() as session:
        found = session.scalars(select(Credential).where(Credential.sitting_id == desk.sittings[number])).one()
        revoke_credential(found.id, RevocationReason.ISSUED_IN_ERROR, session=session, clock=desk.place.clock,
                          jobs=desk.place.jobs, actor=operator())  # fmt: skip


@pytest.mark.parametrize("end", ["revoked", "over"])
def test_a_certificate_that_is_revoked_or_over_neither_stands_nor_gives_another_sitting(desk, end):
    if end == "over":
        later(desk, 400)
    for number in (LOSES, 2) if end == "revoked" else ():
        revoke(desk, number)

    assert [effect(desk, number) for number in (LOSES, 2)] == [Effect.NONE] * 2
    applied(desk)
    desk.work()
    desk.work()
    for number in (LOSES, 2):
        assert "This changes no decision." in letter_to(desk, number)
        assert "certificate stands" not in letter_to(desk, number)
        assert "runs to its end" not in letter_to(desk, number)
    later(desk, 3.1)
    settle(desk)
    assert allowed(desk) == []


def test_no_other_sitting_is_given_where_the_certificate_was_revoked_within_the_days_of_undo(desk):
    applied(desk)
    revoke(desk, LOSES)
    later(desk, 3.1)
    settle(desk)

    assert allowed(desk) == []


def test_whoever_gets_the_letter_may_ask_a_person_as_it_says_however_old_the_decision(desk):
    decides(desk, asks_a_person(desk, GAINS), "confirm")
    desk.work()
    later(desk, 45)
    with pytest.raises(AskedTooLate):
        asks_a_person(desk, LOSES)
    applied(desk)
    desk.work()
    desk.work()
    for number in (LOSES, GAINS):
        assert "you can ask there that a person looks at it" in letter_to(desk, number)
        assert f"/results/{desk.sittings[number]}/review" in page(desk, number)
        assert "<textarea" in page(desk, number, "/review")

    later(desk, 32.9)
    before = case_of(desk, GAINS).id
    assert asks_a_person(desk, GAINS, "unclear") == before
    case = case_of(desk, GAINS)
    assert (case.state, case.reason, case.explanation) == ("open", "unclear", None)
    assert asks_a_person(desk, GAINS) == before
    assert case_of(desk, GAINS).reason == "unclear", "asking again leads to the case that is open"
    asks_a_person(desk, LOSES)
    desk.work()
    opened = [path for path in desk.mail.glob("*.eml") if "opened" in path.name]
    assert len(opened) == 3
    later(desk, 0.2)
    with pytest.raises(AskedTooLate):
        asks_a_person(desk, 2)
    decides(desk, before, "confirm")
    assert "<textarea" not in page(desk, GAINS, "/review")


def test_a_rescoring_that_was_undone_opens_no_case_again(desk):
    decides(desk, asks_a_person(desk, GAINS), "confirm")
    rescoring = applied(desk)
    undo(desk, rescoring)

    asks_a_person(desk, GAINS)

    assert case_of(desk, GAINS).state == "decided"


def test_nothing_is_decided_on_the_data_of_somebody_restricted_until_that_is_lifted(desk):
    number = 6
    for one in (number, GAINS):
        restrict(desk, one)
    take_decision(desk, number)
    applied(desk)
    later(desk, 3.1)
    settle(desk)
    assert asks_for_decision(desk, number) is None
    assert [outcome(desk, one) for one in (GAINS, number)] == ["not-awarded", None]

    for one in (number, GAINS):
        lift(desk, one)
    desk.work()

    assert [outcome(desk, one) for one in (GAINS, number)] == ["awarded", "awarded"]


def restrict(desk: Desk, number: int) -> None:
    place, who = desk.place, person_of(desk, number)
    place.do(lambda session: restrict_person(
        who, Cause.DEATH, "The family wrote.", session=session, clock=place.clock, entropy=place.entropy,
        actor=operator(),
    ))  # fmt: skip


def lift(desk: Desk, number: int) -> None:
    place, who = desk.place, person_of(desk, number)
    place.do(lambda session: lift_restriction(
        who, "It was a mistake.", session=session, clock=place.clock, entropy=place.entropy, jobs=place.jobs,
        actor=operator(),
    ))  # fmt: skip
