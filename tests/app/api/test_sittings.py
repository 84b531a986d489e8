"""A program takes a person through a sitting, and nobody else's."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from app.assessment.models import Response, Sitting
from app.factory import create_app
from app.foundation import audit, policies
from app.foundation.access import operator
from app.foundation.rates import RatePolicy
from tests.app.api.world import OTHER, OWNER, RECRUITER, World

START = {"skill": "collaboration", "language": "en", "honesty_statement": "1"}


def test_the_list_shows_a_persons_own_sittings_newest_first(world: World):
    shown = world.call(OWNER, "GET", "/sittings").json
    assert [entry["id"] for entry in shown["entries"]] == [
        str(world.facts.open_sitting),
        str(world.facts.ended_sitting),
    ]
    assert shown["next_cursor"] is None
    assert world.call(OTHER, "GET", "/sittings").json["entries"] == []


def test_a_sitting_begins_once_and_is_then_the_open_one(world: World):
    begun = world.call(OTHER, "POST", "/sittings", json=START)
    again = world.call(OTHER, "POST", "/sittings", json=START)
    assert (begun.status_code, again.status_code) == (201, 200)
    assert begun.json == again.json
    assert begun.location == f"http://localhost/api/v1/sittings/{begun.json['id']}"
    assert world.call(OTHER, "GET", begun.location.removeprefix("http://localhost/api/v1")).json == begun.json


def test_edge_068_programs_begin_no_more_from_one_network_than_pages_do(world: World):
    now = world.runtime.clock.now()
    with world.runtime.transaction() as session:
        policies.set_policy(RatePolicy, {"beginnings_per_day": 1}, session=session, at=now, actor=operator())
    client = create_app(world.runtime).test_client()
    roles = (OWNER, OTHER, RECRUITER, OTHER)  # the owner's is open already
    answers = [client.post("/api/v1/sittings", json=START, headers=world.bearer(role)) for role in roles]
    assert [answer.status_code for answer in answers] == [200, 201, 429, 429]
    assert answers[2].json["code"] == "too-many-requests"
    assert "tomorrow" in answers[2].json["detail"]


def test_a_program_begins_once_its_owner_has_agreed_where_the_refusal_sends_them(world: World):
    """The start page begins the sitting with the same button, so there nobody could agree for a program."""
    own_page = world.browser(OTHER)
    token = re.search(r'name="csrf_token" value="([^"]+)"', own_page.get("/account").text)
    assert token is not None
    form = {"csrf_token": token[1], "version": "1"}
    own_page.post("/account/consents/assessment/withdraw", data=form)
    refused = world.call(OTHER, "POST", "/sittings", json=START)
    assert (refused.status_code, refused.json["code"]) == (403, "assessment-consent-needed")
    assert "under My data, Consents" in refused.json["detail"]
    own_page.post("/account/consents/assessment", data=form)
    assert world.call(OTHER, "POST", "/sittings", json=START).status_code == 201


def test_the_current_item_is_what_the_page_shows_and_no_more(world: World):
    shown = world.call(OWNER, "GET", f"/sittings/{world.facts.open_sitting}/item").json
    assert shown["position"] == 1
    assert world.facts.item_text in str(shown["item"])
    page = html.unescape(world.browser(OWNER).get(f"/sittings/{world.facts.open_sitting}").text)
    labels = shown["item"].get("categories") or shown["item"]["options"]
    assert all(label in page for label in labels)


def a_value(item: dict) -> object:
    return 1 if item["kind"] == "statement" else [3] * len(item["options"])


def test_a_whole_sitting_can_be_taken_by_a_program(world: World):
    sitting = f"/sittings/{world.call(OTHER, 'POST', '/sittings', json=START).json['id']}"
    for position in range(1, 61):
        item = world.call(OTHER, "GET", f"{sitting}/item").json["item"]
        sent = {"position": position, "value": a_value(item), "client_sequence": 1}
        kept = world.call(OTHER, "POST", f"{sitting}/responses", json=sent)
        assert kept.status_code == 200, kept.text
        if kept.json["state"] != "open":
            break
    assert kept.json["state"] == "completed"
    closed = world.call(OTHER, "GET", f"{sitting}/item")
    assert (closed.status_code, closed.json["code"]) == (409, "sitting-closed")
    done = world.call(OTHER, "GET", f"{sitting}/done").json
    assert done["sitting"]["state"] == "completed"
    assert done["scored_items"] == position
    result = world.call(OTHER, "GET", sitting.replace("sittings", "results")).json
    assert (result["state"], result["decision"]) == ("awaited", None)
    world.runtime.clock.advance(timedelta(days=1))
    refused = world.call(OTHER, "POST", "/sittings", json=START)
    assert (refused.status_code, refused.json["code"]) == (403, "retake-too-soon")


def test_the_values_in_the_recipes_are_taken_by_items_of_both_kinds(world: World):
    recipes = (Path(__file__).parents[3] / "docs" / "api_recipes.md").read_text(encoding="utf-8")
    statement, scenario = (json.loads(value) for value in re.findall(r'"value": (\d+|\[[^]]+\])', recipes))
    left = {"statement": statement, "scenario": scenario}
    sitting = f"/sittings/{world.facts.open_sitting}"
    for position in range(1, 31):
        item = world.call(OWNER, "GET", f"{sitting}/item").json["item"]
        sent = {"position": position, "value": left.pop(item["kind"], a_value(item)), "client_sequence": 1}
        assert world.call(OWNER, "POST", f"{sitting}/responses", json=sent).status_code == 200
        if not left:
            break
    assert not left


@pytest.mark.parametrize(("position", "status"), [(1.0, 200), (1, 200), (1.5, 422), (True, 422), ("1", 422)])
def test_a_whole_number_is_one_however_json_spells_it(world: World, position: object, status: int):
    sitting = f"/sittings/{world.facts.open_sitting}"
    value = a_value(world.call(OWNER, "GET", f"{sitting}/item").json["item"])
    spelt = [float(rating) for rating in value] if isinstance(value, list) else float(value)
    sent = {"position": position, "value": spelt, "client_sequence": 1.0}
    answer = world.call(OWNER, "POST", f"{sitting}/responses", json=sent)
    assert answer.status_code == status
    if status == 200:
        assert json.dumps([answer.json["value"], answer.json["client_sequence"]]) == json.dumps([value, 1])


def test_a_draft_stays_at_its_position_and_a_repetition_changes_nothing(world: World):
    sitting = f"/sittings/{world.facts.open_sitting}"
    value = a_value(world.call(OWNER, "GET", f"{sitting}/item").json["item"])
    sent = {"position": 1, "value": value, "client_sequence": 1}
    draft = world.call(OWNER, "POST", f"{sitting}/responses", json={**sent, "confirm": False}).json
    assert (draft["current_position"], draft["is_whole"]) == (1, True)
    confirmed = world.call(OWNER, "POST", f"{sitting}/responses", json={**sent, "client_sequence": 2})
    repeated = world.call(OWNER, "POST", f"{sitting}/responses", json={**sent, "client_sequence": 2})
    assert confirmed.json == repeated.json
    assert confirmed.json["current_position"] == 2


def test_another_answer_to_a_closed_position_is_refused_and_noted(world: World):
    sitting = f"/sittings/{world.facts.open_sitting}"
    value = a_value(world.call(OWNER, "GET", f"{sitting}/item").json["item"])
    sent = {"position": 1, "value": value, "client_sequence": 1}
    world.call(OWNER, "POST", f"{sitting}/responses", json=sent)
    refused = world.call(OWNER, "POST", f"{sitting}/responses", json={**sent, "client_sequence": 9})
    assert (refused.status_code, refused.json["code"]) == (409, "position-closed")
    with world.runtime.reading() as session:
        kinds = [entry.kind for entry in session.query(audit.AuditEntry)]
    assert kinds.count("sitting.continued_elsewhere") == 1


@pytest.mark.parametrize("value", [99, "yes", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], True, {"a": 1}, 1.5])
def test_a_value_the_item_does_not_have_is_refused(world: World, value):
    sent = {"position": 1, "value": value, "client_sequence": 1}
    refused = world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/responses", json=sent)
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    for word in ("constrained", "function-", "tuple["):  # of the library that reads the body
        assert word not in refused.json["detail"]
    with world.runtime.reading() as session:
        assert session.query(Response).filter_by(sitting_id=world.facts.open_sitting).count() == 0


def test_leaving_ends_a_sitting_for_good(world: World):
    left = world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave")
    assert left.status_code == 200
    assert left.json["state"] == "abandoned"
    assert world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave").json == left.json


def test_the_end_of_an_open_sitting_is_not_told(world: World):
    refused = world.call(OWNER, "GET", f"/sittings/{world.facts.open_sitting}/done")
    assert (refused.status_code, refused.json["code"]) == (409, "not-yet-complete")


def test_the_rules_of_the_pages_hold(world: World):
    unagreed = {**START, "honesty_statement": None}
    assert world.call(OTHER, "POST", "/sittings", json=unagreed).json["code"] == "honesty-statement-needed"
    unknown = {**START, "skill": "juggling"}
    assert world.call(OTHER, "POST", "/sittings", json=unknown).json["code"] == "skill-not-open"


def test_a_foreign_sitting_does_not_exist_and_is_not_touched(world: World):
    sitting, before = f"/sittings/{world.facts.open_sitting}", world.rows()
    sent = {"position": 1, "value": 1, "client_sequence": 1}
    answers = [
        world.call(OTHER, "GET", sitting),
        world.call(OTHER, "GET", f"{sitting}/item"),
        world.call(OTHER, "GET", f"{sitting}/done"),
        world.call(OTHER, "GET", f"/results/{world.facts.ended_sitting}"),
        world.call(OTHER, "POST", f"{sitting}/responses", json=sent),
        world.call(OTHER, "POST", f"{sitting}/leave"),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(404, "sitting-not-found")}
    assert world.rows() == before
    with world.runtime.reading() as session:
        assert session.get_one(Sitting, world.facts.open_sitting).state == "open"
