"""Norms in force are everyone's to see; those being made are not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from app.api.shapes import NormTable
from app.norming.models import NormVersion
from app.norming.snapshot import content_of
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


def test_the_hash_follows_from_what_is_published_by_the_recipe_as_it_is_written(world: World):
    recipes = (Path(__file__).parents[3] / "docs" / "api_recipes.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"NORM\.json \| python3 -c '(.*?)'\n", recipes, re.DOTALL)
    with world.runtime.reading() as session:
        norm = session.get_one(NormVersion, world.facts.draft_norm)  # the one in force was made for tests, with no hash
        sent = NormTable(content=content_of(norm), sha256=norm.sha256).model_dump_json().encode()
    printed = subprocess.run([sys.executable, "-c", program], input=sent, capture_output=True, check=True).stdout
    assert printed.decode().split() == [norm.sha256, "True"]


def test_the_rule_of_the_hash_stands_in_the_document(world: World):
    described = world.app.test_client().get("/openapi.json").json["paths"]["/api/v1/norms/{norm_id}/table"]["get"]
    for part in ("SHA-256", "sorted", "no spaces", "UTF-8", "90.0"):
        assert part in described["description"], part


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
