"""Anyone may ask whether a certificate is good."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.credentials.codes import code_from_bits
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.rates import RatePolicy
from tests.app.api.world import ANONYMOUS, OWNER, World


def opened(world: World) -> str:
    world.call(OWNER, "PUT", f"/certificates/{world.facts.code}/visibility", json={"visibility": "unlisted"})
    return world.facts.code


def test_the_verdict_is_that_of_the_page(world: World):
    code = opened(world)
    told = world.call(ANONYMOUS, "GET", f"/verify/{code}").json
    page = world.app.test_client().post("/verify", json={"code": code}).json
    assert {name: told[name] for name in ("verdict", "reasons", "code", "facts")} == {
        name: page[name] for name in ("verdict", "reasons", "code", "facts")
    }


def test_an_unknown_code_and_a_private_one_are_answered_alike(world: World):
    unknown = world.call(ANONYMOUS, "GET", f"/verify/{code_from_bits(4711)}")
    private = world.call(ANONYMOUS, "GET", f"/verify/{world.facts.code}")
    assert (unknown.status_code, unknown.data) == (private.status_code, private.data)
    assert unknown.json["code"] == "credential-not-found"


@pytest.mark.parametrize("visibility", ["private", "unlisted", "public"])
def test_case_082_no_answer_to_a_program_is_indexed(world: World, visibility):
    """Nor one that says nothing has changed, nor a refusal; the page of a public certificate is what is found."""
    set_to = {"visibility": visibility}
    world.call(OWNER, "PUT", f"/certificates/{world.facts.code}/visibility", json=set_to)
    there = f"/verify/{world.facts.code}"
    told = world.call(ANONYMOUS, "GET", there)
    again = world.call(ANONYMOUS, "GET", there, headers={"If-None-Match": told.headers.get("ETag", "")})
    statuses = [404, 404] if visibility == "private" else [200, 304]
    assert [one.status_code for one in (told, again)] == statuses
    many = world.call(ANONYMOUS, "POST", "/verify/batch", json={"codes": [world.facts.code]})
    own = world.call(OWNER, "GET", "/certificates")
    for answer in (told, again, many, own, world.call(ANONYMOUS, "GET", "/certificates")):
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_the_etag_stands_while_only_the_hour_of_the_check_moves(world: World):
    first = world.call(ANONYMOUS, "GET", f"/verify/{opened(world)}")
    world.runtime.clock.advance(timedelta(seconds=5))
    again = world.call(
        ANONYMOUS, "GET", f"/verify/{world.facts.code}", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_guessing_codes_is_slowed_down_together_with_the_pages(world: World):
    with world.runtime.transaction() as session:
        policies.set_policy(
            RatePolicy, {"not_found_per_minute": 3}, session=session, at=world.runtime.clock.now(), actor=operator()
        )
    client = create_app(world.runtime).test_client()
    guesses = [client.get(f"/api/v1/verify/{code_from_bits(number)}").status_code for number in range(5)]
    assert guesses == [404, 404, 404, 429, 429]
    assert client.get(f"/c/{code_from_bits(9)}", headers={"Accept": "application/json"}).status_code == 429
