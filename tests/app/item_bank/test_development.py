"""The development library: complete, checked like content, loaded with the skill, and chosen by where one stands."""

from __future__ import annotations

import shutil

import pytest

from app.item_bank import queries
from app.item_bank.bank_files import check_bank, read_skills
from app.item_bank.development import Level, level_of
from app.item_bank.development_files import PARTS, check_development, read_development
from app.item_bank.errors import BankInvalid, SkillNotFound
from app.item_bank.problems import errors_of
from app.item_bank.release_skills import release_skills
from tests.app.item_bank.bank_folders import ITEM_BANKS, a_bank_folder, replace

FACETS = {
    skill["slug"]: [facet["slug"] for facet in skill["facets"]]
    for skill in read_skills(ITEM_BANKS / "skills.yaml")["skills"]
}
LAUNCH = ("collaboration", "planning_and_organisation", "adaptability", "composure_under_pressure")
FILE = ITEM_BANKS / "collaboration" / "development.yaml"


@pytest.mark.parametrize("skill", LAUNCH)
def test_every_launch_skill_has_advice_for_each_facet_and_level_in_both_languages(skill):
    file = ITEM_BANKS / skill / "development.yaml"
    assert errors_of(check_development(file, FACETS[skill])) == []
    found = read_development(file, FACETS[skill])
    assert [entry["facet"] for entry in found] == FACETS[skill]
    texts = [entry[level][part][lang] for entry in found for level in Level for part in PARTS for lang in ("en", "fr")]
    assert len(set(texts)) == 4 * 3 * 3 * 2


BROKEN = {
    "a facet twice": ("facet: include_others", "facet: share_information", "facet-balance", "facets:"),
    "a facet of another skill": ("facet: include_others", "facet: let_go", "unknown-facet", "facet: let_go"),
    "another skill": ("skill: collaboration", "skill: adaptability", "folder", "skill: adaptability"),
    "a level left out": ("    above:\n", "    beyond:\n", "missing-field", "facet: share_information"),
    "a language left out": ("        fr: ", "        de: ", "missing-language", "at_work:"),
    "too few words": ("You know more than you pass on. News", "News", "word-limit", "News"),
    "a private matter": ("You know more than", "Your family knows more than", "forbidden-topic", "family"),
    "an English quote in French": ("Vous en savez plus", "Vous en savez “plus”", "typography", "“plus”"),
    "a review that nobody did": ("review: unreviewed", "review: reviewed", "not-allowed", "review: "),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_fault_is_named_with_its_line(what, tmp_path):
    old, new, code, on_line = BROKEN[what]
    file = a_library(tmp_path)
    replace(file, old, new)
    if what == "too few words":
        replace(file, "News reaches others by chance, often after they needed it.", "News comes late.")
    found = [problem for problem in check_development(file, FACETS["collaboration"]) if problem.code == code]
    assert found, check_development(file, FACETS["collaboration"])
    assert on_line in file.read_text(encoding="utf-8").splitlines()[found[0].line - 1]
    with pytest.raises(BankInvalid):
        read_development(file, FACETS["collaboration"])


def test_the_same_advice_twice_is_a_near_duplicate(tmp_path):
    file = a_library(tmp_path)
    replace(
        file, "You answer well when asked and warn", "You know more than you pass on. News reaches others by chance"
    )
    replace(file, " the people next to you. Those two steps away still learn things late.", " after they needed it.")
    codes = [problem.code for problem in check_development(file, FACETS["collaboration"])]
    assert "near-duplicate" in codes


def test_a_bank_is_checked_together_with_the_library_beside_it(tmp_path):
    folder = a_bank_folder(tmp_path)
    assert "development.yaml" not in {problem.file for problem in check_bank(folder)}
    file = a_library(tmp_path)
    replace(file, "facet: include_others", "facet: let_go")
    assert {problem.file for problem in errors_of(check_bank(folder))} == {"development.yaml"}


def test_the_library_is_loaded_with_the_skill_and_may_be_worded_better_later(session, tmp_path):
    release_skills(ITEM_BANKS / "skills.yaml", session=session)
    found = queries.development("collaboration", session=session)
    assert [entry.facet for entry in found] == FACETS["collaboration"]
    assert found[0].advice[Level.BELOW].at_work["en"].startswith("You know more than you pass on.")
    assert found[3].advice[Level.ABOVE].try_this["fr"].startswith("Renseignez-vous")
    assert queries.development("empathy", session=session) == ()
    with pytest.raises(SkillNotFound):
        queries.development("juggling", session=session)

    replace(a_library(tmp_path), "You know more than you pass on.", "You know a good deal more than you say.")
    shutil.copy(ITEM_BANKS / "skills.yaml", tmp_path)
    release_skills(tmp_path / "skills.yaml", session=session)
    said = queries.development("collaboration", session=session)[0].advice[Level.BELOW].at_work["en"]
    assert said.startswith("You know a good deal more")


@pytest.mark.parametrize(
    ("theta", "level"),
    [(-3.0, Level.BELOW), (-0.51, Level.BELOW), (-0.5, Level.AROUND), (0.5, Level.AROUND), (0.51, Level.ABOVE)],
)
def test_the_level_follows_from_the_place_on_the_scale(theta, level):
    assert level_of(theta) is level


def a_library(root):
    """A copy of collaboration's library under `root`."""
    (root / "collaboration").mkdir(exist_ok=True)
    return shutil.copy(FILE, root / "collaboration" / "development.yaml")
