"""Sent again with the same key: nothing happens twice, and the answer is the same byte for byte."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from app.assessment.models import Response, Sitting
from app.factory import create_app
from app.foundation.db import Database
from app.foundation.kept_answers import KeptAnswer, forget_answers
from tests.app.api.world import OTHER, OWNER, Facts, World, a_runtime, make_world
from tests.app.assessment.builders import all_at_once
from tests.fakes import CountingEntropy
from tests.postgres_server import fresh_postgres_database

START = {"skill": "collaboration", "language": "en", "honesty_statement": "1"}
KEY = {"Idempotency-Key": "one"}


def sittings_of_other(world: World) -> int:
    with world.runtime.reading() as session:
        return session.query(Sitting).filter_by(person_id=world.facts.people[OTHER]).count()


def test_the_same_key_gives_the_same_answer(world: World):
    first = world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    again = world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    assert (first.status_code, first.data, first.location) == (again.status_code, again.data, again.location)
    assert first.status_code == 201
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert sittings_of_other(world) == 1


def test_the_answer_stands_even_when_things_have_moved_on(world: World):
    sitting = f"/sittings/{world.facts.open_sitting}"
    draft = {"position": 1, "value": None, "client_sequence": 1, "confirm": False}
    first = world.call(OWNER, "POST", f"{sitting}/responses", json=draft, headers=KEY)
    world.call(OWNER, "POST", f"{sitting}/leave")
    again = world.call(OWNER, "POST", f"{sitting}/responses", json=draft, headers=KEY)
    assert (again.status_code, again.data) == (200, first.data)
    assert world.call(OWNER, "POST", f"{sitting}/responses", json={**draft, "client_sequence": 2}).status_code == 409


@pytest.mark.parametrize("change", [{"language": "fr"}, {"skill": "juggling"}, {"honesty_statement": None}])
def test_another_request_under_the_same_key_is_refused(world: World, change):
    world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    refused = world.call(OTHER, "POST", "/sittings", json={**START, **change}, headers=KEY)
    assert (refused.status_code, refused.json["code"]) == (409, "idempotency-key-reused")


def test_the_same_body_for_another_sitting_is_another_request(world: World):
    world.call(OWNER, "POST", f"/sittings/{world.facts.ended_sitting}/leave", headers=KEY)
    refused = world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave", headers=KEY)
    assert refused.json["code"] == "idempotency-key-reused"


def test_spacing_and_order_do_not_make_another_request(world: World):
    world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    shuffled = b' {"honesty_statement": "1", "language" : "en",\n "skill": "collaboration"}'
    again = world.call(OTHER, "POST", "/sittings", data=shuffled, content_type="application/json", headers=KEY)
    assert again.status_code == 201


def test_keys_of_two_people_and_of_two_routes_do_not_meet(world: World):
    assert world.call(OTHER, "POST", "/sittings", json=START, headers=KEY).status_code == 201
    assert world.call(OWNER, "POST", "/sittings", json=START, headers=KEY).status_code == 200
    left = world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave", headers=KEY)
    assert left.json["state"] == "abandoned"


def test_a_refusal_changes_nothing_and_leaves_the_key_free(world: World):
    unagreed = world.call(OTHER, "POST", "/sittings", json={**START, "honesty_statement": None}, headers=KEY)
    assert unagreed.status_code == 403
    assert world.call(OTHER, "POST", "/sittings", json=START, headers=KEY).status_code == 201


def test_after_a_day_the_key_is_forgotten(world: World):
    world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    world.runtime.clock.advance(timedelta(hours=24))
    assert world.call(OTHER, "POST", "/sittings", json=START, headers=KEY).status_code == 200
    with world.runtime.reading() as session:
        assert session.query(KeptAnswer).count() == 1


def test_what_is_kept_for_a_person_can_be_forgotten(world: World):
    world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    with world.runtime.transaction() as session:
        forget_answers(world.facts.people[OTHER], session=session)
        assert session.query(KeptAnswer).count() == 0


@pytest.mark.parametrize("key", ["", "a b", "x" * 101, "é"])
def test_what_cannot_be_a_key_is_refused(world: World, key):
    refused = world.call(OTHER, "POST", "/sittings", json=START, headers={"Idempotency-Key": key})
    assert (refused.status_code, refused.json["code"]) == (422, "idempotency-key-invalid")
    assert sittings_of_other(world) == 0


def test_nothing_is_acknowledged_that_was_not_committed(world: World):
    """The database goes away at the commit: the answer says so, nothing is there, and the same key works later."""
    before = world.rows()

    def fail(_connection):
        raise OperationalError("COMMIT", {}, Exception("the disk is gone"))

    event.listen(world.runtime.database.writing, "commit", fail)
    sitting = f"/sittings/{world.facts.open_sitting}"
    sent = {"position": 1, "value": None, "client_sequence": 1, "confirm": False}
    for path, body in (("/sittings", START), (f"{sitting}/responses", sent), (f"{sitting}/leave", None)):
        failed = world.call(OWNER if body is not START else OTHER, "POST", path, json=body, headers=KEY)
        assert (failed.status_code, failed.mimetype) == (503, "application/problem+json")
    event.remove(world.runtime.database.writing, "commit", fail)
    assert world.rows() == before
    done = world.call(OTHER, "POST", "/sittings", json=START, headers=KEY)
    assert (done.status_code, "Idempotency-Replayed" in done.headers) == (201, False)


def all_with_one_key(world: World, path: str, body: dict, role: str) -> list:
    answers = all_at_once(8, lambda _number: world.call(role, "POST", path, json=body, headers=KEY))
    assert [answer.status_code for answer in answers] == [answers[0].status_code] * 8, [a.text for a in answers]
    return answers


@pytest.fixture(params=["sqlite", "postgresql"])
def world_of_either_kind(request, tmp_path, made_world):
    if request.param == "sqlite":
        yield request.getfixturevalue("world")
        return
    with fresh_postgres_database(request.getfixturevalue("postgres_database_with_tables")) as url:
        yield a_world_on_postgres(url, tmp_path)


def a_world_on_postgres(url: str, directory) -> World:
    runtime = a_runtime(directory, CountingEntropy(), Database(url))
    facts: Facts = make_world(runtime, directory)
    return World(directory, facts, runtime, directory, create_app(runtime))


def test_eight_at_once_with_one_key_do_it_once(world_of_either_kind: World):
    world = world_of_either_kind
    try:
        answers = all_with_one_key(world, "/sittings", START, OTHER)
        assert len({answer.data for answer in answers}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
        sent = {"position": 1, "value": None, "client_sequence": 1, "confirm": False}
        kept = all_with_one_key(world, f"/sittings/{world.facts.open_sitting}/responses", sent, OWNER)
        assert len({answer.data for answer in kept}) == 1
        with world.runtime.reading() as session:
            query = select(Response).where(Response.sitting_id == world.facts.open_sitting)
            assert len(session.scalars(query).all()) == 1
        assert sittings_of_other(world) == 1
    finally:
        world.runtime.database.dispose()
