"""A rollback puts the former norm in force again, to the byte, by two people and at once."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from app.assessment.models import Edition
from app.cli import Doorkeeper
from app.foundation.access import Actor, Forbidden, ProofNotFresh, operator, system
from app.foundation.audit import AuditEntry
from app.norming import queries
from app.norming.ask_for_rollback import ask_for_rollback
from app.norming.commands import norm as norm_commands
from app.norming.errors import (
    AnotherVersionSeen,
    NoFormerNorm,
    NormAltered,
    NormInAnotherState,
    RollbackAskedAlready,
    RollbackNotOpen,
    SelfApproval,
)
from app.norming.models import NormRollback, NormState, NormVersion
from app.norming.publish_norm import publish_norm
from app.norming.roll_back_norm import roll_back_norm
from app.norming.rollbacks_done import latest_rollback
from app.norming.rules import RollbackReason
from app.norming.snapshot import cut_of
from tests.app.norming.builders import (
    APPROVER_ID,
    EDITOR_ID,
    OF_FOUNDERS,
    OF_SITTINGS,
    a_calibrated_sample,
    a_norm,
    people,
    staff_with_authenticator,
)
from tests.app.norming.desk import press, state_of
from tests.journeys.pages import form_to


@pytest.fixture
def staff(session, clock):
    return people(session, clock.now())


@pytest.fixture
def two(session, clock, entropy, staff):
    """The norm that was in force, and the one that is."""
    a_calibrated_sample(session, clock, entropy)
    return [_published(session, clock, entropy, staff) for _ in range(2)]


def _published(session, clock, entropy, staff):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(norm.id, session=session, clock=clock, actor=system())
    clock.advance(timedelta(minutes=1))
    return norm


def ask(session, clock, entropy, norm, by):
    now = replace(by, second_factor_at=clock.now())
    return ask_for_rollback(
        norm.id, RollbackReason.LEAKED_ITEMS, session=session, clock=clock, entropy=entropy, actor=now
    )


def confirm(session, clock, norm, by, *, seen):
    now = replace(by, second_factor_at=clock.now())
    return roll_back_norm(norm.id, seen_sha256=seen, session=session, clock=clock, actor=now)


def test_the_former_norm_is_in_force_again_to_the_byte(session, clock, entropy, staff, two):
    former, norm = two
    before = json.dumps(queries.content(former.id, session=session))
    ask(session, clock, entropy, norm, staff[0])
    restored = confirm(session, clock, norm, staff[1], seen=former.sha256)
    session.flush()
    session.expire_all()
    assert restored.id == former.id
    assert json.dumps(queries.content(former.id, session=session)) == before
    assert (former.state, norm.state) == (NormState.PUBLISHED, NormState.SUPERSEDED)
    assert (former.restored_at, former.superseded_at) == (clock.now(), None)
    edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
    assert (edition.norm_id, edition.cut) == (former.id, former.cut)


def test_the_norm_of_the_founders_comes_back_after_a_norm_of_sittings(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy, **OF_FOUNDERS)
    founders = _published(session, clock, entropy, staff)
    a_calibrated_sample(session, clock, entropy, **OF_SITTINGS)
    norm = _published(session, clock, entropy, staff)
    assert queries.former(norm.id, session=session).id == founders.id
    with pytest.raises(NormInAnotherState):  # no sitting starts under it any more
        ask(session, clock, entropy, founders, staff[0])
    ask(session, clock, entropy, norm, staff[0])
    restored = confirm(session, clock, norm, staff[1], seen=founders.sha256)
    assert restored.id == founders.id
    assert (founders.state, norm.state) == (NormState.PUBLISHED, NormState.SUPERSEDED)
    edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
    assert (edition.norm_id, edition.cut) == (founders.id, founders.cut)


def test_what_takes_force_is_the_cut_of_the_table_and_no_field(session, clock, entropy, staff, two):
    former, norm = two
    ask(session, clock, entropy, norm, staff[0])
    confirm(session, clock, norm, staff[1], seen=former.sha256)
    edition = session.scalars(select(Edition).order_by(Edition.id.desc())).first()
    assert (edition.cut, edition.cut_standard_error) == (cut_of(former).theta, cut_of(former).standard_error)


def test_both_people_stand_in_the_audit_record(session, clock, entropy, staff, two):
    former, norm = two
    ask(session, clock, entropy, norm, staff[0])
    confirm(session, clock, norm, staff[1], seen=former.sha256)
    asked, done = session.scalars(
        select(AuditEntry).where(AuditEntry.kind.like("norm.roll%")).order_by(AuditEntry.sequence)
    )
    assert (asked.kind, asked.actor_id) == ("norm.rollback_asked", EDITOR_ID)
    assert (done.kind, done.actor_id) == ("norm.rolled_back", APPROVER_ID)
    assert done.detail["sha256"] == former.sha256
    assert done.detail["asked_by"] == str(EDITOR_ID)
    assert done.detail["reason"] == "leaked-items"


def test_asking_changes_nothing(session, clock, entropy, staff, two):
    former, norm = two
    editions = len(session.scalars(select(Edition)).all())
    ask(session, clock, entropy, norm, staff[0])
    assert (former.state, norm.state) == (NormState.SUPERSEDED, NormState.PUBLISHED)
    assert len(session.scalars(select(Edition)).all()) == editions


def test_whoever_asked_cannot_confirm(session, clock, entropy, staff, two):
    former, norm = two
    ask(session, clock, entropy, norm, staff[1])
    with pytest.raises(SelfApproval):
        confirm(session, clock, norm, staff[1], seen=former.sha256)
    assert norm.state is NormState.PUBLISHED


def test_the_database_refuses_one_person_twice(session, clock, entropy, staff, two):
    asked = ask(session, clock, entropy, two[1], staff[1])
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(update(NormRollback).where(NormRollback.id == asked.id).values(confirmed_by=APPROVER_ID))


@pytest.mark.parametrize("actor", [operator(), system()], ids=["command line", "worker"])
def test_no_machine_rolls_back_by_itself(session, clock, entropy, staff, two, actor):
    former, norm = two
    with pytest.raises(Forbidden):
        ask_for_rollback(norm.id, RollbackReason.OTHER, session=session, clock=clock, entropy=entropy, actor=actor)
    ask(session, clock, entropy, norm, staff[0])
    with pytest.raises(Forbidden):
        roll_back_norm(norm.id, seen_sha256=former.sha256, session=session, clock=clock, actor=actor)


def test_both_need_a_fresh_second_factor(session, clock, entropy, staff, two):
    former, norm = two
    stale = [replace(one, second_factor_at=clock.now() - timedelta(hours=1)) for one in staff]
    with pytest.raises(ProofNotFresh):
        ask_for_rollback(norm.id, RollbackReason.OTHER, session=session, clock=clock, entropy=entropy, actor=stale[0])
    ask(session, clock, entropy, norm, staff[0])
    with pytest.raises(ProofNotFresh):
        roll_back_norm(norm.id, seen_sha256=former.sha256, session=session, clock=clock, actor=stale[1])


def test_a_rollback_lapses_and_is_confirmed_once(session, clock, entropy, staff, two):
    former, norm = two
    ask(session, clock, entropy, norm, staff[0])
    with pytest.raises(RollbackAskedAlready):
        ask(session, clock, entropy, norm, staff[0])
    clock.advance(timedelta(hours=24, seconds=1))
    with pytest.raises(RollbackNotOpen):
        confirm(session, clock, norm, staff[1], seen=former.sha256)
    ask(session, clock, entropy, norm, staff[0])
    confirm(session, clock, norm, staff[1], seen=former.sha256)
    with pytest.raises(RollbackNotOpen):
        confirm(session, clock, norm, staff[1], seen=former.sha256)


def test_another_fingerprint_than_the_one_looked_at_is_refused(session, clock, entropy, staff, two):
    former, norm = two
    ask(session, clock, entropy, norm, staff[0])
    for seen in ("", norm.sha256 + "0"):
        with pytest.raises(AnotherVersionSeen):
            confirm(session, clock, norm, staff[1], seen=seen)
    assert norm.state is NormState.PUBLISHED
    assert former.state is NormState.SUPERSEDED


def test_there_must_be_a_former_norm_and_one_in_force(session, clock, entropy, staff, two):
    former, norm = two
    with pytest.raises(NormInAnotherState):
        ask(session, clock, entropy, former, staff[0])
    ask(session, clock, entropy, norm, staff[0])
    confirm(session, clock, norm, staff[1], seen=former.sha256)
    with pytest.raises(NoFormerNorm):
        ask(session, clock, entropy, former, staff[0])


def test_a_norm_that_was_turned_away_from_never_comes_back_by_a_rollback(session, clock, entropy, staff, two):
    former, bad = two
    ask(session, clock, entropy, bad, staff[0])
    confirm(session, clock, bad, staff[1], seen=former.sha256)
    clock.advance(timedelta(hours=1))
    third = _published(session, clock, entropy, staff)
    assert ask(session, clock, entropy, third, staff[0]).former_id == former.id


def test_a_norm_that_came_back_and_was_then_rolled_back_itself_is_told_as_the_latter(
    session, clock, entropy, staff, two
):
    first, second = two
    third = _published(session, clock, entropy, staff)
    for norm, former in ((third, second), (second, first)):
        ask(session, clock, entropy, norm, staff[0])
        confirm(session, clock, norm, staff[1], seen=former.sha256)
        clock.advance(timedelta(minutes=1))
    told = latest_rollback(second.id, session=session)
    assert (told.norm_label, told.former_label) == (second.label, first.label)
    assert latest_rollback(third.id, session=session).former_id == second.id


def test_a_former_norm_altered_below_the_application_does_not_come_back(session, clock, entropy, staff, two):
    former, norm = two
    ask(session, clock, entropy, norm, staff[0])
    drop_the_trigger(session)
    session.execute(update(NormVersion).where(NormVersion.id == former.id).values(cut=former.cut - 1))
    session.expire_all()
    with pytest.raises(NormAltered):
        confirm(session, clock, norm, staff[1], seen=former.sha256)
    assert norm.state is NormState.PUBLISHED


def drop_the_trigger(session):
    where = " ON norm_version" if session.get_bind().dialect.name == "postgresql" else ""
    session.execute(text(f"DROP TRIGGER norm_version_no_edit{where}"))


def test_the_norm_is_watched_for_two_weeks_after_it_took_force(session, clock, entropy, staff, two):
    former, norm = two
    view = queries.norm(norm.id, session=session)
    until = queries.watched_until(view, session=session, at=clock.now())
    assert until == norm.published_at + timedelta(days=14)
    assert queries.watched_until(view, session=session, at=until) is None
    assert queries.watched_until(queries.norm(former.id, session=session), session=session, at=clock.now()) is None


def test_two_people_roll_back_on_the_desk(runtime, norms, browser_of, client):
    first, second = norms[0], a_later_norm(runtime)
    card = f"/desk/norms/{second.id}"
    editor, approver = browser_of(EDITOR_ID), browser_of(APPROVER_ID)
    assert "Under watch until" in editor.get(card).text
    form = form_to(editor.get(card).text, "/rollback")
    for reason in ("", "leaked items"):
        refused = editor.post(form.action, data={**form.fields, "reason": reason})
        assert (refused.status_code, "choose one of the reasons" in refused.text) == (422, True)
    chosen = {**form.fields, "reason": str(RollbackReason.LEAKED_ITEMS)}
    assert "Nothing has changed yet" in editor.post(form.action, data=chosen, follow_redirects=True).text
    assert "questions have leaked" in editor.get(card).text
    assert "another person has to confirm it" in editor.get(card).text
    page = press(approver, card, "/rollback/confirm")
    assert f"Norm {first.label} is in force again" in page.text
    assert state_of(runtime, first.id) is NormState.PUBLISHED
    assert "after a later norm was rolled back" in client.get(f"/norms/{first.id}").text


def a_later_norm(runtime):
    """Another norm of the same two people in force."""
    with runtime.transaction() as session:
        staff = [
            Actor(EDITOR_ID, "e", frozenset({"norm_editor"})),
            Actor(APPROVER_ID, "a", frozenset({"norm_approver"})),
        ]
        staff = [replace(one, second_factor_at=runtime.clock.now()) for one in staff]
        runtime.clock.advance(timedelta(minutes=1))
        return _published(session, runtime.clock, runtime.entropy, staff)


@pytest.fixture
def rolled_back(runtime, norms, browser_of):
    """The norm in force again, and the one that gave way to it."""
    first, second = norms[0], a_later_norm(runtime)
    card, editor = f"/desk/norms/{second.id}", browser_of(EDITOR_ID)
    form = form_to(editor.get(card).text, "/rollback")
    editor.post(form.action, data={**form.fields, "reason": str(RollbackReason.LEAKED_ITEMS)})
    press(browser_of(APPROVER_ID), card, "/rollback/confirm")
    return first, second


def test_the_card_of_a_norm_that_was_rolled_back_says_so_and_why_and_who(rolled_back, browser_of):
    first, second = rolled_back
    card = browser_of(EDITOR_ID).get(f"/desk/norms/{second.id}").text
    assert "This norm was rolled back on" in card
    assert "because: questions have leaked." in card
    assert f'<a href="/desk/norms/{first.id}">{first.label}</a>, which was in force before, took its place' in card
    assert "editor@example.org asked for it on" in card
    assert "approver@example.org confirmed it." in card
    assert "followed by a later one" not in card


def test_the_card_of_the_norm_in_force_again_says_which_one_gave_way_and_why(rolled_back, browser_of):
    first, second = rolled_back
    card = browser_of(EDITOR_ID).get(f"/desk/norms/{first.id}").text
    assert "It is in force again since" in card
    assert f'<a href="/desk/norms/{second.id}">{second.label}</a> was rolled back then' in card
    assert "because: questions have leaked." in card
    assert "approver@example.org confirmed it." in card
    assert "No norm was in force before this one" not in card


def test_everybody_reads_that_a_norm_was_taken_back_and_which_one_took_its_place(rolled_back, client):
    first, second = rolled_back
    page = client.get(f"/norms/{second.id}").text
    assert "This norm was taken back by two people." in page
    assert f'<a href="/norms/{first.id}">{first.label}</a>, which was in force before, took its place again' in page
    assert "leaked" not in page
    assert "taken back" not in client.get(f"/norms/{first.id}").text


def test_a_norm_that_came_back_and_was_then_followed_is_no_norm_that_was_rolled_back(rolled_back, runtime, browser_of):
    first, _ = rolled_back
    a_later_norm(runtime)
    card = browser_of(EDITOR_ID).get(f"/desk/norms/{first.id}").text
    assert "This norm was followed by a later one." in card
    assert "rolled back" not in card


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_people_roll_back_on_the_command_line(runtime):
    codes = {
        "ed": staff_with_authenticator(runtime, "ed@example.org", "norm_editor"),
        "ap": staff_with_authenticator(runtime, "ap@example.org", "norm_approver"),
    }
    with runtime.transaction() as session:
        staff = people(session, runtime.clock.now())
        a_calibrated_sample(session, runtime.clock, runtime.entropy)
        former, norm = [_published(session, runtime.clock, runtime.entropy, staff) for _ in range(2)]

    def decile(who, *more):
        program = Doorkeeper("decile", commands={"norm": norm_commands})
        given = ["norm", "rollback", str(norm.id), "--as", f"{who}@example.org", "--code", codes[who](), *more]
        return CliRunner().invoke(program, given, obj=runtime)

    assert decile("ap").exit_code == 1  # nobody asked
    asked = decile("ed", "--reason", "sample-faulty")
    assert (asked.exit_code, former.sha256 in asked.output) == (0, True)
    assert decile("ap", "--sha256", norm.sha256 + "0").exit_code == 1
    done = decile("ap")
    assert done.output == f"Norm {former.label} is in force again, sha256 {former.sha256}.\n"
    assert state_of(runtime, former.id) is NormState.PUBLISHED
