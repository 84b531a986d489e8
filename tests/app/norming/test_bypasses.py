"""Twelve ways one person might bring a norm into force alone, and what each meets (threat T4, edge cases 74 and 75)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text, update

from app.accounts.api_tokens import caller_for_api_token
from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.issue_api_token import issue_api_token
from app.accounts.revoke_role import revoke_role
from app.accounts.rules import is_same_mailbox
from app.cli import Doorkeeper
from app.foundation.access import Actor, ProofNotFresh, operator, system
from app.foundation.audit import AuditEntry
from app.foundation.db import Database
from app.norming import phases
from app.norming.approve_norm import approve_norm
from app.norming.commands import norm as norm_commands
from app.norming.errors import AnotherVersionSeen, NormAltered, NormNotApproved, NotASecondPerson, SelfApproval, TooSoon
from app.norming.models import NormState, NormVersion
from app.norming.publish_due_norms import publish_due_norms
from app.norming.publish_norm import publish_norm
from app.norming.schedule_norm import schedule_norm
from app.norming.snapshot import sha256_of
from tests.app.accounts.signed_in import sign_in
from tests.app.norming.builders import (
    APPROVER_ID,
    EDITOR_ID,
    a_calibrated_sample,
    a_norm,
    people,
    staff_with_authenticator,
)
from tests.app.norming.desk import preview, state_of
from tests.journeys.pages import form_to

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the engine plays no part


@pytest.fixture
def staff(runtime):
    """The editor and the approver; the clock has moved on since they got their roles."""
    with runtime.transaction() as session:
        return people(session, runtime.clock.now())


@pytest.fixture
def previewed(runtime, staff):
    """A norm the editor drafted and looked at."""
    runtime.clock.advance(timedelta(days=1))
    with runtime.transaction() as session:
        a_calibrated_sample(session, runtime.clock, runtime.entropy)
        return a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.PREVIEWED)


def approving(runtime, norm, actor, **changes):
    """Approve as this person, present now."""
    present = replace(actor, second_factor_at=runtime.clock.now())
    given = {"seen_sha256": norm.sha256, "actor": present, **changes}
    with runtime.transaction() as session:
        return approve_norm(norm.id, session=session, clock=runtime.clock, **given)


def person_with_role(runtime, email, role="norm_approver"):
    """Somebody an operator invites and gives a role, now."""
    tools = {"clock": runtime.clock}
    with runtime.transaction() as session:
        person_id = invite_person(email, session=session, entropy=runtime.entropy, **tools)
        grant_role(person_id, role, session=session, actor=operator(), **tools)
    return Actor(person_id, email, frozenset({"candidate", role}))


def test_bypass_01_a_change_of_roles_between_draft_and_approval(runtime, staff, previewed):
    with runtime.transaction() as session:
        revoke_role(APPROVER_ID, "norm_approver", session=session, clock=runtime.clock, actor=operator())
        grant_role(EDITOR_ID, "norm_approver", session=session, clock=runtime.clock, actor=operator())
    with pytest.raises(SelfApproval):
        approving(runtime, previewed, replace(staff[0], roles=frozenset({"norm_approver"})))
    with pytest.raises(NotASecondPerson):  # the role was taken back; an old sign-in still names it
        approving(runtime, previewed, staff[1])
    assert state_of(runtime, previewed.id) is NormState.PREVIEWED


def test_bypass_02_a_second_account_of_the_same_person(runtime, staff):
    twins = [person_with_role(runtime, email) for email in ("editor+norms@example.org", "Editor+x@EXAMPLE.org")]
    runtime.clock.advance(timedelta(days=1))
    with runtime.transaction() as session:
        a_calibrated_sample(session, runtime.clock, runtime.entropy)
        norm = a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.PREVIEWED)
    for twin in twins:
        with pytest.raises(NotASecondPerson):
            approving(runtime, norm, twin)
    assert state_of(runtime, norm.id) is NormState.PREVIEWED
    assert is_same_mailbox("a.da+1@googlemail.com", "ada@gmail.com")
    assert not is_same_mailbox("a.da@example.org", "ada@example.org")


def test_bypass_03_an_approver_invited_by_the_editor_once_the_draft_exists(runtime, previewed):
    runtime.clock.advance(timedelta(seconds=1))
    friend = person_with_role(runtime, "friend@elsewhere.example")
    with pytest.raises(NotASecondPerson):
        approving(runtime, previewed, friend)
    assert state_of(runtime, previewed.id) is NormState.PREVIEWED


def test_bypass_04_the_approvers_api_token(runtime, app, staff, previewed):
    tools, cookie = {"clock": runtime.clock}, sign_in(runtime, staff[1].person_id, second_factor=True)
    with runtime.transaction() as session:
        present = replace(staff[1], second_factor_at=runtime.clock.now())
        token = issue_api_token(
            "t", ["norms:read"], 30, browser_token=cookie, session=session, entropy=runtime.entropy, jobs=runtime.jobs,
            actor=present, **tools,
        )  # fmt: skip
        caller = caller_for_api_token(token.token, session=session, at=runtime.clock.now())
    with pytest.raises(ProofNotFresh), runtime.transaction() as session:
        approve_norm(previewed.id, seen_sha256=previewed.sha256, session=session, actor=caller.actor, **tools)
    bearer = {"Authorization": f"Bearer {token.token}"}
    answer = app.test_client().post(
        f"/desk/norms/{previewed.id}/approve", data={"sha256": previewed.sha256}, headers=bearer
    )
    assert answer.status_code in (303, 401, 403)
    assert state_of(runtime, previewed.id) is NormState.PREVIEWED


def test_bypass_05_the_editor_at_the_command_line_in_the_approvers_name(runtime):
    codes = staff_with_authenticator(runtime, "ed@example.org", "norm_editor")
    staff_with_authenticator(runtime, "ap@example.org", "norm_approver")
    with runtime.transaction() as session:
        staff = people(session, runtime.clock.now())
        a_calibrated_sample(session, runtime.clock, runtime.entropy)
        norm = a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.PREVIEWED)
    program = Doorkeeper("decile", commands={"norm": norm_commands})
    for email in ("ap@example.org", "ed@example.org"):
        given = ["norm", "approve", str(norm.id), "--as", email, "--code", codes()]
        assert CliRunner().invoke(program, given, obj=runtime).exit_code == 1
    assert state_of(runtime, norm.id) is NormState.PREVIEWED


def test_bypass_06_direct_sql_on_a_copy_that_is_put_back(runtime, previewed, tmp_path):
    with closing(sqlite3.connect(runtime.database.url.removeprefix("sqlite:///"))) as original:
        original.execute("VACUUM INTO ?", [str(tmp_path / "copy.sqlite3")])
    copy = Database(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    forged = {
        "state": NormState.SCHEDULED,
        "approved_by": APPROVER_ID,
        "approved_at": runtime.clock.now(),
        "approved_sha256": previewed.sha256,
        "takes_effect_at": runtime.clock.now(),
    }
    with copy.transaction() as session:
        session.execute(update(NormVersion).where(NormVersion.id == previewed.id).values(forged))
    with copy.transaction() as session:
        assert publish_due_norms(session=session, clock=runtime.clock, actor=system()) == ()
        with pytest.raises(NormNotApproved):
            publish_norm(previewed.id, session=session, clock=runtime.clock, actor=operator())
    copy.dispose()


def test_bypass_07_the_approval_form_sent_again(runtime, norms, browser_of):
    card = f"/desk/norms/{norms[1].id}"
    preview(browser_of(EDITOR_ID), runtime, card)
    approver = browser_of(APPROVER_ID)
    form = form_to(approver.get(card).text, "/approve")
    assert approver.post(form.action, data=form.fields).status_code == 303
    assert approver.post(form.action, data=form.fields).status_code == 409
    other = browser_of(EDITOR_ID)
    assert other.post(form.action, data=form.fields).status_code == 403  # the token is another browser's
    with runtime.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.kind == "norm.approved", AuditEntry.subject == str(norms[1].id))
        ).all()
    assert len(entries) == 1


def test_bypass_08_an_approval_without_a_fresh_proof(runtime, norms, browser_of):
    card = f"/desk/norms/{norms[1].id}"
    preview(browser_of(EDITOR_ID), runtime, card)
    approver = browser_of(APPROVER_ID)
    form = form_to(approver.get(card).text, "/approve")
    runtime.clock.advance(timedelta(minutes=11))
    assert approver.post(form.action, data=form.fields).location == f"/prove?next={card}"
    assert state_of(runtime, norms[1].id) is NormState.PREVIEWED


def test_bypass_09_a_snapshot_altered_together_with_its_hash(runtime, staff, previewed):
    """The cut is typed in and every hash made to fit; the table behind it still gives another cut."""
    with runtime.transaction() as session:
        session.execute(text("DROP TRIGGER norm_version_no_edit"))
        norm = session.get_one(NormVersion, previewed.id)
        norm.cut -= 0.5
        norm.sha256 = sha256_of(norm)
        forged = norm.sha256
    with pytest.raises(NormAltered):
        approving(runtime, previewed, staff[1], seen_sha256=forged)
    assert state_of(runtime, previewed.id) is NormState.PREVIEWED


def test_bypass_10_the_form_of_another_version(runtime, norms, browser_of):
    with runtime.transaction() as session:
        editor = Actor(EDITOR_ID, "e", frozenset({"norm_editor"}), runtime.clock.now())
        other = a_norm(session, runtime.clock, runtime.entropy, editor, editor, NormState.PREVIEWED)
    preview(browser_of(EDITOR_ID), runtime, f"/desk/norms/{norms[1].id}")
    approver = browser_of(APPROVER_ID)
    form = form_to(approver.get(f"/desk/norms/{norms[1].id}").text, "/approve")
    answer = approver.post(f"/desk/norms/{other.id}/approve", data=form.fields)
    assert answer.status_code == 409
    assert state_of(runtime, other.id) is NormState.PREVIEWED


def test_bypass_10_a_hash_that_was_not_looked_at(runtime, staff, previewed):
    for seen in ("", "0" * 64, previewed.sha256.upper()):
        with pytest.raises(AnotherVersionSeen):
            approving(runtime, previewed, staff[1], seen_sha256=seen)


def test_bypass_11_an_hour_in_the_past(runtime, staff, previewed):
    approving(runtime, previewed, staff[1])
    for wanted in (timedelta(days=-1), timedelta(0), timedelta(hours=23, minutes=59)):
        present = replace(staff[0], second_factor_at=runtime.clock.now())
        at = runtime.clock.now() + wanted
        with runtime.transaction() as session, pytest.raises(TooSoon):
            schedule_norm(previewed.id, session=session, clock=runtime.clock, actor=present, takes_effect_at=at)
    assert state_of(runtime, previewed.id) is NormState.APPROVED


def test_bypass_12_numbers_changed_after_the_approval(runtime, staff, previewed):
    approving(runtime, previewed, staff[1])
    with runtime.transaction() as session:
        schedule_norm(previewed.id, session=session, clock=runtime.clock, actor=operator())
        session.execute(text("DROP TRIGGER norm_version_no_edit"))
        session.execute(update(NormVersion).where(NormVersion.id == previewed.id).values(may_certify=True, n=10**6))
    runtime.clock.advance(timedelta(days=2))
    with runtime.transaction() as session:
        assert publish_due_norms(session=session, clock=runtime.clock, actor=system()) == ()
    assert state_of(runtime, previewed.id) is NormState.SCHEDULED


def test_without_any_of_them_two_people_do_publish(runtime, staff, previewed):
    """The refusals above mean something only if the honest way is open."""
    phases.preview(previewed.id, database=runtime.database, clock=runtime.clock, actor=operator())
    approving(runtime, previewed, staff[1])
    with runtime.transaction() as session:
        schedule_norm(previewed.id, session=session, clock=runtime.clock, actor=operator())
    runtime.clock.advance(timedelta(days=1))
    with runtime.transaction() as session:
        assert publish_due_norms(session=session, clock=runtime.clock, actor=system()) == (previewed.id,)
