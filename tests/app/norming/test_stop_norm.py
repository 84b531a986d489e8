"""A mistake noticed before the hour: one person stops the norm, and no former approval lets it take effect."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.foundation.access import Actor, Forbidden, ProofNotFresh, SignInNeeded, operator
from app.foundation.access import system as worker
from app.foundation.audit import AuditEntry
from app.norming import publish_due_norms as publishing
from app.norming import queries
from app.norming.approve_norm import approve_norm
from app.norming.errors import NormInAnotherState, NormNotApproved, StopReasonNeeded
from app.norming.models import NormState, NormVersion
from app.norming.publish_due_norms import publish_due_norms
from app.norming.publish_norm import publish_norm
from app.norming.stop_norm import LONGEST_REASON, stop_norm
from tests.app.norming.builders import APPROVER_ID, EDITOR_ID, a_calibrated_sample, a_norm, people
from tests.app.norming.desk import press, preview, state_of
from tests.journeys.pages import form_to

WHY = "The window is the wrong one."
STOPPABLE = (NormState.APPROVED, NormState.SCHEDULED)


@pytest.fixture
def staff(session, clock):
    return people(session, clock.now())


@pytest.fixture
def run(session, clock, entropy):
    return a_calibrated_sample(session, clock, entropy)


@pytest.mark.parametrize("state", STOPPABLE)
@pytest.mark.parametrize("by", [0, 1], ids=["editor", "approver"])
def test_either_of_the_two_stops_it_alone_and_the_record_says_why(session, clock, entropy, staff, run, state, by):
    norm = a_norm(session, clock, entropy, *staff, state)
    stop_norm(norm.id, f"  {WHY} ", session=session, clock=clock, actor=staff[by])
    assert norm.state is NormState.PREVIEWED
    assert (norm.approved_by, norm.approved_at, norm.approved_sha256) == (None, None, None)
    assert (norm.scheduled_at, norm.takes_effect_at) == (None, None)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.kind == "norm.stopped")).one()
    assert (entry.subject, entry.actor_id) == (str(norm.id), staff[by].person_id)
    assert entry.detail == {"label": norm.label, "sha256": norm.sha256, "from": state.value, "reason": WHY}
    assert queries.stop_of(norm.id, session=session) == queries.StopView(clock.now(), WHY)
    clock.advance(timedelta(days=2))
    assert publish_due_norms(session=session, clock=clock, actor=worker()) == ()


@pytest.mark.parametrize("state", [state for state in NormState if state not in STOPPABLE])
def test_in_every_other_state_there_is_nothing_to_stop(session, clock, entropy, staff, run, state):
    norm = a_norm(session, clock, entropy, *staff, state)
    with pytest.raises(NormInAnotherState, match=f"is {state}"):
        stop_norm(norm.id, WHY, session=session, clock=clock, actor=staff[0])
    assert norm.state is state


@pytest.mark.parametrize("reason", ["", "  ", "x" * (LONGEST_REASON + 1)])
def test_nothing_stops_without_a_short_reason(session, clock, entropy, staff, run, reason):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    with pytest.raises(StopReasonNeeded):
        stop_norm(norm.id, reason, session=session, clock=clock, actor=staff[0])
    assert norm.state is NormState.SCHEDULED


def test_who_is_not_of_the_desk_or_has_no_fresh_proof_stops_nothing(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    other = replace(staff[0], roles=frozenset({"support", "reviewer"}))
    stale = replace(staff[0], second_factor_at=clock.now() - timedelta(hours=1))
    nobody = Actor(None, "token", frozenset({"norm_editor"}), clock.now())
    refused = ((other, Forbidden), (operator(), Forbidden), (stale, ProofNotFresh), (nobody, SignInNeeded))
    for actor, refusal in refused:
        with pytest.raises(refusal):
            stop_norm(norm.id, WHY, session=session, clock=clock, actor=actor)
    assert norm.state is NormState.SCHEDULED


def test_a_row_put_back_by_hand_is_not_approved_by_what_was_recorded_before_the_stop(
    session, clock, entropy, staff, run
):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    kept = {name: getattr(norm, name) for name in ("state", "approved_by", "approved_at", "takes_effect_at")}
    stop_norm(norm.id, WHY, session=session, clock=clock, actor=staff[0])
    session.execute(update(NormVersion).where(NormVersion.id == norm.id).values(kept))
    with pytest.raises(NormNotApproved):
        publish_norm(norm.id, session=session, clock=clock, actor=worker())


def test_approved_anew_it_takes_effect_and_the_stop_is_over(session, clock, entropy, staff, run):
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    stop_norm(norm.id, WHY, session=session, clock=clock, actor=staff[1])
    approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=staff[1])
    assert queries.stop_of(norm.id, session=session) is None
    norm.schedule(clock.now(), at=clock.now())
    session.flush()
    assert publish_due_norms(session=session, clock=clock, actor=worker()) == (norm.id,)


def test_a_norm_stopped_while_the_worker_publishes_holds_nobody_up(database, clock, entropy, monkeypatch):
    with database.transaction() as session:
        staff = people(session, clock.now())
        a_calibrated_sample(session, clock, entropy)
        a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)

    def stop_first(found, **tools):
        stop_norm(found, WHY, session=tools["session"], clock=clock, actor=staff[0])
        return publish_norm(found, **tools)

    monkeypatch.setattr(publishing, "publish_norm", stop_first)
    with database.transaction() as session:
        assert publish_due_norms(session=session, clock=clock, actor=worker()) == ()


def test_the_card_stops_what_is_scheduled_and_says_why_until_it_is_approved_anew(runtime, norms, browser_of):
    card = f"/desk/norms/{norms[1].id}"
    editor, approver = browser_of(EDITOR_ID), browser_of(APPROVER_ID)
    assert "Stop it" not in preview(editor, runtime, card).text
    press(approver, card, "/approve")
    page = editor.get(card).text
    assert "If you schedule now, it takes effect on 24 November 2026" in page
    assert "Stop it" in page
    press(editor, card, "/schedule")
    form = form_to(editor.get(card).text, "/stop")
    assert editor.post(form.action, data=form.fields | {"reason": " "}).status_code == 422
    told = editor.post(form.action, data=form.fields | {"reason": WHY}, follow_redirects=True).text
    assert "is stopped" in told
    assert WHY in told
    assert state_of(runtime, norms[1].id) is NormState.PREVIEWED
    assert WHY not in press(approver, card, "/approve").text


def test_unmet_gates_are_shown_until_the_norm_takes_effect(runtime, norms, browser_of):
    card = f"/desk/norms/{norms[1].id}"
    editor, approver = browser_of(EDITOR_ID), browser_of(APPROVER_ID)
    shown = [preview(editor, runtime, card).text]
    shown.append(press(approver, card, "/approve").text)
    shown.append(press(editor, card, "/schedule").text)
    assert ["not met" in page for page in shown] == [True, True, True]


def test_stopping_on_the_page_needs_the_second_factor_of_now(runtime, norms, browser_of):
    card = f"/desk/norms/{norms[1].id}"
    editor = browser_of(EDITOR_ID)
    token = form_to(editor.get(card).text, "").fields["csrf_token"]
    runtime.clock.advance(timedelta(minutes=11))
    answer = editor.post(f"{card}/stop", data={"csrf_token": token, "reason": WHY})
    assert answer.location == f"/prove?next={card}"


def test_a_reason_typed_over_a_proof_that_has_lapsed_stands_there_once_more(runtime, norms, browser_of):
    card = f"/desk/norms/{norms[1].id}"
    editor, approver = browser_of(EDITOR_ID), browser_of(APPROVER_ID)
    preview(editor, runtime, card)
    press(approver, card, "/approve")
    form = form_to(editor.get(card).text, "/stop")
    runtime.clock.advance(timedelta(minutes=11))
    assert editor.post(form.action, data=form.fields | {"reason": WHY}).location == f"/prove?next={card}"
    back = browser_of(EDITOR_ID)
    assert [WHY in back.get(card).text for _ in range(2)] == [True, False]
