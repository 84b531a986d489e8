"""Public norm cards, and the norm desk in the hands of two people."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from app.accounts.grant_role import grant_role
from app.foundation.access import Actor, operator, system
from app.item_bank import queries as banks
from app.norming import queries
from app.norming.models import LegacySample, NormState, NormVersion
from app.norming.publish_norm import publish_norm
from scoring.norms import NormTable
from tests.app.assessment.builders import Place, the_collaboration_bank
from tests.app.norming.builders import APPROVER_ID, EDITOR_ID, SKILL, a_certifying_norm, a_norm
from tests.app.norming.desk import press, preview, state_of, work
from tests.browser.normed_bank import adopt_a_norm
from tests.journeys.pages import form_to

EDITOR = Actor(EDITOR_ID, "editor", frozenset({"norm_editor"}))
APPROVER = Actor(APPROVER_ID, "approver", frozenset({"norm_approver"}))


def test_anyone_sees_the_norms_in_force_and_no_drafts(client, norms):
    in_force, draft = norms
    page = client.get("/norms").text
    assert in_force.label in page
    assert draft.label not in page
    assert f"Patience (trial) · {in_force.label}" in page
    card = client.get(f"/norms/{in_force.id}").text
    assert f"<h1>Patience (trial): norm {in_force.label}</h1>" in card
    assert "Drafted by a norm editor on" in card
    for fact in (f"N = {in_force.n}", in_force.sha256, "DEMO NORM", "Too few people for awards."):
        assert fact in card
    assert "begins from this curve" in card
    assert client.get(f"/norms/{draft.id}").status_code == 404
    assert client.get(f"/norms/{draft.id}.json").status_code == 404


def test_a_norm_from_before_its_group_was_the_prior_promises_no_curve_to_begin_from(runtime, client):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    card = client.get(f"/norms/{adopt_a_norm(place)}").text
    assert "Where people stand" in card
    assert "begins from this curve" not in card


def test_the_public_table_gives_the_cut_again(client, norms):
    shown = json.loads(client.get(f"/norms/{norms[0].id}.json").data)
    cut = NormTable.from_dict(shown["content"]["latent"]).cut(0.9)
    assert cut.theta == shown["content"]["cut"] == norms[0].cut
    assert shown["sha256"] == norms[0].sha256


def test_the_desk_takes_a_norm_through_every_step_with_two_people(runtime, norms, browser_of):
    editor = browser_of(EDITOR_ID)
    begun = press(editor, f"/desk/norms/recalibrate/{SKILL}", f"/recalibrate/{SKILL}")
    assert begun.headers["Refresh"] == "3"
    work(runtime)
    done = editor.get(begun.request.path)
    assert "Refresh" not in done.headers
    card = re.search(r'class="button" href="([^"]+)"', done.text)[1]
    norm_id = UUID(card.rpartition("/")[2])
    assert "What would change" in editor.get(card).text
    assert "another person has to approve" in editor.get(card).text
    approver = browser_of(APPROVER_ID)
    assert "is approved" in press(approver, card, "/approve").text
    assert "is scheduled" in press(editor, card, "/schedule").text
    assert "Publish now" not in editor.get(card).text
    runtime.clock.advance(timedelta(hours=24))
    editor = browser_of(EDITOR_ID)
    assert "is published" in press(editor, card, "/publish").text
    assert state_of(runtime, norm_id) is NormState.PUBLISHED
    assert state_of(runtime, norms[0].id) is NormState.SUPERSEDED


def test_founders_are_compared_on_the_card_of_a_norm_that_is_or_was_in_force(runtime, norms, browser_of):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    norm_id = adopt_a_norm(place)
    with runtime.transaction() as session:
        session.execute(update(LegacySample).values(is_founding=True))
    editor, card = browser_of(EDITOR_ID), f"/desk/norms/{norm_id}"
    assert "Compare now" in editor.get(card).text

    with runtime.transaction() as session:
        session.get_one(NormVersion, norm_id).supersede(at=runtime.clock.now())

    page = editor.get(card).text  # whoever sat under it still waits
    assert "This norm was followed by a later one" in page
    assert "Compare now" in page


def test_founders_are_not_compared_on_the_card_of_a_norm_that_nobody_sat_under(runtime, norms, browser_of):
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    norm_id = adopt_a_norm(place)
    with runtime.transaction() as session:
        session.execute(update(LegacySample).values(is_founding=True))
        due = {"state": NormState.SCHEDULED, "takes_effect_at": place.clock.now()}
        session.execute(update(NormVersion).where(NormVersion.id == norm_id).values(due))
    assert "Compare now" not in browser_of(EDITOR_ID).get(f"/desk/norms/{norm_id}").text


def test_a_preview_names_the_gates_that_nothing_here_measures(runtime, norms, browser_of):
    editor, card = browser_of(EDITOR_ID), f"/desk/norms/{norms[1].id}"
    preview(editor, runtime, card)
    page = editor.get(f"{card}/preview").text
    for name in (
        "Awards repeated on the other half of the items, predicted against real",
        "Reliability at the line",
        "Share of the bank that sittings use",
    ):
        assert re.search(rf'not measured here\s*</span></td><th scope="row">\s*{name}\s*</th>', page)


def test_the_drafter_with_both_roles_is_refused_over_http(runtime, norms, browser_of):
    with runtime.transaction() as session:
        grant_role(EDITOR_ID, "norm_approver", session=session, clock=runtime.clock, actor=operator())
    both = browser_of(EDITOR_ID)
    card = f"/desk/norms/{norms[1].id}"
    page = preview(both, runtime, card).text
    token = form_to(page, "").fields["csrf_token"]
    refused = both.post(f"{card}/approve", data={"csrf_token": token})
    assert refused.status_code == 403
    assert state_of(runtime, norms[1].id) is NormState.PREVIEWED


def test_an_approval_long_after_the_second_factor_asks_for_it_again(runtime, norms, browser_of):
    preview(browser_of(EDITOR_ID), runtime, f"/desk/norms/{norms[1].id}")
    approver = browser_of(APPROVER_ID)
    card = f"/desk/norms/{norms[1].id}"
    form = form_to(approver.get(card).text, "/approve")
    runtime.clock.advance(timedelta(minutes=30))
    answer = approver.post(form.action, data=form.fields)
    assert answer.status_code == 303
    assert answer.location == f"/prove?next={card}"
    assert state_of(runtime, norms[1].id) is NormState.PREVIEWED


@pytest.mark.parametrize("step", ["schedule", "publish"])
def test_scheduling_and_publishing_need_the_second_factor_of_now_too(runtime, norms, browser_of, step):
    card = f"/desk/norms/{norms[1].id}"
    editor = browser_of(EDITOR_ID)
    token = form_to(editor.get(card).text, "").fields["csrf_token"]
    assert editor.post(f"{card}/{step}", data={"csrf_token": token}).status_code == 409  # a draft is not that far
    runtime.clock.advance(timedelta(minutes=11))
    assert editor.post(f"{card}/{step}", data={"csrf_token": token}).location == f"/prove?next={card}"


def test_a_french_desk_calls_the_skill_by_its_name_and_writes_figures_and_days_in_french(runtime, norms, browser_of):
    editor, french = browser_of(EDITOR_ID), {"Accept-Language": "fr"}
    with runtime.reading() as session:
        name = banks.skill(SKILL, session=session).names["fr"]
    for path in ("/desk/norms", f"/desk/norms/recalibrate/{SKILL}"):
        page = editor.get(path, headers=french).text
        assert f"Recalibrer {name}" in page
        assert f"Recalibrer {SKILL}" not in page
    card = editor.get(f"/norms/{norms[0].id}", headers=french).text
    assert re.search(r"<dd>−?\d,\d{4} ± \d,\d{4} \(\d,\d{4} écart-type\)</dd>", card)
    told = re.sub(r'datetime="[^"]*"|<code>.*?</code>', "", card)
    assert re.search(r"\d{4}-\d\d-\d\d", told) is None


def test_an_approver_looks_at_the_data_of_a_new_version_and_is_not_offered_to_begin_it(runtime, norms, browser_of):
    editor, approver = browser_of(EDITOR_ID), browser_of(APPROVER_ID)
    said, page = "A norm editor begins it.", f"/desk/norms/recalibrate/{SKILL}"
    assert form_to(editor.get(page).text, page).buttons == [("", "")]
    looked_at = approver.get(page)
    assert (looked_at.status_code, said in looked_at.text) == (200, True)
    assert form_to(looked_at.text, page).buttons == []
    links = [re.search(rf'<a href="{page}">([^<]+)</a>', one.get("/desk/norms").text)[1] for one in (editor, approver)]
    assert links == ["Recalibrate Patience (trial)", "What Patience (trial) can be recalibrated from"]
    assert said in approver.get("/desk/norms").text
    for told_to_begin in (editor.get(page), editor.get("/desk/norms")):
        assert said not in told_to_begin.text


@pytest.mark.parametrize(("code", "said"), [("en", "answered in English"), ("fr", "answered in French")])
def test_whoever_chooses_a_sample_reads_in_which_language_it_was_answered(runtime, norms, browser_of, code, said):
    with runtime.transaction() as session:
        (group,) = {sample.group for sample in session.scalars(select(LegacySample))}
        group.language = code
    page = browser_of(EDITOR_ID).get(f"/desk/norms/recalibrate/{SKILL}").text
    assert f", {said}" in page


def test_the_desk_is_closed_to_everyone_else(app, client, norms, browser_of):
    paths = ["/desk/norms", f"/desk/norms/{norms[1].id}"]
    for path in paths:
        assert client.get(path).status_code == 303
        assert browser_of(EDITOR_ID, second_factor=False).get(path).status_code == 303
    steps = [f"/desk/norms/{norms[1].id}/{step}" for step in ("preview", "approve", "schedule", "publish")]
    for step in (*steps, f"/desk/norms/recalibrate/{SKILL}"):
        assert client.post(step).status_code in (303, 403)


def test_an_editor_cannot_approve_over_http(runtime, norms, browser_of):
    editor = browser_of(EDITOR_ID)
    card = f"/desk/norms/{norms[1].id}"
    token = form_to(preview(editor, runtime, card).text, "").fields["csrf_token"]
    assert editor.post(f"{card}/approve", data={"csrf_token": token}).status_code == 403
    assert state_of(runtime, norms[1].id) is NormState.PREVIEWED


def test_a_step_without_the_forms_token_is_refused(runtime, norms, browser_of):
    editor = browser_of(EDITOR_ID)
    assert editor.post(f"/desk/norms/{norms[1].id}/preview").status_code == 403
    assert state_of(runtime, norms[1].id) is NormState.DRAFT


def test_the_card_of_a_norm_compared_with_one_that_gave_way_offers_the_preview_and_no_approval(
    runtime, norms, browser_of
):
    card = f"/desk/norms/{norms[1].id}"
    editor, approver = browser_of(EDITOR_ID), browser_of(APPROVER_ID)
    assert f"now ({norms[0].label})" in preview(editor, runtime, card).text
    with runtime.transaction() as session:
        other = a_norm(session, runtime.clock, runtime.entropy, EDITOR, APPROVER, NormState.SCHEDULED)
        publish_norm(other.id, session=session, clock=runtime.clock, actor=system())
    page = approver.get(card).text
    assert f"then ({norms[0].label})" in page
    assert "Another norm is in force than the one this was compared with" in page
    assert f"{card}/approve" not in page
    assert "Another norm is in force" in approver.get(f"{card}/preview").text
    page = preview(approver, runtime, card).text
    assert f"now ({other.label})" in page
    assert "is approved" in press(approver, card, "/approve").text


def test_the_card_of_a_norm_for_awards_that_outgrew_its_window_says_so_and_can_only_be_stopped(
    runtime, norms, browser_of
):
    with runtime.transaction() as session:
        norm = a_certifying_norm(session, runtime.clock, runtime.entropy, EDITOR, APPROVER, NormState.APPROVED)
    card = f"/desk/norms/{norm.id}"
    before = browser_of(EDITOR_ID).get(card).text
    runtime.clock.advance(timedelta(days=800))
    page = browser_of(EDITOR_ID).get(card).text
    assert [f"{card}/schedule" in text for text in (before, page)] == [True, False]
    assert ["its answers are too old for that" in text for text in (before, page)] == [False, True]
    assert f"{card}/stop" in page


def test_a_bank_is_calibrated_only_in_the_language_whose_answers_were_used(runtime, norms):
    with runtime.reading() as session:
        release_id = queries.norm(norms[0].id, session=session).release_id
        assert queries.is_calibrated(release_id, "en", session=session)
        assert not queries.is_calibrated(release_id, "fr", session=session)
