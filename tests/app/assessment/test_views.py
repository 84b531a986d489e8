"""The candidate's pages over HTTP, by forms alone: a browser without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from app.assessment.models import FrozenSitting, Response
from app.foundation.audit import AuditEntry
from app.item_bank import queries as item_bank
from app.item_bank.release_trial_bank import TrialItem
from tests.app.accounts.visitor import Visitor
from tests.app.assessment.builders import SKILL, Place, SimulatedPerson, a_normed_skill, a_policy, a_trial_skill

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
POSITION = re.compile(r'name="position" value="(\d+)"')
SEQUENCE = re.compile(r'name="client_sequence" value="(\d+)"')
RADIO = re.compile(r'<input type="radio" id="[^"]+" name="([^"]+)" value="([^"]+)"')


class Candidate:
    """One browser of a person who joined by e-mail; it reads the real forms and sends them."""

    def __init__(self, app: Any, runtime: Any, address: str) -> None:
        visitor = Visitor(app, runtime)
        visitor.sign_in(address)
        self.client, self.csrf = visitor.client, ""

    def open(self, path: str, **options: Any) -> Any:
        answer = self.client.get(path, **options)
        found = CSRF.search(answer.text)
        self.csrf = found.group(1) if found else self.csrf
        return answer

    def post(self, path: str, **fields: Any) -> Any:
        answer = self.client.post(path, data={"csrf_token": self.csrf, **fields})
        found = CSRF.search(answer.text)
        self.csrf = found.group(1) if found else self.csrf
        return answer

    def begin(self, **fields: str) -> str:
        """Start; the path of the sitting."""
        self.open(f"/skills/{SKILL}/start")
        words = {"consent_assessment": "1", "honesty": "1"} | fields
        return str(self.post(f"/skills/{SKILL}/start", **words).headers["Location"])

    def answer(self, path: str, **changed: str) -> Any:
        """Read the page's form, choose the third of every radio group, and press Next."""
        page = self.open(path)
        if page.status_code != 200:
            return page
        return self.post(f"{path}/responses", **_filled(page.text), **changed)


def _filled(page: str) -> dict[str, str]:
    groups: dict[str, list[str]] = {}
    for name, value in RADIO.findall(page):
        groups.setdefault(name, []).append(value)
    fields = {name: values[min(2 + number, len(values) - 1)] for number, (name, values) in enumerate(groups.items())}
    options = re.search(r'name="options" value="(\d+)"', page)
    hidden = {"position": _one(POSITION, page), "client_sequence": _one(SEQUENCE, page), "action": "next"}
    return {**hidden, **fields, **({"options": options.group(1)} if options else {})}


def _one(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found, text
    return found.group(1)


@pytest.fixture
def candidate(app: Any, place: Place, runtime: Any) -> Callable[[str], Candidate]:
    a_normed_skill(place, scenario_slope=1.5)
    return lambda address: Candidate(app, runtime, address)


def test_before_the_start_the_page_says_what_to_expect_and_ticks_nothing(candidate) -> None:
    page = candidate("ada@example.org").open(f"/skills/{SKILL}/start").text
    text = unescape(page)
    for said in ("12 to 36 questions", "fewer than 20", "near the line", "within 7 days", "30 days", "at most 3 times"):
        assert said in text
    assert 'name="consent_assessment"' in page
    assert 'name="consent_norm_use"' in page
    assert "checked" not in page


def test_without_consent_or_word_nothing_starts_and_the_page_says_what_is_missing(candidate, place) -> None:
    ada = candidate("ada@example.org")
    ada.open(f"/skills/{SKILL}/start")
    refused = ada.post(f"/skills/{SKILL}/start", consent_norm_use="1")
    assert refused.status_code == 422
    assert "consent to take the assessment is missing" in refused.text
    assert "honesty is missing" in refused.text
    absurd = ada.post(f"/skills/{SKILL}/start", consent_assessment="9" * 5000, honesty="1")
    assert absurd.status_code == 422
    assert place.sittings() == []


def test_case_009_a_whole_sitting_by_forms_with_a_reload_at_every_step(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    answer = None
    for _ in range(61):
        ada.open(path)
        answer = ada.answer(path)
        if answer.headers["Location"].endswith("/done"):
            break
    assert answer is not None
    (sitting,) = place.sittings()
    assert sitting.state == "completed"
    assert ada.open(path).headers["Location"].endswith("/done")
    done = ada.open(f"{path}/done").text
    assert f"/results/{sitting.id}" in done
    assert f'data-awaited="/results/{sitting.id}"' in done


def test_the_item_page_is_one_radio_group_per_rating_with_a_legend_and_an_honest_range(candidate) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    seen = set()
    for _ in range(8):
        page = ada.open(path).text
        kind = "scenario" if 'name="options"' in page else "statement"
        seen.add(kind)
        assert page.count("<fieldset>") == page.count("<legend>") >= (4 if kind == "scenario" else 1)
        assert re.search(r"Most likely \d+ to \d+ more to come, about \d+ to \d+ minutes", page)
        assert "cannot go back" in page
        ada.answer(path)
    assert seen == {"scenario", "statement"}
    assert re.search(r"✓ Answer to question \d+ saved at \d\d:\d\d:\d\d UTC", ada.open(path).text)


def test_of_the_last_question_the_page_says_so_and_of_one_minute_one(app, place, runtime) -> None:
    a_policy(place, founding_statements=3, founding_scenarios=0, fewest_units_for_result=3)
    a_trial_skill(place, [TrialItem(f"T{number}", {"en": f"Statement {number}."}, 5) for number in range(3)])
    ada = Candidate(app, runtime, "ada@example.org")
    ada.open("/skills/trial/start")
    begun = ada.post("/skills/trial/start", consent_assessment="1", honesty="1")
    path = str(begun.headers["Location"])
    told = []
    for _ in range(3):
        progress = re.search(r'id="progress">(.*?)</p>', ada.open(path).text, re.DOTALL)
        told.append(" ".join(progress[1].split()))
        ada.answer(path)
    assert told == [
        "2 more to come, about one minute",
        "1 more to come, about one minute",
        "This is the last question, about one minute",
    ]


def test_case_019_no_key_weight_or_parameter_reaches_the_browser(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    with place.database.reading() as session:
        release = item_bank.latest_release(SKILL, session=session)
        keys = item_bank.scenario_keys(release.id, session=session)
    bodies = [ada.open(f"/skills/{SKILL}/start").text]
    for _ in range(12):
        bodies.append(ada.open(path).text)
        as_json = ada.open(path, headers={"Accept": "application/json"})
        bodies.append(as_json.text)
        item = as_json.json["item"]
        assert set(item) == {"code", "kind", "content"}
        allowed = {"stem", "text", "categories", "did_not_arise", "prompt", "situation", "options", "scale"}
        assert set(item["content"]) <= allowed
        if item["code"] in keys:
            assert json.dumps(list(keys[item["code"]].option_keys))[1:-1] not in as_json.text
        bodies.append(ada.answer(path).text)
    for body in bodies:
        for secret in ("option_key", "keyed", "slope", "threshold", "theta", "rationale", "1.28", "seed"):
            assert secret not in body


def test_case_005_success_is_answered_only_after_commit(candidate, place, database) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    page = ada.open(path).text

    def fail(_connection: Any) -> None:
        raise OSError("the disk is full")

    event.listen(database.writing, "commit", fail)
    answer = ada.post(f"{path}/responses", **_filled(page))
    event.remove(database.writing, "commit", fail)
    assert answer.status_code == 500
    assert place.kept(place.sittings()[0].id) == []
    assert ada.answer(path).status_code == 303


def test_case_007_and_edge_020_a_stale_tab_is_told_and_shown_the_current_question(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    stale = _filled(ada.open(path).text)
    ada.answer(path)
    changed = {name: "1" for name in stale if name == "answer" or name.startswith("rating-")}
    told = ada.post(f"{path}/responses", **{**stale, **changed, "client_sequence": "7"})
    assert told.status_code == 409
    assert "continued elsewhere" in told.text
    assert _one(POSITION, told.text) == "2"
    with place.database.reading() as session:
        kinds = session.scalars(select(AuditEntry.kind)).all()
    assert "sitting.continued_elsewhere" in kinds


def test_edge_019_a_double_click_is_one_response_and_both_clicks_go_on(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    form = _filled(ada.open(path).text)
    first, second = (ada.post(f"{path}/responses", **form) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(place.kept(place.sittings()[0].id)) == 1


def test_case_008_a_post_after_completion_is_409_and_names_the_snapshot(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    forms = []
    for _ in range(61):
        forms.append(_filled(ada.open(path).text))
        if ada.post(f"{path}/responses", **forms[-1]).headers["Location"].endswith("/done"):
            break
    late = ada.post(f"{path}/responses", **{**forms[-1], "client_sequence": "99"})
    assert late.status_code == 409
    with place.database.reading() as session:
        (frozen,) = session.scalars(select(FrozenSitting)).all()
    assert frozen.sha256[:12] in late.text


def test_edge_025_what_was_chosen_of_a_scenario_is_kept_when_the_rest_is_missing(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    for _ in range(8):
        page = ada.open(path).text
        if 'name="options"' in page:
            break
        ada.answer(path)
    form = {name: value for name, value in _filled(page).items() if name != "rating-0"}
    asked = ada.post(f"{path}/responses", **form)
    assert asked.status_code == 422
    assert "Please answer first" in asked.text
    assert asked.text.count(" checked") == len([name for name in form if name.startswith("rating-")])
    assert ada.answer(path).status_code == 303


def test_a_draft_is_kept_without_going_on_and_shown_again(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    page = ada.open(path).text
    form = _filled(page)
    count = int(form.get("options", 0))
    value = [int(form[f"rating-{option}"]) for option in range(count)] if count else int(form["answer"])
    headers = {"X-CSRFToken": ada.csrf, "Accept": "application/json"}
    saved = ada.client.post(f"{path}/responses/1/draft", json={"client_sequence": 3, "value": value}, headers=headers)
    assert saved.status_code == 200, saved.text
    assert saved.json == {
        "position": 1,
        "value": value,
        "client_sequence": 3,
        "received_at": place.clock.now().isoformat(),
        "superseded": False,
        "whole": True,
        "state": "open",
        "current_position": 1,
    }
    again = ada.open(path).text
    assert _one(SEQUENCE, again) == "4"
    assert " checked" in again


@pytest.mark.parametrize(
    "body", [None, [], {"client_sequence": "1", "value": 1}, {"client_sequence": 1, "value": {"a": 1}}, {"value": 1}]
)
def test_a_malformed_draft_is_refused_as_a_problem(candidate, body) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    headers = {"X-CSRFToken": ada.csrf, "Accept": "application/json"}
    answer = ada.client.post(f"{path}/responses/1/draft", json=body, headers=headers)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")


def test_json_that_is_nested_too_deep_to_read_is_refused_as_a_problem(candidate) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    headers = {"X-CSRFToken": ada.csrf, "Accept": "application/json"}
    for where in (f"{path}/responses", f"{path}/responses/1/draft"):
        sent = {"data": "[" * 3000 + "]" * 3000, "content_type": "application/json", "headers": headers}
        answer = ada.client.post(where, **sent)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), where


@pytest.mark.parametrize("version", ["9" * 5000, "one", ""])
def test_a_consent_to_what_is_no_version_is_asked_for_again(candidate, place, version) -> None:
    ada = candidate("ada@example.org")
    ada.open(f"/skills/{SKILL}/start")
    asked = ada.post(f"/skills/{SKILL}/start", consent_assessment=version, honesty="1")
    assert asked.status_code == 422
    assert "consent to take the assessment is missing" in asked.text
    assert place.sittings() == []


def test_pausing_saves_and_another_browser_goes_on_at_the_same_question(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    ada.answer(path)
    form = _filled(ada.open(path).text)
    paused = ada.post(f"{path}/responses", **{**form, "action": "pause"})
    assert paused.headers["Location"].endswith("/me")
    other = candidate("ada@example.org")
    page = other.open(path).text
    assert _one(POSITION, page) == "2"
    assert " checked" in page
    assert other.answer(path).status_code == 303


def test_edge_024_another_person_on_the_same_computer_finds_no_sitting(candidate) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    form = _filled(ada.open(path).text)
    ada.post("/sign-out")
    assert ada.open(path).status_code in (302, 303, 401)
    bob = candidate("bob@example.org")
    bob.open(f"/skills/{SKILL}/start")
    for method, where in (("get", path), ("get", f"{path}/done"), ("get", f"{path}/leave")):
        assert getattr(bob.client, method)(where).status_code == 404, where
    assert bob.post(f"{path}/responses", **form).status_code == 404
    assert bob.post(f"{path}/leave").status_code == 404


def test_leaving_early_says_what_it_means_and_ends_without_a_result(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    ada.answer(path)
    assert "a result needs at least 10 answers" in ada.open(f"{path}/leave").text
    assert ada.post(f"{path}/leave").headers["Location"].endswith("/done")
    assert "You left before there was enough for a result" in ada.open(f"{path}/done").text
    assert place.sittings()[0].state == "abandoned"
    assert "You may take it again from" in ada.open(f"/skills/{SKILL}/start").text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_reported_question_is_replaced_by_another_and_the_fourth_report_is_declined(candidate, place) -> None:
    someone = candidate("ada@example.org")
    path = someone.begin()
    sitting_id = UUID(path.rpartition("/")[2])
    for position in ("1", "2", "3"):
        someone.open(path)
        told = someone.post(f"{path}/report", position=position, problem="unclear", words="two are the same")
        assert told.status_code == 303
        assert "The question does not count" in someone.open(path).text
    declined = someone.post(f"{path}/report", position="4", problem="unclear")
    assert (declined.status_code, "You have reported 3 questions" in declined.text) == (409, True)
    stale = someone.post(f"{path}/report", position="9", problem="unclear")
    assert (stale.status_code, "was continued elsewhere" in stale.text) == (409, True)
    assert someone.post(f"{path}/report", position="4", problem="rude").status_code == 422
    assert len(place.shown(sitting_id)) == 4


def test_after_seven_days_the_page_offers_to_end_it(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    place.clock.advance(timedelta(days=7, seconds=1))
    ada = candidate("ada@example.org")
    page = ada.open(path)
    assert page.status_code == 409
    assert "The time to go on is over" in page.text
    assert ada.post(f"{path}/leave").status_code == 303


def test_a_form_without_its_token_is_refused(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    form = _filled(ada.open(path).text)
    assert ada.client.post(f"{path}/responses", data=form).status_code == 403
    with place.database.reading() as session:
        assert session.scalars(select(Response)).all() == []


def test_a_french_sitting_shows_french_items(candidate, place) -> None:
    ada = candidate("ada@example.org")
    ada.open(f"/skills/{SKILL}/start?language=fr")
    path = ada.begin()
    assert place.sittings()[0].language == "fr"
    assert 'lang="fr" class="item"' in ada.open(path).text


def test_every_answer_of_a_simulated_person_over_json_completes_the_sitting(candidate, place) -> None:
    ada = candidate("ada@example.org")
    path = ada.begin()
    person = SimulatedPerson(place, -1.5, -1.5)
    headers = {"X-CSRFToken": ada.csrf, "Accept": "application/json"}
    for _ in range(61):
        shown = ada.client.get(path, headers=headers).json
        body = {"position": shown["position"], "client_sequence": 1, "value": person.answer(shown["item"]["code"])}
        answer = ada.client.post(f"{path}/responses", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        if answer.json["state"] != "open":
            break
    assert answer.json["state"] == "completed"
    assert UUID(shown["id"]) == place.sittings()[0].id
