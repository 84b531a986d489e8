"""Every route x every role x foreign objects: who is let in is declared, and nothing of the owner reaches others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import url_for

from tests.app.api.access_table import IN, TABLE, Route
from tests.app.api.staffed import staffed
from tests.app.api.test_door import NEVER_SETTABLE
from tests.app.api.world import (
    ANONYMOUS,
    DESK_ROLES,
    EDITOR,
    FILE,
    OTHER,
    OWNER,
    OWNERS_NAME,
    RECRUITER,
    ROLES,
    World,
)

GUESSED = "guessed-by-a-stranger"
JSON_FIRST = {"Accept": "application/json"}
# No CSRF check: they are questions, asked by POST so that they stand in no log.
CHANGES_NOTHING = {("POST", "/verify"), ("POST", "/verify/batch")}
PROVEN_BY_ITS_LINK = {("POST", "/reminders/<token>")}  # pressed by mail programs (RFC 8058), which load no form first


@pytest.fixture(scope="module")
def shared_world(shared_world: World) -> World:
    """With somebody at every desk, who find a case of the owner's there."""
    return staffed(shared_world)


def served(world: World) -> dict[tuple[str, str], str]:
    """Every method on every rule, with its endpoint."""
    return {
        (method, rule.rule): rule.endpoint
        for rule in world.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    }


def ask(world: World, role: str, key: tuple[str, str], route: Route):
    """One request of one person, at the owner's objects."""
    method, rule = key
    with world.app.test_request_context():
        path = url_for(served(world)[key], **route.filled(world.facts))
    is_program = rule.startswith("/api/")
    client = world.app.test_client() if is_program and role in world.facts.tokens else world.browser(role)
    headers = {**JSON_FIRST, **(world.bearer(role) if is_program else {})}
    if method == "GET":
        return client.get(path, headers=headers, query_string=route.body)
    is_json = is_program or "/responses" in rule
    body = {"json": dict(route.body)} if is_json and route.body is not None else {"data": dict(route.body or {})}
    return client.open(path, method=method, headers=headers, **body)


def word_for(answer) -> str:
    status = answer.status_code
    if answer.status_code in (401, 403, 404):
        return str(status)
    return IN if status < 500 or (status == 503 and answer.request.path == "/readyz") else f"fault {status}"


def test_case_070_every_route_stands_in_the_table_and_every_row_has_a_route(shared_world: World):
    assert sorted(set(served(shared_world)) - set(TABLE)) == []
    assert sorted(set(TABLE) - set(served(shared_world))) == []


def test_every_rule_with_a_variable_is_tried_at_somebodys_object():
    assert [key for key, routes in TABLE.items() for route in routes if "<" in key[1] and not route.filled] == []


@pytest.mark.parametrize("role", [*ROLES, *DESK_ROLES])
def test_case_070_everyone_is_answered_as_declared_and_nothing_leaks(shared_world: World, role: str):
    """Forms are sent without their token here; that it is needed is tested below."""
    world, found, leaks, asked = shared_world, [], [], 0
    world.app.config["WTF_CSRF_ENABLED"] = False
    try:
        for key, routes in tried_by(role).items():
            for route in routes:
                answer, asked = ask(world, role, key, route), asked + 1
                if word_for(answer) != route.access[role]:
                    found.append((*key, answer.status_code, route.access[role]))
                told = [secret for secret in secrets_of(world) if secret.encode() in answer.data]
                leaks += [(*key, secret) for secret in told if role != OWNER]
                if key[0] != "GET":
                    world.restore()
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = True
    assert found == []
    assert leaks == []
    assert asked >= len(tried_by(role)) > 50


def tried_by(role: str) -> dict[tuple[str, str], list[Route]]:
    """Every route; of a person at a desk, all desks, and where they are answered otherwise than any other person."""
    return {
        key: routes
        for key, routes in TABLE.items()
        if role in ROLES
        or key[1].startswith("/desk/")
        or any(route.access[role] != route.access[OTHER] for route in routes)
    }


def test_edge_070_no_page_tells_a_recruiter_of_anybodys_sitting(shared_world: World):
    """Neither how it went nor that there was one: to a recruiter a failure and no sitting at all look the same."""
    sitting_ids = {shared_world.facts.open_sitting, shared_world.facts.ended_sitting}
    tried, let_in = 0, []
    for key, routes in TABLE.items():
        for route in routes:
            if key[0] == "GET" and sitting_ids & set(route.filled(shared_world.facts).values()):
                answer, tried = ask(shared_world, RECRUITER, key, route), tried + 1
                let_in += [key] if answer.status_code not in (403, 404) else []
    assert tried >= 8
    assert let_in == []


def secrets_of(world: World) -> tuple[str, ...]:
    """What no answer to anybody but the owner may hold."""
    return (OWNERS_NAME, "olivia@owner.example.org", world.facts.cookies[OWNER], world.facts.tokens[OWNER])


def test_the_owners_secrets_would_be_seen(shared_world: World):
    """The detector works: the owner's own pages hold what it looks for."""
    page = shared_world.browser(OWNER).get("/account").text
    assert OWNERS_NAME in page
    assert "olivia@owner.example.org" in page


def test_no_row_of_the_owner_is_changed_by_anybody_else(world: World):
    """All at once, on one database: after everything the others tried, the owner's rows are as they were."""
    world.app.config["WTF_CSRF_ENABLED"] = False
    owner = str(world.facts.people[OWNER])
    ids = (owner, str(world.facts.open_sitting), str(world.facts.ended_sitting), world.facts.code)

    def owners_rows() -> list[str]:
        return [row for name, rows in world.rows().items() for row in rows if name != "audit_entry" and any(
            one in row for one in ids
        )]  # fmt: skip

    before = owners_rows()
    assert len(before) > 20
    for role in (one for one in ROLES if one != OWNER):
        for key, routes in TABLE.items():
            if key[0] != "GET" and key[1] != "/sign-out":
                for route in routes:
                    ask(world, role, key, route)
    assert owners_rows() == before


def test_case_073_no_page_takes_a_field_that_it_did_not_ask_for(world: World):
    """Every form of every page, sent by somebody whom it lets in, with each field that is never to be set besides."""
    world, tried = staffed(world), 0
    world.app.config["WTF_CSRF_ENABLED"] = False
    for key, routes in TABLE.items():
        for route in routes if key[0] != "GET" and not key[1].startswith("/api/") else ():
            role = next((one for one in (OWNER, EDITOR, *DESK_ROLES) if route.access[one] == IN), OWNER)
            guessed = {**dict.fromkeys(NEVER_SETTABLE, GUESSED), **(route.body or {})}
            answer, tried = ask(world, role, key, replace(route, body=guessed)), tried + 1
            assert word_for(answer) == route.access[role], key
            is_kept = GUESSED.encode() in stored(world)
            assert not is_kept, key
            world.restore()
    assert tried > 60


def stored(world: World) -> bytes:
    """All that lies in the database, as it lies there."""
    files = (world.directory / FILE, world.directory / f"{FILE}-wal")
    return b"".join(file.read_bytes() for file in files if file.exists())


def test_case_074_every_change_by_a_page_needs_the_forms_token(shared_world: World):
    before, tried = shared_world.rows(), 0
    for key, routes in TABLE.items():
        if key[0] != "GET" and key not in CHANGES_NOTHING | PROVEN_BY_ITS_LINK and not key[1].startswith("/api/"):
            for origin in ({}, {"Origin": "https://evil.example"}):
                method, _ = key
                with shared_world.app.test_request_context():
                    path = url_for(served(shared_world)[key], **routes[0].filled(shared_world.facts))
                headers = {**JSON_FIRST, **origin}
                answer = shared_world.browser(OWNER).open(path, method=method, headers=headers)
                assert (answer.status_code, answer.json["code"]) == (403, "form-expired"), key
                tried += 1
    assert tried > 40
    assert shared_world.rows() == before


def test_the_api_takes_no_cookie_in_place_of_a_token(shared_world: World):
    """Every operation that needs a token, asked with the owner's cookie and without a token: 401."""
    for key, routes in TABLE.items():
        if key[1].startswith("/api/") and routes[0].access[ANONYMOUS] == "401":
            with shared_world.app.test_request_context():
                path = url_for(served(shared_world)[key], **routes[0].filled(shared_world.facts))
            assert shared_world.browser(OWNER).open(path, method=key[0], json=routes[0].body).status_code == 401, key
