"""A legacy sample is stored whole, packed, described, once."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import func, select, update

from app.foundation.access import Actor, Forbidden, operator
from app.item_bank import queries as item_bank
from app.item_bank.errors import TrialBankInvalid
from app.item_bank.models import BankRelease, Skill
from app.norming import bases
from app.norming.import_responses import import_responses
from app.norming.mapping import ItemColumn, SampleMapping
from app.norming.models import LegacySample, NormGroup
from app.norming.packed import pack, sha256_of, unpack
from app.norming.sample_errors import ItemsDiffer, NoSample, SampleAlreadyImported, SampleAltered
from app.norming.sample_file import SampleFile
from tests.app.norming.builders import (
    POPULATION,
    SKILL,
    a_described_mapping,
    a_mapping,
    a_sample_file,
    import_sample,
)


def two_items(codes) -> SampleFile:
    return SampleFile(np.array(codes, dtype=np.int8), ("Q1", "Q2"), len(codes) + 2, {"not-adult": 2}, "a" * 64)


def imported(sample: SampleFile, mapping: SampleMapping, session, clock, entropy) -> LegacySample:
    """Brought in by the operator."""
    return import_responses(
        sample,
        mapping,
        skill=SKILL,
        population=POPULATION,
        file_name="s.csv",
        session=session,
        clock=clock,
        entropy=entropy,
        actor=operator(),
    )


def test_packing_keeps_every_code():
    codes = np.array([[0, -1, 4], [3, 2, -1]], dtype=np.int8)
    np.testing.assert_array_equal(unpack(pack(codes), 3), codes)
    assert sha256_of(codes, ("a", "b", "c")) != sha256_of(codes, ("a", "b", "d"))


def test_the_sample_is_stored_with_all_that_is_known_of_it(session, clock, entropy):
    stored = import_responses(
        two_items([[0, 4], [1, -1]]),
        a_mapping(population_fr="Adultes en ligne", simulated=True),
        skill=SKILL,
        population="  Adults   online ",
        file_name="/somewhere/private/sample.csv",
        session=session,
        clock=clock,
        entropy=entropy,
        actor=operator(),
    )
    session.expire_all()
    found = session.get_one(LegacySample, stored.id)
    assert found.group.population == {"en": "Adults online", "fr": "Adultes en ligne"}
    assert (found.n, found.set_aside, found.columns, found.file_name) == (
        2,
        {"not-adult": 2},
        ["Q1", "Q2"],
        "sample.csv",
    )
    assert (found.consent_basis, found.window_start_on, found.ages_known, found.is_simulated) == (
        None,
        None,
        True,
        True,
    )
    assert found.mapping["age"] == {"column": "age", "from": 18, "to": 100}
    np.testing.assert_array_equal(unpack(found.responses, 2), [[0, 4], [1, -1]])


def test_the_trial_bank_holds_the_items_with_their_keys(session, clock, entropy):
    stored = imported(two_items([[0, 4]]), a_mapping(), session, clock, entropy)
    items = item_bank.release_items(stored.release_id, "en", session=session)
    assert [(item.code, item.keyed, item.categories, item.kind) for item in items] == [
        ("Q1", 1, 5, "statement"),
        ("Q2", -1, 5, "statement"),
    ]
    assert item_bank.release(stored.release_id, session=session).provisional_key


def test_scoring_reads_reversed_items_turned(session, clock, entropy):
    imported(two_items([[0, 4], [1, -1]]), a_mapping(), session, clock, entropy)
    sample = bases.latest_sample(SKILL, session=session)
    assert sample.judgement is None
    assert sample.self_report is not None
    np.testing.assert_array_equal(sample.self_report.responses.codes, [[0, 0], [1, -1]])


def test_the_same_responses_are_refused_a_second_time(session, clock, entropy):
    import_sample(session, clock, entropy)
    with pytest.raises(SampleAlreadyImported):
        import_sample(session, clock, entropy)
    assert session.scalar(select(func.count()).select_from(LegacySample)) == 1


def test_a_second_sample_joins_the_same_group_and_bank(session, clock, entropy):
    first, second = (import_sample(session, clock, entropy, seed=seed) for seed in (1, 2))
    assert (first.norm_group_id, first.release_id) == (second.norm_group_id, second.release_id)
    assert session.scalar(select(func.count()).select_from(NormGroup)) == 1


def test_a_refused_import_leaves_nothing_behind(database, clock, entropy):
    unfit = a_described_mapping(labels={"en": ["no", "rather no", "both", "rather yes", "yes"]})
    unfit = unfit.model_copy(update={"items": {**unfit.items, "P09": ItemColumn(fr="Sans anglais")}})
    with pytest.raises(TrialBankInvalid), database.transaction() as session:
        import_sample(session, clock, entropy, mapping=unfit)
    with database.reading() as session:
        for table in (LegacySample, NormGroup, Skill, BankRelease):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_columns_of_a_released_bank_are_checked_against_its_items(session, clock, entropy):
    import_sample(session, clock, entropy)
    mapping = a_described_mapping(bank="released", items={"P00": {}, "Z1": {}}, codes=[1, 2, 3, 4])
    sample = SampleFile(np.zeros((3, 2), dtype=np.int8), ("P00", "Z1"), 3, {}, "c" * 64)
    with pytest.raises(ItemsDiffer) as refused:
        imported(sample, mapping, session, clock, entropy)
    assert "Z1: the bank has no such item" in str(refused.value)
    assert "P00: the bank has 5 categories, the mapping 4 codes" in str(refused.value)


def test_a_sample_of_a_released_bank_uses_its_release(session, clock, entropy):
    first = import_sample(session, clock, entropy)
    mapping = a_described_mapping(bank="released")
    second = import_responses(
        a_sample_file(50, seed=9),
        mapping,
        skill=SKILL,
        population="Somebody else",
        file_name="s.csv",
        session=session,
        clock=clock,
        entropy=entropy,
        actor=operator(),
    )
    assert second.release_id == first.release_id


def test_texts_in_two_languages_incomplete_in_both_are_refused(session, clock, entropy):
    mapping = a_mapping(items={"Q1": {"en": "One"}, "Q2": {"fr": "Deux"}})
    with pytest.raises(TrialBankInvalid):
        imported(two_items([[0, 1]]), mapping, session, clock, entropy)


def test_a_candidate_may_not_import(session, clock, entropy):
    with pytest.raises(Forbidden):
        import_responses(
            two_items([[0, 1]]),
            a_mapping(),
            skill=SKILL,
            population=POPULATION,
            file_name="s.csv",
            session=session,
            clock=clock,
            entropy=entropy,
            actor=Actor(None, "somebody", frozenset({"candidate"})),
        )


def test_a_skill_without_a_sample_says_so(session):
    with pytest.raises(NoSample, match="decile responses import"):
        bases.latest_sample("nothing", session=session)


def test_responses_changed_below_the_application_are_not_used(session, clock, entropy):
    stored = import_sample(session, clock, entropy)
    weak = unpack(stored.responses, 10).copy()
    weak[:30] = 0
    session.execute(update(LegacySample).where(LegacySample.id == stored.id).values(responses=pack(weak)))
    session.expire_all()
    with pytest.raises(SampleAltered):
        bases.latest_sample(SKILL, session=session)
