"""The result page: every line a person is owed, warm on either side of the line."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app.assessment import adaptation
from app.assessment.facet_bands import facet_bands
from app.assessment.measured_range import lowest_measured
from app.assessment.models import FoundingPromise, FrozenSitting, Sitting
from app.assessment.note_founder_told import note_founder_told
from app.awarding import queries as awards
from app.credentials.models import Credential
from app.norming.models import NormVersion
from app.results import figures
from app.results.models import SkillResult
from tests.app.api.world import OTHER, OWNER, World
from tests.app.assessment.builders import Place, SimulatedPerson, a_policy, take
from tests.journeys.at_a_standstill import run_jobs


def sat(world: World, role: str, theta: float, seed: int) -> tuple[str, SkillResult]:
    """One more sitting of somebody, reported; its page and its result."""
    runtime = world.runtime
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    sitting_id = take(place, world.facts.people[role], SimulatedPerson(place, theta, theta, seed).answer)
    run_jobs(runtime)
    with runtime.reading() as session:
        result = session.scalars(select(SkillResult).where(SkillResult.sitting_id == sitting_id)).one()
    world.sign_in_again(role)
    return world.browser(role).get(f"/results/{sitting_id}").text, result


def test_a_certificates_confidence_is_said_in_people(world: World):
    with world.runtime.reading() as session:
        query = select(SkillResult).where(SkillResult.sitting_id == world.facts.ended_sitting)
        result = session.scalars(query).one()
    page = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}").text
    count = figures.of_hundred(result.decision_confidence)
    assert f"Of 100 certificates with this confidence, about {count} belong to people" in page
    assert "truly in the top 10\N{NO-BREAK SPACE}%" in page


def test_a_line_that_is_not_of_the_top_tenth_is_called_by_what_it_is(world: World):
    page, result = sat(world, OTHER, -0.5, 2)
    with world.runtime.transaction() as session:
        on_table = "" if world.runtime.database.is_sqlite else " ON norm_version"
        session.execute(text(f"DROP TRIGGER norm_version_no_edit{on_table}"))
        session.execute(update(NormVersion).values(cut_percentile=87.5))
    moved = world.browser(OTHER).get(f"/results/{result.sitting_id}").text
    for told in (
        "Line (percentile {line}) and its standard error",
        "the line of the top {top}\N{NO-BREAK SPACE}%",
        "truly in the top {top}\N{NO-BREAK SPACE}%",
    ):
        assert told.format(line="90", top="10") in page
        assert told.format(line="87.5", top="12.5") in moved
    assert "top 10\N{NO-BREAK SPACE}%" not in moved.partition("<main")[2].partition("</main")[0]
    card = world.browser(OTHER).get(f"/norms/{result.norm_id}")
    assert "leaves 12.5\N{NO-BREAK SPACE}% above it" in card.text
    assert "one tenth" not in card.text


def test_without_a_certificate_the_words_are_warm_and_the_way_on_is_shown(world: World):
    page, result = sat(world, OTHER, -0.5, 2)
    assert "Thank you for the work you put in" in page
    assert result.decision_confidence < 0.01
    assert "not even 1 is truly in the top 10\N{NO-BREAK SPACE}%" in page
    assert "Take this skill again from" in page
    assert "It was close" not in page
    assert not {"failed", "rejected", "insufficient"} & set(page.lower().split())


def before_and_after_the_norm_came(world: World, result: SkillResult) -> tuple[str, str]:
    """The result's page for a founder who was promised word of the norm, and once they had it."""
    clock, path = world.runtime.clock, f"/results/{result.sitting_id}"
    promise = FoundingPromise(person_id=result.person_id, skill=result.skill, language="en", made_at=clock.now())
    with world.runtime.transaction() as session:
        session.add(promise)
    promised = world.browser(OTHER).get(path).text
    with world.runtime.transaction() as session:
        note_founder_told(result.person_id, result.skill, session=session, clock=clock)
    return promised, world.browser(OTHER).get(path).text


def test_whoever_helped_to_build_the_norm_reads_what_was_promised_and_no_reason(world: World, monkeypatch):
    _page, result = sat(world, OTHER, -0.5, 2)
    with world.runtime.reading() as session:
        decided = awards.decision_on(result.id, session=session)
    founder = replace(decided, reasons=("judgement-share", "no-norm"))
    monkeypatch.setattr(awards, "decision_on", lambda *_asked, **_in: founder)
    page = world.browser(OTHER).get(f"/results/{result.sitting_id}").text
    assert "No award is made yet: you helped to build the norm." in page
    assert "sit once more outside the limit" in page
    assert "does not earn a certificate" not in page
    assert "of what your answers tell comes from situations" not in page

    promised, page = before_and_after_the_norm_came(world, result)
    assert "No award is made yet" in promised
    assert "you helped to build it, and it exists now" in page
    assert "No award is made yet" not in page


def test_a_result_from_before_the_norm_does_not_say_that_none_exists(world: World):
    _page, result = sat(world, OTHER, -0.5, 2)
    with world.runtime.transaction() as session:
        session.execute(
            update(SkillResult).where(SkillResult.id == result.id).values(percentile_rank=None, norm_id=None)
        )
    promised, page = before_and_after_the_norm_came(world, result)
    assert "no norm exists for this skill" in promised
    assert "you took this before its norm existed" in page
    assert "no norm exists" not in page


def test_a_near_miss_is_explained(world: World):
    with world.runtime.transaction() as session:
        row = session.get_one(FrozenSitting, world.facts.ended_sitting)
        row.probability_above = 0.4
    page = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}").text
    assert "It was close" in page


@pytest.mark.parametrize(("theta", "is_below"), [(-3.0, True), (0.5, False)])
def test_edge_018_below_the_range_that_the_bank_measures_well_the_page_says_so(world: World, theta, is_below):
    """By a policy that asks for more than this bank has down there; by the shipped one it reaches down to -4."""
    runtime = world.runtime
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    a_policy(place, well_measured_reliability=0.955)
    page, result = sat(world, OTHER, theta, 3)
    with runtime.reading() as session:
        sitting = session.get_one(Sitting, result.sitting_id)
        bank = adaptation.bank_of(sitting, session=session)
        lowest = lowest_measured(bank, 40, 0.955)
        assert lowest_measured(bank, 40, 0.8) < -3.0
    assert (result.theta < lowest) == is_below
    assert ("below the range we measure well" in page) == is_below


def test_edge_087_facets_carry_their_bands_and_are_told_apart_only_where_bands_separate(world: World):
    page = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}").text
    with world.runtime.reading() as session:
        bands = facet_bands(world.facts.ended_sitting, session=session)
        units = session.get_one(FrozenSitting, world.facts.ended_sitting)
    assert {band.facet: band.units for band in bands} == {f: n for f, n in units.facet_counts.items() if n}
    assert all(band.low < band.theta < band.high for band in bands)
    assert max(band.low for band in bands) < min(band.high for band in bands)
    assert "We cannot tell your parts apart yet" in page
    assert "A strength:" not in page


def test_a_facet_far_from_the_others_is_named(world: World):
    """Somebody who answers one part as the best would and every other as the weakest."""
    runtime = world.runtime
    place = Place(runtime.database, runtime.clock, runtime.entropy, runtime.jobs)
    good, weak = SimulatedPerson(place, 4.0, 4.0, 1), SimulatedPerson(place, -4.0, -4.0, 1)
    strong_facet = place.item(place.shown(world.facts.ended_sitting)[0].item_code).facet

    def answer(code: str):
        return (good if place.item(code).facet == strong_facet else weak).answer(code)

    sitting_id = take(place, world.facts.people[OTHER], answer)
    run_jobs(runtime)
    page = world.browser(OTHER).get(f"/results/{sitting_id}").text
    assert "A strength:" in page
    assert "A next step:" in page
    assert "We cannot tell your parts apart yet" not in page


def test_edge_082_whoever_gets_no_message_finds_everything_on_their_own_place(world: World):
    """A mailbox may refuse: result, certificate and its files need no message, and nothing is claimed by one."""
    world.runtime.mailer.forget("olivia@owner.example.org")
    browser = world.browser(OWNER)
    place = browser.get("/me").text
    assert f"/results/{world.facts.ended_sitting}" in place
    assert f"/credentials/{world.facts.code}" in place
    assert "percentile" in browser.get(f"/results/{world.facts.ended_sitting}").text
    assert browser.get(f"/credentials/{world.facts.code}.json").status_code == 200


def test_earlier_results_stand_beside_the_new_one(world: World):
    first, earlier = sat(world, OTHER, 0.0, 3)
    assert "Your earlier results" not in first
    world.runtime.clock.advance(timedelta(days=31))
    second, _ = sat(world, OTHER, 0.0, 4)
    assert "Your earlier results" in second
    assert f"/results/{earlier.sitting_id}" in second
    assert 'class="former"' in second


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_whole_in_both_languages(world: World, language: str):
    answer = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}?language={language}")
    assert answer.status_code == 200
    assert ("Ce que vous pouvez faire ensuite" if language == "fr" else "What you may do next") in answer.text


def test_the_award_is_announced_with_who_can_see_it_as_the_link_stands(world: World):
    path = f"/results/{world.facts.ended_sitting}"
    told = {
        "private": "Nobody sees it until you open its link.",
        "unlisted": "You have opened its link: whoever has it sees the page.",
        "public": "You have opened its page to everybody, search engines too.",
    }
    for visibility, words in told.items():
        with world.runtime.transaction() as session:
            session.execute(update(Credential).values(visibility=visibility))
        page = world.browser(OWNER).get(path).text
        assert [one for one in told.values() if one in page] == [words]


@pytest.mark.parametrize("path", ["/achievements/collaboration", "/skills/collaboration/start"])
def test_it_is_said_beforehand_how_much_of_the_evidence_must_come_from_situations(world: World, path: str):
    page = world.browser(OTHER).get(path).text.lower()
    assert "at least 50\N{NO-BREAK SPACE}% of the evidence must come from the situations" in page


def test_during_the_wait_the_start_page_leads_on(world: World):
    sat(world, OTHER, -0.5, 2)
    page = world.browser(OTHER).get("/skills/collaboration/start").text
    assert "You may take it again from" in page
    for path in ("/me", "/skills/collaboration/development", "/skills"):
        assert f'<a href="{path}">' in page[page.index("<main") : page.index("</main>")]
