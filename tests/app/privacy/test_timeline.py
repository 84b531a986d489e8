"""The timeline tells everything about a person in words, and nothing about anybody else."""

from __future__ import annotations

import re
from pathlib import Path

from app.privacy.timeline import LOOKED_AT, timeline
from tests.app.api.world import OTHER, OWNER, World
from tests.app.privacy.traces import owner_id

APP = Path(__file__).resolve().parents[3] / "app"
OF_PEOPLE = (
    "accounts",
    "assessment",
    "results",
    "awarding",
    "credentials",
    "reviews",
    "privacy",
    "verification",
    "keying",
)
NOT_TO_MEET = {"person.erased", "status_list.published", "key.published", "key.retired", "key.compromised"}


def test_sittings_results_certificates_consents_and_looks_are_told(world: World):
    here = world.runtime
    with here.reading() as session:
        events = timeline(owner_id(world), session=session, links=here.links)
    kinds = {event.kind for event in events}
    assert {"sitting.started", "sitting.completed", "result.reported", "award.decided", "credential.issued",
            "consent.given", "case.opened", "case.taken-back", LOOKED_AT} <= kinds  # fmt: skip
    assert [event.at for event in events] == sorted((event.at for event in events), reverse=True)
    assert {event.skill.slug for event in events if event.skill} == {"collaboration"}


def test_every_act_about_people_has_words():
    source = "".join(file.read_text() for context in OF_PEOPLE for file in (APP / context).rglob("*.py"))
    recorded = set(re.findall(r'(?:audit\.record|_record)\(\s*"([a-z_.-]+)"', source))
    recorded |= {"sitting.completed", "sitting.abandoned"}  # named by the state
    words = set(re.findall(r'^  "([a-z_.-]+)":', (APP / "templates/privacy/words.html").read_text(), re.MULTILINE))
    assert len(recorded) > 25
    assert recorded - NOT_TO_MEET - words == set()


def test_the_page_meets_no_act_without_words(world: World):
    page = world.browser(OWNER).get("/me/timeline").text
    assert "Something else was noted" not in page
    assert "A certificate was looked at once by somebody else." in page


def test_somebody_else_sees_their_own_alone(world: World):
    page = world.browser(OTHER).get("/me/timeline").text
    assert "You gave a consent." in page
    assert "assessment" not in re.search(r"<main.*</main>", page, re.DOTALL).group().lower().replace("assessments", "")


def test_a_result_a_certificate_and_a_consent_say_which(world: World):
    here = world.runtime
    with here.reading() as session:
        events = timeline(owner_id(world), session=session, links=here.links)
    about_a_skill = [one for one in events if one.kind in {"result.reported", "award.decided", "credential.issued"}]
    assert {one.kind for one in about_a_skill} == {"result.reported", "award.decided", "credential.issued"}
    assert {one.skill.slug if one.skill else None for one in about_a_skill} == {"collaboration"}
    assert {one.consent for one in events if one.kind == "consent.given"} >= {"assessment"}
    assert "so that your answers are kept and scored" in world.browser(OWNER).get("/me/timeline").text
