"""Who is let in, with what, and how refusals look."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.accounts.grant_role import grant_role
from app.accounts.models import ApiToken
from app.accounts.revoke_api_token import revoke_api_token
from app.api.views.door import OPERATIONS
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.rates import RatePolicy
from tests.app.api.world import ANONYMOUS, EDITOR, OTHER, OWNER, UNLIMITED, World

NEVER_SETTABLE = ("role", "roles", "is_admin", "company_id", "person_id", "theta", "cut", "issued_at", "state",
                  "is_specimen", "may_certify", "demo", "status", "id", "norm_id", "revoked_at")  # fmt: skip


def with_scopes(world: World, *scopes: str) -> None:
    with world.runtime.transaction() as session:
        session.get_one(ApiToken, world.facts.token_id).scopes = sorted(scopes)


def bodies(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    sitting = f"/sittings/{world.facts.open_sitting}"
    return [
        ("POST", "/sittings", {"skill": "collaboration", "language": "en", "honesty_statement": "1"}),
        ("POST", f"{sitting}/responses", {"position": 1, "value": None, "client_sequence": 1, "confirm": False}),
        ("PUT", f"/certificates/{world.facts.code}/visibility", {"visibility": "public"}),
    ]


def test_without_a_token_nothing_of_a_person_is_answered(world: World):
    refused = world.call(ANONYMOUS, "GET", "/sittings")
    assert (refused.status_code, refused.json["code"]) == (401, "token-needed")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.mimetype == "application/problem+json"


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer x", "Basic b2xpdmlh", "decile_x", "Bearer \x7f é"])
def test_a_header_that_is_no_token_of_ours_is_refused(world: World, header):
    assert world.call(ANONYMOUS, "GET", "/token", headers={"Authorization": header}).status_code == 401


def test_case_074_a_cookie_is_no_token(world: World):
    """Signed in in the browser, with and without a foreign Origin: nothing is read or changed."""
    before, browser = world.rows(), world.browser(OWNER)
    for method, path, body in bodies(world):
        for headers in ({}, {"Origin": "https://evil.example"}):
            refused = browser.open(f"/api/v1{path}", method=method, json=body, headers=headers)
            assert (refused.status_code, refused.json["code"]) == (401, "token-needed")
    for path in ("/sittings", "/results", "/certificates", "/token"):
        answer = browser.get(f"/api/v1{path}")
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
    assert world.rows() == before


def test_pages_of_other_origins_read_what_is_open_and_nothing_else(world: World):
    """Answers and refusals alike; where a token is needed, a browser keeps the answer from them."""
    facts, browser = world.facts, world.app.test_client()
    documents = ("/openapi.json", "/.well-known/did.json", "/.well-known/jwks.json", "/log/checkpoint", "/log/keys",
                 f"/norms/{facts.norm}.json", f"/c/{facts.code}.json")  # fmt: skip
    open_ones = ("/skills", "/norms", f"/verify/{facts.code}", "/verify/0000")
    answers = [browser.get(path) for path in (*documents, *(f"/api/v1{one}" for one in open_ones))]
    assert [one.headers.get("Access-Control-Allow-Origin") for one in answers] == ["*"] * len(answers)
    assert {one.status_code for one in answers} == {200, 404}
    for path in ("/token", "/sittings", "/results", "/certificates"):
        for answer in (world.call(OWNER, "GET", path), world.call(ANONYMOUS, "GET", path)):
            assert "Access-Control-Allow-Origin" not in answer.headers
    asked_first = browser.options("/api/v1/sittings", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in asked_first.headers


def test_a_token_opens_no_page(world: World):
    client, headers = world.app.test_client(), {**world.bearer(OWNER), "Accept": "application/json"}
    for path in ("/me", "/account", "/account/tokens", f"/sittings/{world.facts.open_sitting}"):
        assert client.get(path, headers=headers).status_code == 401


def test_every_scope_is_needed_where_it_is_named(world: World):
    scoped = [operation for operation in OPERATIONS if operation.scope and operation.needs_token]
    assert len(scoped) >= 10
    for operation in scoped:
        others = {str(other.scope) for other in scoped} - {str(operation.scope)}
        with_scopes(world, *others)
        path = operation.rule.replace("<uuid:sitting_id>", str(world.facts.open_sitting))
        path = path.replace("<code>", world.facts.code)
        refused = world.call(OWNER, operation.method, path, json={})
        assert (refused.status_code, refused.json["code"]) == (403, "scope-missing"), operation.name


def test_a_token_ends_at_its_hour_and_when_it_is_deleted(world: World):
    assert world.call(OWNER, "GET", "/token").json["id"] == str(world.facts.token_id)
    world.runtime.clock.advance(timedelta(days=30))
    assert world.call(OWNER, "GET", "/token").json["code"] == "token-invalid"
    world.runtime.clock.advance(timedelta(days=-1))
    assert world.call(OWNER, "GET", "/token").status_code == 200
    with world.runtime.transaction() as session:
        actor = Actor(world.facts.people[OWNER], "owner")
        revoke_api_token(world.facts.token_id, session=session, clock=world.runtime.clock, actor=actor)
    assert world.call(OWNER, "GET", "/token").status_code == 401


def test_a_change_of_role_ends_every_token(world: World):
    with world.runtime.transaction() as session:
        owner = world.facts.people[OWNER]
        grant_role(owner, "support", session=session, clock=world.runtime.clock, actor=operator())
    assert world.call(OWNER, "GET", "/token").status_code == 401


def test_case_066_a_scope_never_outlives_the_right_to_give_it(world: World):
    """Even a row that says so gives a candidate no draft."""
    with_scopes(world, "norms:read")
    assert world.call(OWNER, "GET", "/token").json["scopes"] == []
    assert world.call(OWNER, "GET", f"/norms/{world.facts.draft_norm}").status_code == 404
    assert world.call(EDITOR, "GET", f"/norms/{world.facts.draft_norm}").status_code == 200


def test_case_073_no_field_can_be_set_by_guessing_its_name(world: World):
    before, attempts = world.rows(), 0
    for name in NEVER_SETTABLE:
        for method, path, body in bodies(world):
            refused = world.call(OWNER, method, path, json={**body, name: "norm_editor"})
            assert (refused.status_code, refused.json["code"]) == (422, "body-invalid"), (path, name)
            assert name in refused.json["detail"]
            attempts += 1
        for path in ("/sittings", f"/sittings/{world.facts.open_sitting}", "/norms", "/token"):
            assert world.call(OWNER, "GET", f"{path}?{name}=1").status_code == 422
    assert attempts == 3 * len(NEVER_SETTABLE)
    assert world.rows() == before


def test_case_073_the_pages_ignore_such_fields(world: World):
    world.app.config["WTF_CSRF_ENABLED"] = False
    before, browser, extra = world.rows(), world.browser(OTHER), dict.fromkeys(NEVER_SETTABLE, "norm_editor")
    sent = {"display_name": "O", "language": "en", **extra}
    assert browser.post("/account", data=sent).status_code == 303
    assert world.rows()["role_grant"] == before["role_grant"]
    assert [row for row in world.rows()["person"] if "norm_editor" in row] == []


def keys_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for inner in value.values() for key in keys_in(inner)}
    return {key for inner in value for key in keys_in(inner)} if isinstance(value, list) else set()


def test_case_019_no_key_or_parameter_reaches_a_candidate(world: World):
    sitting = f"/sittings/{world.facts.open_sitting}"
    paths = ["/sittings", sitting, f"{sitting}/item", "/results", f"/results/{world.facts.ended_sitting}", "/skills",
             "/skills/collaboration", "/certificates", f"/certificates/{world.facts.code}"]  # fmt: skip
    seen = {key for path in paths for key in keys_in(world.call(OWNER, "GET", path).json)}
    forbidden = {"key", "option_keys", "keyed", "weight", "weights", "desirability", "cut", "cut_standard_error",
                 "slope", "slopes", "thresholds", "seed", "prior", "facet", "avoided_items"}  # fmt: skip
    assert seen & forbidden == set()
    assert {"position", "item", "kind"} <= seen


def test_bodies_that_are_no_json_are_told_apart(world: World):
    path = "/sittings"
    answers = {
        400: world.call(OWNER, "POST", path, data=b"{", content_type="application/json"),
        415: world.call(OWNER, "POST", path, data={"skill": "collaboration"}),
        413: world.call(OWNER, "POST", path, data=b" " * 1_000_001, content_type="application/json"),
        422: world.call(OWNER, "POST", path, json=[]),
    }
    for status, answer in answers.items():
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    surrogate = world.call(OWNER, "POST", path, data=b'{"skill": "\\ud800"}', content_type="application/json")
    assert surrogate.status_code in (400, 422)


@pytest.mark.parametrize("body", [b'{"x": 1}', b"[]", b"x"])
def test_what_takes_no_body_refuses_one_and_does_nothing(world: World, body: bytes):
    sitting = f"/sittings/{world.facts.open_sitting}"
    refused = world.call(OWNER, "POST", f"{sitting}/leave", data=body, content_type="application/json")
    assert (refused.status_code, refused.json["code"]) == (422, "body-invalid")
    assert world.call(OWNER, "GET", sitting).json["state"] == "open"
    described = world.app.test_client().get("/openapi.json").json["paths"]["/api/v1/sittings/{sitting_id}/leave"]
    assert "- body-invalid: " in described["post"]["responses"]["422"]["description"]


def test_a_body_that_is_too_large_is_told_of_where_none_is_taken_too(world: World):
    described = world.app.test_client().get("/openapi.json").json["paths"]["/api/v1/sittings/{sitting_id}/leave"]
    assert "413" in described["post"]["responses"]


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_what_takes_no_body_takes_an_empty_one(world: World, body: bytes):
    left = world.call(
        OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave", data=body, content_type="application/json"
    )
    assert left.status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/sittings/not-a-uuid", "/skills/a/b/c"])
def test_errors_are_problems_whatever_is_accepted(world: World, path):
    answer = world.app.test_client().get(f"/api/v1{path}", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
    assert answer.json["type"] == "http://localhost/problems/not-found"


def test_another_method_is_refused_with_those_allowed(world: World):
    answer = world.call(ANONYMOUS, "DELETE", "/skills")
    assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_repeated_parameter_is_refused(world: World):
    assert world.call(ANONYMOUS, "GET", "/skills?limit=1&limit=2").json["code"] == "query-invalid"
    for limit in ("0", "101", "-1", "1.0", " 1", "x", "٣"):
        assert world.call(ANONYMOUS, "GET", "/skills", query_string={"limit": limit}).status_code == 422


def test_what_has_not_changed_is_not_sent_again(world: World):
    sitting = f"/sittings/{world.facts.open_sitting}"
    lists = ["/token", "/skills", "/norms", "/sittings", "/results", "/certificates"]
    for path in [*lists, sitting, f"{sitting}/item", f"/norms/{world.facts.norm}/table"]:
        first = world.call(OWNER, "GET", path)
        again = world.call(OWNER, "GET", path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), path
        assert first.headers["Cache-Control"] == "private, no-cache"
    former = world.call(OWNER, "GET", sitting).headers["ETag"]
    world.call(OWNER, "POST", f"{sitting}/leave")
    assert world.call(OWNER, "GET", sitting, headers={"If-None-Match": former}).status_code == 200


def test_an_invented_token_is_counted_with_its_network(world: World):
    allow_calls_a_minute(world, 3)
    invented = ({"Authorization": f"Bearer invented{number}"} for number in range(4))
    calls = [world.call(ANONYMOUS, "GET", "/skills", headers=headers) for headers in invented]
    assert [call.status_code for call in calls] == [200, 200, 200, 429]
    assert world.call(OWNER, "GET", "/token").status_code == 200


def allow_calls_a_minute(world: World, calls: int) -> None:
    allow(world, api_calls_per_minute=calls)


def allow(world: World, **named: int) -> None:
    rates = {limit.name: UNLIMITED for limit in fields(RatePolicy)} | named
    with world.runtime.transaction() as session:
        policies.set_policy(RatePolicy, rates, session=session, at=world.runtime.clock.now(), actor=operator())
    world.app = create_app(world.runtime)


def test_calls_are_counted_by_token(world: World):
    allow_calls_a_minute(world, 3)
    assert [world.call(OWNER, "GET", "/token").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = world.call(OWNER, "GET", "/token")
    assert refused.mimetype == "application/problem+json"
    assert int(refused.headers["Retry-After"]) >= 0
    assert world.call(OTHER, "GET", "/token").status_code == 200


def test_calls_of_a_token_are_counted_together_whatever_they_ask_for(world: World):
    allow_calls_a_minute(world, 3)
    paths = ("/token", "/results", "/skills", "/certificates")
    assert [world.call(OWNER, "GET", path).status_code for path in paths] == [200, 200, 200, 429]


def test_a_refusal_of_a_token_blames_no_network(world: World):
    allow_calls_a_minute(world, 1)
    refused = [world.call(OWNER, "GET", "/token") for _ in range(2)][1]
    assert (refused.status_code, "network" in refused.json["detail"]) == (429, False)


BATCH = {"codes": ["0000-0000-0000-0000-0"]}
ASKED = {
    "every call": ({"api_calls_per_minute": 3}, "GET", "/skills", {}),
    "batches": ({"batches_per_minute": 3, "api_calls_per_minute": 9}, "POST", "/verify/batch", {"json": BATCH}),
    "guesses": ({"not_found_per_minute": 3, "api_calls_per_minute": 9}, "GET", "/verify/0000-0000-0000-0000-0", {}),
}


@pytest.mark.parametrize("which", ASKED)
def test_the_limit_that_is_announced_is_the_one_that_holds_first(world: World, which: str):
    rates, method, path, sent = ASKED[which]
    allow(world, **rates)
    answers = [world.call(ANONYMOUS, method, path, **sent) for _ in range(4)]
    told = [tuple(answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")) for answer in answers]
    assert told == [("3", "2"), ("3", "1"), ("3", "0"), ("3", "0")]
    assert [answer.status_code == 429 for answer in answers] == [False, False, False, True]


def test_what_a_program_is_told_to_do_it_can_do(world: World):
    """It has no files and no command line of ours, and the page of tokens is called what its link says."""
    nobody = "3f0e9d9c-7a52-4c0e-9d57-0b8f4a6a1a11"
    assert "GET /api/v1/skills" in world.call(OWNER, "GET", "/skills/nosuch").json["detail"]
    assert "GET /api/v1/norms" in world.call(OWNER, "GET", f"/norms/{nobody}").json["detail"]
    needed = world.call(ANONYMOUS, "GET", "/sittings").json["detail"]
    assert "Tokens for programs of yours" in needed
    with_scopes(world, "norms:read")
    assert "Tokens for programs of yours" in world.call(OWNER, "GET", "/sittings").json["detail"]
    page = Path(world.app.root_path, "templates", "accounts", "account.html").read_text(encoding="utf-8")
    assert "Tokens for programs of yours" in page


def test_a_body_that_is_too_large_is_told_the_limit(world: World):
    most = world.app.config["MAX_CONTENT_LENGTH"]
    refused = world.call(OWNER, "POST", "/sittings", json={"skill": "x" * most})
    assert (refused.status_code, f"{most} bytes" in refused.json["detail"]) == (413, True)
