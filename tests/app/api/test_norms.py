"""Norms in force are everyone's to see; those being made are not."""

from __future__ import annotations

from tests.app.api.world import ANONYMOUS, EDITOR, OTHER, OWNER, RECRUITER, World


def ids(answer) -> set[str]:
    return {entry["id"] for entry in answer.json["entries"]}


def test_everyone_sees_the_norms_in_force(world: World):
    for role in (ANONYMOUS, OTHER):
        listed = world.call(role, "GET", "/norms")
        assert str(world.facts.norm) in ids(listed)
        assert str(world.facts.draft_norm) not in ids(listed)
    card = world.call(ANONYMOUS, "GET", f"/norms/{world.facts.norm}").json
    assert card in listed.json["entries"]
    assert (card["state"], card["n"]) == ("published", 5000)


def test_the_table_is_that_of_the_public_page(world: World):
    page = world.app.test_client().get(f"/norms/{world.facts.norm}.json").json
    assert world.call(ANONYMOUS, "GET", f"/norms/{world.facts.norm}/table").json == page


def test_drafts_are_shown_to_norm_editors_alone(world: World):
    for role in (ANONYMOUS, OWNER, OTHER, RECRUITER):
        refused = world.call(role, "GET", f"/norms/{world.facts.draft_norm}")
        assert (refused.status_code, refused.json["code"]) == (404, "norm-not-found")
    assert str(world.facts.draft_norm) in ids(world.call(EDITOR, "GET", "/norms"))
    assert world.call(EDITOR, "GET", f"/norms/{world.facts.draft_norm}").json["state"] == "draft"
    assert world.call(EDITOR, "GET", f"/norms/{world.facts.draft_norm}/table").status_code == 404


def test_a_skill_narrows_the_list(world: World):
    assert ids(world.call(ANONYMOUS, "GET", "/norms?skill=collaboration")) == {str(world.facts.norm)}
    assert ids(world.call(ANONYMOUS, "GET", "/norms?skill=juggling")) == set()


def test_a_bad_token_is_refused_even_where_none_is_needed(world: World):
    refused = world.call(ANONYMOUS, "GET", "/norms", headers={"Authorization": "Bearer decile_none"})
    assert (refused.status_code, refused.json["code"]) == (401, "token-invalid")
