"""A bank version is released once: the same again is the same, other content under its number is refused."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DatabaseError

from app.foundation.audit import AuditEntry
from app.item_bank import queries
from app.item_bank.errors import BankInvalid, LanguageNotReleased, ReleaseChanged, ReleaseNotFound, SkillNotFound
from app.item_bank.models import BankRelease, Calibration, Item
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills
from tests.app.item_bank.bank_folders import ITEM_BANKS, OPERATOR, SHIPPED, a_bank_folder, replace


@pytest.fixture
def release(session, clock, entropy):
    return lambda path=SHIPPED: release_bank(path, session=session, clock=clock, entropy=entropy, actor=OPERATOR)


def test_a_release_carries_its_marks_its_items_and_an_audit_entry(release, session, clock):
    released = release()

    assert (released.label, released.provisional_key, released.is_trial) == ("collaboration v1", True, False)
    assert (released.review, released.languages, released.released_at) == ("unreviewed", ("en", "fr"), clock.now())
    assert session.scalar(select(func.count()).select_from(Item)) == 36
    assert session.scalar(select(AuditEntry.kind).where(AuditEntry.subject == str(released.id))) == "bank.released"
    assert queries.latest_release("collaboration", session=session) == released
    assert queries.release(released.id, session=session) == released


def test_the_same_content_again_is_the_same_release(release, session, tmp_path):
    first = release()
    copy = a_bank_folder(tmp_path)
    replace(copy / "items.yaml", "statements:\n", "# only a comment\nstatements:\n")

    assert release() == release(copy) == first
    assert session.scalar(select(func.count()).select_from(BankRelease)) == 1
    assert session.scalar(select(func.count()).select_from(Calibration)) == 1


def test_changed_content_under_a_released_version_is_refused_and_the_next_number_is_the_remedy(
    release, session, tmp_path
):
    first = release()
    copy = a_bank_folder(tmp_path / "changed")
    replace(copy / "items.yaml", "too much to do?", "too much to handle?")

    with pytest.raises(ReleaseChanged, match=r"Copy the folder to v2, set `version: 2`"):
        release(copy)

    second_folder = a_bank_folder(tmp_path / "second", version=2)
    replace(second_folder / "items.yaml", "too much to do?", "too much to handle?")
    second = release(second_folder)
    assert queries.latest_release("collaboration", session=session) == second
    statement = queries.release_items(first.id, "en", session=session)[18]
    assert (statement.code, statement.content["text"]) == ("col-s07", "help someone who had too much to do?")


def test_a_bank_with_a_problem_releases_nothing(release, session, tmp_path):
    folder = a_bank_folder(tmp_path)
    replace(folder / "scenarios.yaml", "key: 4", "key: 9")
    with pytest.raises(BankInvalid, match=r"scenarios.yaml:\d+: .*at most 6"):
        release(folder)
    assert session.scalar(select(func.count()).select_from(BankRelease)) == 0


@pytest.mark.parametrize("model", [BankRelease, Item, Calibration])
def test_the_database_itself_refuses_to_change_or_delete_what_was_released(model, database, clock, entropy):
    with database.transaction() as session:
        release_bank(SHIPPED, session=session, clock=clock, entropy=entropy, actor=OPERATOR)
    column = {BankRelease: "author", Item: "facet", Calibration: "model"}[model]
    for change in (update(model).values({column: "another"}), delete(model)):
        with pytest.raises(DatabaseError, match="never edited"), database.transaction() as session:
            session.execute(change)


def test_items_are_shown_in_one_language_ordered_by_code(release, session):
    released = release()
    english, french = (queries.release_items(released.id, language, session=session) for language in ("en", "fr"))

    assert [item.code for item in english] == sorted(item.code for item in english) == [item.code for item in french]
    statement, scenario = french[12], french[0]
    assert (statement.kind, statement.categories, statement.keyed) == ("statement", 5, 1)
    assert statement.content["stem"].startswith("Au cours des six derniers mois")
    assert (len(statement.content["categories"]), statement.content["did_not_arise"][:10]) == (5, "L’occasion")
    assert (scenario.kind, scenario.categories) == ("scenario", 5)
    assert (len(scenario.content["options"]), len(scenario.content["scale"])) == (5, 6)
    with pytest.raises(LanguageNotReleased, match="It exists in: en, fr"):
        queries.release_items(released.id, "de", session=session)


def test_case_019_no_view_of_an_item_holds_a_key_a_rationale_or_a_parameter(release, session):
    released = release()
    keys = queries.scenario_keys(released.id, session=session)
    rationales = [text for notes in session.scalars(select(Item.notes)) for text in notes.get("rationales", [])]

    for language in ("en", "fr"):
        items = queries.release_items(released.id, language, session=session)
        shown = json.dumps([asdict(item) for item in items], default=str, ensure_ascii=False)
        assert len(rationales) == 60
        assert not any(rationale in shown for rationale in rationales)
        assert all(
            set(item.content)
            <= {"stem", "text", "categories", "did_not_arise", "prompt", "situation", "options", "scale"}
            for item in items
        )
        assert not {"option_keys", "key", "difficulty_intent", "incident", "slope"} & set(asdict(items[0]))
        for item in items:
            numbers = [value for value in _leaves(item.content) if isinstance(value, int | float)]
            assert numbers == []
    assert len(keys) == 12
    assert all(len(key.option_keys) == 5 and key.provisional for key in keys.values())
    assert keys["col-j01"].option_keys == (4, 2, 6, 1, 3)


def test_prior_parameters_are_stored_as_an_expectation_with_its_width(release, session):
    released = release()
    prior = queries.prior_calibration(released.id, session=session)
    assert prior is not None
    assert (prior.is_prior, prior.n, prior.log_likelihood) == (True, 0, None)
    assert queries.calibration(prior.id, session=session) == prior

    parameters = queries.item_parameters(prior.id, session=session)

    items = {item.code: item for item in queries.release_items(released.id, "en", session=session)}
    assert set(parameters.codes) == set(items)
    assert [items[code].kind for code in parameters.codes] == list(parameters.kinds)
    assert parameters.self_report is not None
    assert parameters.judgement is not None
    easy, hard = (parameters.self_report_codes.index(code) for code in ("col-s01", "col-s05"))
    assert (parameters.self_report.thresholds[easy] < parameters.self_report.thresholds[hard]).all()
    for evidence in ("self_report", "judgement"):
        widths = prior.standard_errors[evidence]
        assert min(widths["slopes"]) >= 0.2
        assert min(min(row) for row in widths["thresholds"]) >= 0.3


def test_skills_are_described_once_and_again_without_a_bank(session):
    for _ in range(2):
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
    skills = queries.skills(session=session)
    assert [skill.slug for skill in skills][:3] == ["collaboration", "communication", "empathy"]
    assert len(skills) == 12
    collaboration = queries.skill("collaboration", session=session)
    assert collaboration.facet_names["fr"][0] == "Partager l’information"
    assert collaboration.esco_uri == "http://data.europa.eu/esco/skill/60c78287-22eb-4103-9c8c-28deaa460da0"
    with pytest.raises(ReleaseNotFound, match="empathy"):
        queries.latest_release("empathy", session=session)
    with pytest.raises(SkillNotFound):
        queries.skill("juggling", session=session)


def _leaves(value):
    if isinstance(value, dict):
        return [leaf for part in value.values() for leaf in _leaves(part)]
    if isinstance(value, list):
        return [leaf for part in value for leaf in _leaves(part)]
    return [value]
