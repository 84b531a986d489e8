"""While too many requests wait, the next ones are told when to come back; whoever is let in is answered as ever."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from app.api.shapes import Problem
from app.operations.overload import turning_away

MOST = 64
BASE_URL = "https://decile.example"


def _answered(environ: dict[str, Any], start_response: Any) -> Any:
    return Response("in")(environ, start_response)


def _client(waiting: int) -> Client:
    return Client(turning_away(_answered, lambda: waiting, most=MOST, base_url=BASE_URL))


def test_up_to_the_limit_everybody_is_let_in() -> None:
    assert _client(MOST).get("/sittings/1").text == "in"


def test_beyond_it_programs_get_a_problem_and_pages_two_languages_and_both_when_to_come_back() -> None:
    program, page = _client(MOST + 1).post("/sittings/1"), _client(MOST + 1).get("/", headers={"Accept": "text/html"})
    assert program.mimetype == "application/problem+json"
    assert program.json is not None
    assert program.json["status"] == program.status_code == page.status_code == 503
    assert "few seconds" in page.text
    assert "quelques secondes" in page.text
    for answer in (program, page):
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("accept", ["text/html", "*/*", "text/html;q=0.9, application/json;q=0.1"])
def test_below_the_api_it_is_a_problem_of_the_api_whatever_is_accepted(accept: str) -> None:
    answer = _client(MOST + 1).get("/api/v1/skills", headers={"Accept": accept})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    told = Problem.model_validate_json(answer.data)
    assert (told.type, told.code, told.status) == (f"{BASE_URL}/problems/overloaded", "overloaded", 503)


@pytest.mark.parametrize("path", ["/status/1", "/.well-known/did.json", "/log/checkpoint", "/norms/1.json"])
def test_where_no_page_ever_is_it_is_none_either(path: str) -> None:
    answer = _client(MOST + 1).get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")


def test_who_would_rather_have_json_than_a_page_gets_no_page() -> None:
    accept = {"Accept": "application/json, text/html;q=0.1"}
    assert _client(MOST + 1).get("/verify", headers=accept).mimetype == "application/problem+json"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/decile.css"])
def test_probes_and_style_are_always_answered(path: str) -> None:
    assert _client(10 * MOST).get(path).text == "in"
