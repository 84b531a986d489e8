"""The document is whole: it tells of every operation, its answers, its refusals and what it needs."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest
from werkzeug.exceptions import default_exceptions

import app
from app.api.views.door import OPERATIONS
from app.operations import overload
from tests.app.api.world import World

QUESTIONS = {"/api/v1/verify/batch"}  # asked by POST because they are long


@pytest.fixture(scope="module")
def document(shared_world: World):
    return shared_world.app.test_client().get("/openapi.json").json


def described(document):
    return [(path, method, told) for path, item in document["paths"].items() for method, told in item.items()]


def test_every_route_under_the_prefix_is_described_and_nothing_else(document, shared_world: World):
    rules = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in shared_world.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, method, _ in described(document)} == rules
    assert len(rules) == len(OPERATIONS)
    assert document["openapi"] == "3.1.0"


def test_every_operation_tells_its_refusals_as_problems(document):
    for path, method, told in described(document):
        statuses = set(told["responses"])
        assert {"429", "500", "503", "422"} <= statuses, path
        assert "{" not in path or "404" in statuses, path
        assert not told["security"] or "401" in statuses, path
        assert "requestBody" not in told or {"400", "413", "415"} <= statuses, path
        assert method != "get" or "304" in statuses, path
        for status, response in told["responses"].items():
            if status >= "400":
                content = response["content"]["application/problem+json"]
                shape = "ErasedProblem" if status == "410" else "Problem"
                assert content["schema"] == {"$ref": f"#/components/schemas/{shape}"}
                assert content["example"]["status"] == int(status)


def test_a_503_may_be_that_of_a_database_or_that_of_too_many_requests(document):
    for path, _, told in described(document):
        codes = re.findall(r"^- ([a-z-]+): ", told["responses"]["503"]["description"], re.MULTILINE)
        assert codes[:2] == ["database-unavailable", "overloaded"], path


def test_every_post_that_changes_something_takes_a_key(document):
    for path, method, told in described(document):
        names = [parameter["name"] for parameter in told["parameters"]]
        assert ("Idempotency-Key" in names) == (method == "post" and path not in QUESTIONS), path


def test_operations_that_need_a_token_name_their_scope(document):
    scoped = {told["operationId"]: told["security"] for _, _, told in described(document)}
    assert scoped["startSitting"] == [{"token": ["sittings:write"]}]
    assert scoped["getToken"] == [{"token": []}]
    assert scoped["listNorms"] == [{}, {"token": ["norms:read"]}]
    assert scoped["verify"] == []
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_schema_is_a_schema_and_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert references <= set(schemas)


def test_every_bound_is_told_in_the_words_of_json_schema(document):
    """Pydantic writes `ge` where a validator stands between a type and its bound."""
    text = json.dumps(document)
    assert [word for word in ("ge", "le", "gt", "lt", "max_length", "strict") if f'"{word}":' in text] == []
    (limit,) = [one for one in document["paths"]["/api/v1/skills"]["get"]["parameters"] if one["name"] == "limit"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}


def test_bodies_are_closed_and_have_examples(document):
    for name in ("StartSitting", "SendResponse", "SetVisibility"):
        schema = document["components"]["schemas"][name]
        assert schema["additionalProperties"] is False
        assert all("examples" in field or "default" in field for field in schema["properties"].values()), name


def test_the_document_is_sent_once(shared_world: World):
    client = shared_world.app.test_client()
    first = client.get("/openapi.json")
    assert client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_page_tells_of_every_operation_without_a_script(shared_world: World):
    page = shared_world.app.test_client().get("/docs")
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for operation in OPERATIONS:
        assert f'id="{operation.name}"' in page.text
    levels = [int(level) for level in re.findall(r"<h([1-6])", page.text)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    french = shared_world.app.test_client().get("/docs?language=fr")
    assert french.status_code == 200


def test_every_type_of_problem_leads_to_a_page(document, shared_world: World):
    client = shared_world.app.test_client()
    codes = set(re.findall(r"^- ([a-z-]+): ", "\n".join(
        response["description"] for _, _, told in described(document) for response in told["responses"].values()
    ), re.MULTILINE))  # fmt: skip
    assert len(codes) > 25
    assert [code for code in sorted(codes) if client.get(f"/problems/{code}").status_code != 200] == []
    assert client.get("/problems/unheard-of").status_code == 404


def codes_without_an_error() -> set[str]:
    """Of problems that no error of ours stands for; the errors that a process knows are listed from their classes."""
    named = re.compile(r"\bproblem(?:_json)?\(\s*\"([a-z-]+)\"")
    texts = [file.read_text(encoding="utf-8") for file in Path(app.__file__).parent.rglob("*.py")]
    by_the_library = {f"http-{status}" for status in default_exceptions}
    return {code for text in texts for code in named.findall(text)} | by_the_library | {overload.CODE}


def test_every_type_that_is_answered_anywhere_leads_to_a_page(shared_world: World):
    client = shared_world.app.test_client()
    codes = codes_without_an_error()
    assert {"credential-altered", "form-expired", "unstorable", "internal"} <= codes
    assert [code for code in sorted(codes) if client.get(f"/problems/{code}").status_code != 200] == []


def test_what_cannot_be_stored_is_told_where_something_is_sent(document):
    for path, _, told in described(document):
        is_told = "- unstorable: " in told["responses"]["422"]["description"]
        assert is_told == ("requestBody" in told), path


@pytest.mark.parametrize(
    "code", ["credential-altered", "form-expired", "unstorable", "overloaded", "single-reader-link"]
)
def test_a_problem_that_no_error_of_ours_stands_for_is_told_in_french_too(client, code: str) -> None:
    page = client.get(f"/problems/{code}", headers={"Accept": "text/html", "Accept-Language": "fr"})
    assert (page.status_code, '<p lang="en">' in page.text) == (200, False)


def test_a_problem_page_speaks_french_to_the_french(client) -> None:
    page = client.get("/problems/not-found", headers={"Accept": "text/html", "Accept-Language": "fr"}).text
    assert "Il n’y a rien à cette adresse." in page
    assert "there is nothing at this address" not in page
