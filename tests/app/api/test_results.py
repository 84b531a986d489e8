"""A person's own results, with the decision and its reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from app.assessment.models import Sitting
from app.awarding.models import AwardDecision
from app.results.models import SkillResult
from tests.app.api.world import OTHER, OWNER, World
from tests.app.reviews.desk import a_reviewer, ask, decide


def test_the_list_and_the_single_result_agree(world: World):
    (entry,) = world.call(OWNER, "GET", "/results").json["entries"]
    assert entry == world.call(OWNER, "GET", f"/results/{world.facts.ended_sitting}").json
    assert entry["state"] == "reported"
    assert entry["decision"]["outcome"] == "awarded"
    assert entry["norm_id"] == str(world.facts.norm)


def test_the_figures_are_those_of_the_page(world: World):
    page = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}").text
    shown = world.call(OWNER, "GET", f"/results/{world.facts.ended_sitting}").json
    assert f"higher than {shown['percentile_rank']} of 100 people" in page
    assert f"is {shown['band_low']} to {shown['band_high']}" in page
    assert shown["band_low"] <= shown["percentile_rank"] <= shown["band_high"]


@pytest.mark.parametrize(
    ("rank", "confidence", "shown"),
    [(89.96, 0.4999, (89.9, 0.49)), (90.0, 0.5, (90.0, 0.5))],
    ids=["just-below", "at-the-line"],
)
def test_case_037_edge_004_page_and_program_show_a_rank_on_the_side_of_the_line_it_is_on(
    world: World, rank: float, confidence: float, shown: tuple[float, float]
):
    with world.runtime.transaction() as session:
        query = update(SkillResult).where(SkillResult.sitting_id == world.facts.ended_sitting)
        session.execute(query.values(percentile_rank=rank, decision_confidence=confidence))
    told = world.call(OWNER, "GET", f"/results/{world.facts.ended_sitting}").json
    assert (told["percentile_rank"], told["decision_confidence"]) == shown
    page = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}").text
    assert f"higher than {shown[0]} of 100 people" in page
    assert page.count("89.9") == 0 if rank == 90.0 else "90.0" not in page


def test_an_open_sitting_has_no_result(world: World):
    refused = world.call(OWNER, "GET", f"/results/{world.facts.open_sitting}")
    assert (refused.status_code, refused.json["code"]) == (409, "not-yet-complete")


def test_a_sitting_left_at_once_has_none_ever(world: World):
    world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave")
    shown = world.call(OWNER, "GET", f"/results/{world.facts.open_sitting}").json
    assert (shown["state"], shown["percentile_rank"], shown["decision"]) == ("without-result", None, None)


def test_a_result_that_counts_for_nothing_says_so_and_why(world: World):
    path = f"/results/{world.facts.ended_sitting}"
    assert world.call(OWNER, "GET", path).json["void_because"] is None
    with world.runtime.transaction() as session:
        session.execute(update(AwardDecision).values(decided_at=world.runtime.clock.now() - timedelta(days=1)))
    decide(world, ask(world), "annul", by=a_reviewer(world))
    shown = world.call(OWNER, "GET", path).json
    assert (shown["state"], shown["void_because"]) == ("reported", "annulled")
    with world.runtime.transaction() as session:
        sitting = session.get_one(Sitting, world.facts.ended_sitting)
        sitting.beyond_limit_at = world.runtime.clock.now()
    assert world.call(OWNER, "GET", path).json["void_because"] == "beyond-limit"


def test_a_foreign_result_does_not_exist(world: World):
    refused = world.call(OTHER, "GET", f"/results/{world.facts.ended_sitting}")
    assert (refused.status_code, refused.json["code"]) == (404, "sitting-not-found")
    assert world.call(OTHER, "GET", "/results").json["entries"] == []
