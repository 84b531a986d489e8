"""A person's own certificates: seen, carried elsewhere, shown or hidden."""

from __future__ import annotations

import pytest

from tests.app.api.world import ANONYMOUS, OTHER, OWNER, World


def test_the_list_and_the_single_certificate_agree(world: World):
    (entry,) = world.call(OWNER, "GET", "/certificates").json["entries"]
    assert entry == world.call(OWNER, "GET", f"/certificates/{world.facts.code}").json
    assert entry == world.call(OWNER, "GET", f"/certificates/{entry['printed_code'].lower()}").json
    assert entry["page"] == f"http://localhost/c/{world.facts.code}"
    assert entry["visibility"] == "private"


def test_the_signed_document_comes_byte_by_byte(world: World):
    page = world.browser(OWNER).get(f"/credentials/{world.facts.code}.json")
    document = world.call(OWNER, "GET", f"/certificates/{world.facts.code}/document")
    assert document.data == page.data
    assert document.mimetype == "application/vc+ld+json"


def test_the_holder_opens_the_page_and_closes_it(world: World):
    path = f"/certificates/{world.facts.code}/visibility"
    shown = world.call(OWNER, "PUT", path, json={"visibility": "unlisted", "shown_name": "Olivia"})
    assert (shown.status_code, shown.json["visibility"], shown.json["shown_name"]) == (200, "unlisted", "Olivia")
    assert world.call(ANONYMOUS, "GET", f"/verify/{world.facts.code}").json["shown_name"] == "Olivia"
    assert world.call(OWNER, "PUT", path, json={"visibility": "private"}).status_code == 200
    assert world.call(ANONYMOUS, "GET", f"/verify/{world.facts.code}").status_code == 404


@pytest.mark.parametrize("name", ["a\x00b", "x\x1by", "n" * 201])
def test_a_name_that_cannot_be_shown_is_refused(world: World, name):
    path = f"/certificates/{world.facts.code}/visibility"
    refused = world.call(OWNER, "PUT", path, json={"visibility": "public", "shown_name": name})
    assert refused.status_code == 422
    assert world.call(OWNER, "GET", f"/certificates/{world.facts.code}").json["visibility"] == "private"


def test_a_foreign_certificate_does_not_exist_and_is_not_touched(world: World):
    path, before = f"/certificates/{world.facts.code}", world.rows()
    answers = [
        world.call(OTHER, "GET", path),
        world.call(OTHER, "GET", f"{path}/document"),
        world.call(OTHER, "PUT", f"{path}/visibility", json={"visibility": "public"}),
    ]
    assert {(answer.status_code, answer.json["code"]) for answer in answers} == {(404, "credential-not-found")}
    assert world.call(OTHER, "GET", "/certificates").json["entries"] == []
    assert world.rows() == before


def test_a_mistyped_code_is_told_from_an_unknown_one(world: World):
    wrong = "0" if world.facts.code[-1] != "0" else "1"
    refused = world.call(OWNER, "GET", f"/certificates/{world.facts.code[:-1]}{wrong}")
    assert (refused.status_code, refused.json["code"]) == (404, "code-typing-error")
