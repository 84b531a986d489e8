"""A trial bank is made of an instrument's items; it is marked, apart from the catalogue, and released once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.item_bank import queries
from app.item_bank.errors import SkillIsNotTrial, TrialBankInvalid
from app.item_bank.release_skills import release_skills
from app.item_bank.release_trial_bank import TrialItem, release_trial_bank
from tests.app.item_bank.bank_folders import ITEM_BANKS, OPERATOR

TEN = tuple(
    TrialItem(f"E{number}", {"en": f"Made up item {number}", "fr": f"Item inventé {number}"}, 5, (-1) ** number)
    for number in range(1, 11)
)


@pytest.fixture
def release(session, clock, entropy):
    def release(items=TEN, skill="extraversion-trial", **given):
        return release_trial_bank(skill, items, **given, session=session, clock=clock, entropy=entropy, actor=OPERATOR)

    return release


def test_a_trial_bank_is_marked_and_keeps_its_skill_out_of_the_catalogue(release, session):
    released = release(instrument="An open questionnaire")
    assert (released.is_trial, released.provisional_key, released.version) == (True, True, 1)
    assert queries.skills(session=session) == ()
    assert queries.skill("extraversion-trial", session=session).names["fr"] == "Extraversion (essai)"
    assert queries.prior_calibration(released.id, session=session) is None
    assert queries.scenario_keys(released.id, session=session) == {}


def test_items_keep_their_direction_and_show_numbers_where_no_label_is_given(release, session):
    released = release()
    items = {item.code: item for item in queries.release_items(released.id, "en", session=session)}
    assert (items["E1"].keyed, items["E2"].keyed) == (-1, 1)
    assert items["E1"].content == {
        "stem": "",
        "categories": ["1", "2", "3", "4", "5"],
        "did_not_arise": None,
        "text": "Made up item 1",
    }
    named = release(labels={"en": ["no", "rather no", "neither", "rather yes", "yes"]})
    assert queries.release_items(named.id, "en", session=session)[0].content["categories"][4] == "yes"


def test_the_same_items_again_are_the_same_release_and_others_the_next_version(release):
    first = release()
    assert release(tuple(TEN)) == first
    changed = (replace(TEN[0], keyed=1), *TEN[1:])
    assert release(changed).version == 2


def test_a_language_counts_only_if_every_item_has_it(release):
    assert release((replace(TEN[0], text={"en": "Only English"}), *TEN[1:])).languages == ("en",)
    with pytest.raises(TrialBankInvalid, match="no language"):
        release((replace(TEN[0], text={"en": "One"}), replace(TEN[1], text={"fr": "Deux"})))


@pytest.mark.parametrize(
    ("items", "given", "reason"),
    [
        ((), {}, "at least one item"),
        ((TEN[0], TEN[0]), {}, "its own code"),
        ((replace(TEN[0], categories=1),), {}, "two categories"),
        ((replace(TEN[0], keyed=0),), {}, "a key of 1 or -1"),
        ((TEN[0], replace(TEN[1], categories=4)), {}, "differ in the number"),
        (TEN, {"labels": {"en": ["no", "yes"]}}, "2 labels"),
    ],
)
def test_items_that_cannot_make_a_bank_are_refused_with_the_reason(release, items, given, reason):
    with pytest.raises(TrialBankInvalid, match=reason):
        release(items, **given)


@pytest.mark.parametrize("skill", ["Nope!", "two words", "", "a--b", "trial-"])
def test_a_skill_that_no_address_could_name_is_refused(release, skill):
    with pytest.raises(TrialBankInvalid, match="small letters and digits"):
        release(skill=skill)


def test_a_trial_cannot_take_the_name_of_a_real_skill(release, session):
    release_skills(ITEM_BANKS / "skills.yaml", session=session)
    with pytest.raises(SkillIsNotTrial, match="collaboration-trial"):
        release(skill="collaboration")
