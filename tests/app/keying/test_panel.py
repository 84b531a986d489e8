"""From invitation to key: judges rate apart, and the mark falls by their recorded agreement alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Person, RoleGrant
from app.foundation import policies
from app.foundation.access import ProofNotFresh, operator
from app.foundation.audit import AuditEntry
from app.foundation.links import LinkExpired, LinkInvalid
from app.item_bank import queries as item_bank
from app.keying import queries
from app.keying.errors import (
    AlreadySigned,
    AnotherPersonMustClear,
    InviterUnknown,
    JudgeNotIndependent,
    KeyNotProvisional,
    NotAgreed,
    NotAllRated,
    NotDeclared,
    PanelClosed,
    RatingInvalid,
)
from app.keying.models import Agreement, Panel, Seat
from app.keying.open_panel import open_panel
from app.keying.policy import KeyingPolicy
from app.keying.send_judge_invitation import send_judge_invitation
from tests.app.keying.builders import JUDGES, a_panel, disputing


def test_ten_judges_of_one_mind_release_the_bank_under_their_key(runtime, jobs):
    judging = a_panel(runtime)
    judging.judge(JUDGES)

    keyed = judging.clear()

    assert (keyed.label, keyed.provisional_key) == ("collaboration v3", False)
    panel = judging.panel()
    with runtime.reading() as session:
        assert item_bank.latest_release("collaboration", session=session) == keyed
        assert item_bank.release(judging.release.id, session=session).provisional_key
        keys = item_bank.scenario_keys(keyed.id, session=session)
        assert {code: key.option_keys for code, key in keys.items()} == {
            code: found.key for code, found in panel.figures.items() if found.is_agreed
        }
        assert not any(key.provisional for key in keys.values())
        evidence = session.scalars(select(Agreement)).one()
        assert (evidence.judges, evidence.release_id) == (JUDGES, keyed.id)
        assert (evidence.opened_by, evidence.cleared_by) == (judging.editor.person_id, judging.approver.person_id)
        assert evidence.figures.keys() == judging.keys.keys()
        assert evidence.figures[next(iter(judging.keys))]["options"][0]["spread"] is not None
        assert queries.agreement_behind(keyed.id, session=session).judges == JUDGES
        assert ("open_pilot", {"release_id": str(keyed.id)}) in jobs.enqueued.values()
        assert "panel.key_released" in session.scalars(select(AuditEntry.kind)).all()
        kept = {item.code for item in item_bank.release_items(keyed.id, "fr", session=session)}
        expected = item_bank.prior_calibration(keyed.id, session=session)
        assert set(item_bank.item_parameters(expected.id, session=session).codes) == kept


def test_nine_judges_clear_nothing(judging):
    judging.judge(JUDGES - 1)

    with pytest.raises(NotAgreed, match="fewer judges"):
        judging.clear()

    with judging.runtime.reading() as session:
        assert item_bank.latest_release("collaboration", session=session).provisional_key
        assert session.scalars(select(Agreement)).all() == []


def test_a_judge_who_rated_everything_and_did_not_sign_does_not_count(judging):
    judging.judge(JUDGES - 1)
    (token,) = judging.invite("late@example.org")
    judging.declare(token)
    for code, key in judging.keys.items():
        judging.rate(token, code, key)

    with pytest.raises(NotAgreed, match="fewer judges"):
        judging.clear()

    judging.sign(token)
    assert not judging.clear().provisional_key


def test_disputed_scenarios_stay_behind_and_go_back_to_the_author(judging):
    disputed = sorted(judging.keys)[:4]
    judging.judge(JUDGES, disputing(*disputed))

    assert sorted(judging.panel().disputed) == disputed
    keyed = judging.clear()

    with judging.runtime.reading() as session:
        assert set(item_bank.scenario_keys(keyed.id, session=session)) == set(judging.keys) - set(disputed)
        assert queries.agreement_behind(keyed.id, session=session).sent_back == tuple(disputed)


def test_with_too_few_scenarios_agreed_the_key_stays_provisional(judging):
    judging.judge(JUDGES, disputing(*sorted(judging.keys)[:11]))

    with pytest.raises(NotAgreed, match="fewer scenarios"):
        judging.clear()


def test_who_opened_the_panel_does_not_release_its_key(judged):
    with judged.runtime.transaction() as session:
        opened_at = session.get_one(Panel, judged.panel_id).opened_at
        session.add(RoleGrant(person_id=judged.editor.person_id, role="norm_editor", granted_at=opened_at))
    with pytest.raises(AnotherPersonMustClear):
        judged.clear(judged.editor)


def test_a_second_account_of_who_opened_the_panel_does_not_release_its_key(judged):
    with judged.runtime.transaction() as session:
        session.get_one(Person, judged.editor.person_id).email = "ada@example.org"
        session.get_one(Person, judged.approver.person_id).email = "ada+approver@example.org"
    with pytest.raises(AnotherPersonMustClear):
        judged.clear()


def test_a_norm_admin_who_invites_ten_mailboxes_of_their_own_does_not_release_what_they_say(runtime):
    judging = a_panel(runtime)
    judging.invite(*(f"judge-{number}@example.org" for number in range(1, JUDGES + 1)), actor=judging.approver)
    judging.judge(JUDGES)  # gets their links once more from the editor, who chose none of them

    with pytest.raises(AnotherPersonMustClear, match="invited one of its judges") as refused:
        judging.clear()

    assert "Ask another norm admin, who invited nobody" in str(refused.value)
    with runtime.reading() as session:
        assert item_bank.latest_release("collaboration", session=session).provisional_key
        assert queries.has_signed(judging.approver.person_id, session=session)


def test_one_judge_of_theirs_is_enough_signed_or_not(judged):
    judged.invite("friend@example.org", actor=judged.approver)
    with pytest.raises(AnotherPersonMustClear):
        judged.clear()


def test_a_second_account_of_who_invited_a_judge_does_not_release_the_key(judged):
    with judged.runtime.transaction() as session:
        at, other = judged.runtime.clock.now(), judged.runtime.entropy.uuid()
        session.add(Person(id=other, email="approver+b@example.org", language="en", known_since_at=at))
        session.flush()
        session.scalars(select(Seat)).first().invited_by = other
    with pytest.raises(AnotherPersonMustClear):
        judged.clear()


def test_where_nobody_answers_for_a_judge_who_signed_the_key_waits_until_somebody_does(judged):
    judged.invite("unsigned@example.org")
    with judged.runtime.transaction() as session:
        unknown = session.scalars(select(Seat).where(Seat.number.in_((1, JUDGES + 1)))).all()
        for seat in unknown:
            seat.invited_by = None
    with pytest.raises(InviterUnknown, match="invite the same addresses once more"):
        judged.clear()

    judged.invite("judge-1@example.org")

    assert not judged.clear().provisional_key


def test_nobody_answers_for_a_judge_twice(judged):
    judged.invite("judge-1@example.org", actor=judged.approver)
    with judged.runtime.reading() as session:
        assert set(session.scalars(select(Seat.invited_by))) == {judged.editor.person_id}
    assert not judged.clear().provisional_key


def test_nobody_who_became_a_norm_admin_once_the_panel_was_open_releases_its_key(judged):
    with judged.runtime.transaction() as session:
        grant = session.get_one(RoleGrant, (judged.approver.person_id, "norm_approver"))
        grant.granted_at += timedelta(seconds=1)
    with pytest.raises(AnotherPersonMustClear):
        judged.clear()


def test_the_database_itself_wants_two_people_behind_a_key(judging):
    with pytest.raises(IntegrityError), judging.runtime.transaction() as session:
        session.add(
            Agreement(
                panel_id=judging.panel_id,
                release_id=judging.release.id,
                judges=10,
                figures={},
                sent_back=[],
                sha256="0",
                policy_version=0,
                opened_by=judging.editor.person_id,
                cleared_by=judging.editor.person_id,
                cleared_at=judging.runtime.clock.now(),
            )
        )


def test_releasing_a_key_asks_for_a_fresh_proof(judged):
    judged.runtime.clock.advance(timedelta(hours=1))

    with pytest.raises(ProofNotFresh):
        judged.clear()


def test_inviting_judges_asks_for_a_fresh_proof(judging):
    judging.runtime.clock.advance(timedelta(hours=1))

    with pytest.raises(ProofNotFresh):
        judging.invite("friend@example.org")
    assert judging.panel().seats == ()


def test_a_panel_that_is_released_takes_nothing_more_and_knows_no_address(judged):
    (token,) = judged.invite("open@example.org")
    judged.declare(token)
    judged.clear()

    with pytest.raises(PanelClosed):
        judged.rate(token, *next(iter(judged.keys.items())))
    with pytest.raises(PanelClosed):
        judged.clear()
    with judged.runtime.reading() as session:
        assert set(session.scalars(select(Seat.email))) == {None}


def test_simulated_judges_never_take_the_mark_away(judged):
    with judged.runtime.transaction() as session:
        session.get_one(Panel, judged.panel_id).is_simulated = True

    assert judged.clear().provisional_key


def test_a_panel_of_which_a_trial_asks_less_never_takes_the_mark_away(runtime):
    with runtime.transaction() as session:
        tools = {"session": session, "at": runtime.clock.now(), "actor": operator()}
        policies.set_policy(KeyingPolicy, {"fewest_judges": JUDGES - 1}, **tools)
    judging = a_panel(runtime)
    judging.judge(JUDGES)

    assert judging.clear().provisional_key


def test_a_panels_key_is_not_judged_again(judged):
    keyed = judged.clear()

    with pytest.raises(KeyNotProvisional), judged.runtime.transaction() as session:
        open_panel(
            keyed.id, session=session, clock=judged.runtime.clock, entropy=judged.runtime.entropy, actor=judged.editor
        )


def test_a_judge_declares_rates_whole_scenarios_and_signs_once(judging):
    (token,) = judging.invite("one@example.org")
    code, key = next(iter(judging.keys.items()))
    with pytest.raises(NotDeclared):
        judging.rate(token, code, key)
    judging.declare(token)

    for wrong in ([*key[:-1], None], [*key[:-1], 7], key[:-1], [*key, 1]):
        with pytest.raises(RatingInvalid):
            judging.rate(token, code, wrong)
    with pytest.raises(RatingInvalid):
        judging.rate(token, "no-such", key)
    with pytest.raises(NotAllRated):
        judging.sign(token)
    for each, its_key in judging.keys.items():
        judging.rate(token, each, its_key)
    judging.sign(token)
    judging.sign(token)

    with pytest.raises(AlreadySigned):
        judging.rate(token, code, key)


def test_a_link_is_ours_and_ends_with_its_days(judging):
    (token,) = judging.invite("one@example.org")
    with pytest.raises(LinkInvalid):
        judging.declare(token[:-1])
    with pytest.raises(LinkInvalid):
        judging.declare(judging.runtime.links.sign("sign-in", "anything"))
    judging.runtime.links.read("judge", token, max_age_seconds=60)

    with pytest.raises(LinkExpired):
        judging.runtime.links.read("judge", token, max_age_seconds=-1)


def test_an_address_has_one_seat_and_gets_its_link_by_mail_alone(judging):
    first = judging.invite("One@Example.org", "one@example.org", "two@example.org")
    judging.invite("one@example.org")

    assert len(judging.panel().seats) == 2
    sent = [arguments for name, arguments in judging.runtime.jobs.enqueued.values() if name == "send_judge_invitation"]
    assert len(sent) == 2
    with judging.runtime.reading() as session:
        seat = session.scalars(select(Seat).where(Seat.email == "one@example.org")).one()
        for _ in range(2):
            send_judge_invitation(
                seat.id,
                base_url="http://localhost",
                session=session,
                clock=judging.runtime.clock,
                links=judging.runtime.links,
                mailer=judging.runtime.mailer,
            )
    (mail,) = (judging.runtime.settings.data / "mail").glob("*.eml")
    assert "http://localhost/judge/" in mail.read_text()
    assert first


def test_one_mailbox_is_one_judge_under_whatever_tag(judging):
    judging.invite("one@example.org", "one+a@example.org", "o.n.e@gmail.com", "one+b@gmail.com")
    judging.invite("one+c@example.org")
    with judging.runtime.reading() as session:
        assert session.scalars(select(Seat.email).order_by(Seat.number)).all() == ["one@example.org", "o.n.e@gmail.com"]
    sent = [arguments for name, arguments in judging.runtime.jobs.enqueued.values() if name == "send_judge_invitation"]
    assert len({one["seat_id"] for one in sent}) == 2


@pytest.mark.parametrize("address", ["approver@example.org", "Approver+judge@example.org", "j, approver+2@example.org"])
def test_a_norm_admin_judges_nothing(judging, address):
    with pytest.raises(JudgeNotIndependent):
        judging.invite(*(one if "@" in one else f"{one}@example.org" for one in address.split(", ")))
