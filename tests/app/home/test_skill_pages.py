"""Every skill has a public page that says what it is, and says plainly what does not exist yet."""

from __future__ import annotations

import html

import pytest

from app.foundation import written
from app.item_bank import queries as banks
from app.item_bank.release_skills import release_skills
from app.norming.models import NormState
from app.norming.publish_norm import publish_norm
from tests.app.item_bank.bank_folders import ITEM_BANKS, OPERATOR
from tests.app.norming.builders import SKILL, a_calibrated_sample, a_norm, people

ENGLISH, FRENCH = {"Accept-Language": "en"}, {"Accept-Language": "fr"}
NO_ITEMS, NO_NORM = "Nobody has written questions for this skill yet", "There is no norm for this skill yet"


@pytest.fixture
def skills(runtime):
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        return banks.skills(session=session)


def read(client, path, headers):
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return html.unescape(answer.text)


@pytest.mark.parametrize(("language", "headers"), [("en", ENGLISH), ("fr", FRENCH)])
def test_all_twelve_are_described_in_full_in_both_languages(client, skills, language, headers):
    assert len(skills) == 12
    for skill in skills:
        page = read(client, f"/skills/{skill.slug}", headers)
        told = [skill.definitions[language], skill.is_not[language]]
        told += [written.day(skill.esco_version, language, "MMMM y")]
        told += [line[language] for line in skill.facet_lines.values()]
        told += [situation[language] for situation in skill.situations]
        told += [uri for uri, _ in skill.esco]
        assert [text for text in told if text not in page] == []
        assert len(skill.facet_lines) == 4


def test_what_does_not_exist_yet_is_said_and_four_skills_have_something_to_practise(client, skills):
    practised = []
    for skill in skills:
        page = read(client, f"/skills/{skill.slug}", ENGLISH)
        assert NO_ITEMS in page  # nothing was released here
        assert NO_NORM in page
        if f"/skills/{skill.slug}/development" in page:
            practised.append(skill.slug)
    assert practised == ["collaboration", "planning_and_organisation", "adaptability", "composure_under_pressure"]


def test_advice_is_shown_by_facet_and_the_asked_level_is_open(client, skills):
    page = read(client, "/skills/adaptability/development?level=above", FRENCH)
    assert page.count("<details") == 12
    assert page.count('<details class="card" open>') == 4
    assert "Cherchez la « barrière de Chesterton\u00a0»".replace("« ", "«\u00a0") in page
    assert "Nothing has been written here" in read(client, "/skills/empathy/development", ENGLISH)
    assert client.get("/skills/juggling/development").status_code == 404


def test_a_norm_in_force_is_named_with_its_size_and_its_day(client, runtime, clock, entropy):
    with runtime.transaction() as session:
        a_calibrated_sample(session, clock, entropy, n=450)
        norm = a_norm(session, clock, entropy, *people(session, clock.now()), NormState.SCHEDULED)
        norm_id, label = norm.id, norm.label
    assert NO_NORM in read(client, f"/skills/{SKILL}", ENGLISH)
    with runtime.transaction() as session:
        publish_norm(norm_id, session=session, clock=clock, actor=OPERATOR)
    page = read(client, f"/skills/{SKILL}", ENGLISH)
    assert NO_NORM not in page
    assert label in page
    assert f"N = 450, published on {clock.now().day} {clock.now():%B %Y}" in page
