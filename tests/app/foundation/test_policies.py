"""Policies are versioned, dated and audited, and none loosens a gate by the back door."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

from app import composition
from app.assessment.policy import SittingPolicy
from app.awarding.policy import AwardPolicy
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.foundation.policies import PolicyInvalid, PolicyVersion
from app.foundation.settings import Settings
from app.operations.law_policy import LawPolicy


@dataclass(frozen=True, slots=True)
class TeaPolicy:
    policy_name: ClassVar[str] = "tea"
    minutes: float = 3.0
    sugars: tuple[int, ...] = (0, 1)


def test_without_rows_the_shipped_policy_holds_as_version_zero(session, clock):
    assert policies.current(TeaPolicy, session=session, at=clock.now()) == TeaPolicy()
    assert policies.version(TeaPolicy, session=session, at=clock.now()) == 0


def test_a_version_holds_from_its_instant_on_and_not_before(session, clock):
    before = clock.now() - timedelta(seconds=1)
    policies.set_policy(TeaPolicy, {"minutes": 4}, session=session, at=clock.now(), actor=operator())

    assert policies.current(TeaPolicy, session=session, at=before).minutes == 3.0
    assert policies.current(TeaPolicy, session=session, at=clock.now()).minutes == 4.0
    assert policies.version(TeaPolicy, session=session, at=clock.now()) == 1
    assert session.query(AuditEntry).filter_by(kind="policy.set", subject="tea.1").count() == 1


def test_the_same_values_again_make_no_version(session, clock):
    for _ in range(2):
        policies.set_policy(TeaPolicy, {"sugars": [2]}, session=session, at=clock.now(), actor=operator())
        clock.advance(timedelta(hours=1))
    assert policies.version(TeaPolicy, session=session, at=clock.now()) == 1
    assert policies.current(TeaPolicy, session=session, at=clock.now()).sugars == (2,)


def test_a_pinned_version_stays_what_it_was_when_another_comes_into_force(database, clock):
    for minutes in (4, 5):
        with database.transaction() as session:
            policies.set_policy(TeaPolicy, {"minutes": minutes}, session=session, at=clock.now(), actor=operator())
        with database.reading() as session:
            kept = [policies.pinned(TeaPolicy, number, session=session).minutes for number in (0, 1)]
            assert kept == [3.0, 4.0]
            assert policies.current(TeaPolicy, session=session, at=clock.now()).minutes == minutes


def test_what_a_transaction_set_and_took_back_is_not_kept(database, clock):
    def tea(minutes, session):
        policies.set_policy(TeaPolicy, {"minutes": minutes}, session=session, at=clock.now(), actor=operator())
        return policies.pinned(TeaPolicy, 1, session=session).minutes

    with database.transaction() as session:
        assert tea(9, session) == 9.0
        session.rollback()
    with database.transaction() as session:
        assert policies.pinned(TeaPolicy, 1, session=session).minutes == 3.0
    with database.transaction() as session:
        assert tea(4, session) == 4.0
    with database.transaction() as session:
        assert policies.pinned(TeaPolicy, 1, session=session).minutes == 4.0


TRIAL = "[award]\ntrial_issuer = true\n[norming]\ncertify_from_n = 10\n"


def _with_file(runtime, text):
    path = runtime.settings.data / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return replace(runtime, settings=Settings(data=runtime.settings.data, secret_keys=("k" * 40,), policy_file=path))


def test_a_policy_file_may_tighten(runtime, clock):
    composition.load_policy_file(_with_file(runtime, "[award]\naward_confidence = 0.7\n"))

    with runtime.reading() as session:
        assert policies.current(AwardPolicy, session=session, at=clock.now()).award_confidence == 0.7


@pytest.mark.parametrize(
    "text",
    [
        "[award]\naward_confidence = 0.4\n",
        "[sitting]\nfewest_units = 5\n",
        "[norming]\ncertify_from_n = 100\n",
        "[norming]\nconsent_must_be_stated = false\n",
    ],
)
def test_a_gate_is_loosened_only_under_a_trial_issuer(runtime, clock, text):
    with pytest.raises(PolicyInvalid, match="trial_issuer"):
        composition.load_policy_file(_with_file(runtime, text))
    trial = "trial_issuer = true\n"
    allowed = text + trial if text.startswith("[award]") else f"{text}[award]\n{trial}"
    composition.load_policy_file(_with_file(runtime, allowed))
    with runtime.reading() as session:
        assert policies.current(AwardPolicy, session=session, at=clock.now()).trial_issuer


@pytest.mark.parametrize("award", ["[award]\ntrial_issuer = false\n", "[award]\n"])
def test_a_trial_does_not_end_while_a_gate_that_it_loosened_stays_in_force(runtime, clock, award):
    composition.load_policy_file(_with_file(runtime, TRIAL))
    with pytest.raises(PolicyInvalid, match=r"norming\.certify_from_n.*write the shipped value.*certify_from_n = 1000"):
        composition.load_policy_file(_with_file(runtime, award))
    with runtime.reading() as session:
        assert policies.current(AwardPolicy, session=session, at=clock.now()).trial_issuer

    composition.load_policy_file(_with_file(runtime, f"{award}[norming]\ncertify_from_n = 1000\n"))
    with runtime.reading() as session:
        assert not policies.current(AwardPolicy, session=session, at=clock.now()).trial_issuer


def test_a_trial_goes_on_under_a_file_that_no_longer_names_it(runtime, clock):
    composition.load_policy_file(_with_file(runtime, TRIAL))
    composition.load_policy_file(_with_file(runtime, "[norming]\ncertify_from_n = 20\n"))
    with runtime.reading() as session:
        assert policies.current(AwardPolicy, session=session, at=clock.now()).trial_issuer


def test_a_value_of_another_kind_is_said_in_words():
    unquoted = {"law": "x", "duty": "y", "source": "z", "applies_on": date(2027, 12, 2), "checked_on": "2026-11-28"}
    for policy, values, said in (
        (AwardPolicy, {"award_confidence": "half"}, "award_confidence = 'half' is of another kind. Write a number."),
        (AwardPolicy, {"trial_issuer": 1}, "Write true or false."),
        (LawPolicy, {"dates": [5]}, "lacks or misspells something: 5 is no table."),
        (LawPolicy, {"dates": [{"law": "x"}]}, "one lacks duty, applies_on, source, checked_on."),
        (LawPolicy, {"dates": [unquoted]}, "applies_on = 2027-12-02 is no day in quotation marks."),
    ):
        with pytest.raises(PolicyInvalid) as refused:
            policies.parse(policy, values)
        assert said in str(refused.value)


@pytest.mark.parametrize(
    "text", ["[awrd]\nx = 1\n", "award = 3\n", "[award]\nnothing = 1\n", "not toml", "[award]\nfewest_units = 1.5\n"]
)
def test_a_policy_file_that_cannot_be_meant_changes_nothing(runtime, clock, text):
    with pytest.raises(PolicyInvalid):
        composition.load_policy_file(_with_file(runtime, text))
    with runtime.reading() as session:
        assert policies.version(AwardPolicy, session=session, at=clock.now()) == 0


@pytest.mark.parametrize(
    "text",
    [
        "[sitting]\ncertain_below = 0.0\n",
        "[sitting]\ncertain_above = 1.0\n",
        "[sitting]\nundecided_above = 0.0\n",
        "[sitting]\nundecided_below = 1.0\n",
        "[sitting]\nchoose_among = 0\n",
        "[sitting]\nkinds_correlation = 1.0\n",
        "[sitting]\nkinds_correlation = nan\n",
        "[sitting]\nband_percent = 100\n",
        "[sitting]\nfewest_facet_share = 0.3\n",
        "[sitting]\ncomposite_weights = [1.5, -0.5]\n",
        "[sitting]\nlimit_months = 100000\n",
        "[accounts]\nguess_window_days = 1000000\n",
        "[verification]\nshare_days = [7, -30]\n",
        "[norming]\ncut_percentile = 100.0\n",
        "[rates]\nall_pages_per_minute = -1\n",
        "[award]\naward_confidence = inf\n",
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_by_name_with_its_bounds(runtime, text):
    name = text.split("\n")[1].split(" ")[0]
    with pytest.raises(PolicyInvalid, match=f"{name} = .* Choose a value from "):
        composition.load_policy_file(_with_file(runtime, text))
    with runtime.reading() as session:
        assert session.query(PolicyVersion).count() == 0


@pytest.mark.parametrize("text", ["[[award]]\naward_confidence = 0.7\n", "award = 3\n"])
def test_a_policy_that_is_no_table_is_told_how_to_be_one(runtime, text):
    with pytest.raises(PolicyInvalid, match=r"write \[award\] once, as a table"):
        composition.load_policy_file(_with_file(runtime, text))


def test_every_policy_has_its_row_in_the_documentation():
    page = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)` \| `(app/\w+/\w+\.py)`", page, re.MULTILINE)
    declared = [(policy.policy_name, policy.__module__.replace(".", "/") + ".py") for policy in composition.POLICIES]
    assert sorted(listed) == sorted(declared)


@pytest.mark.parametrize("policy", composition.POLICIES, ids=lambda policy: policy.policy_name)
def test_every_policy_as_shipped_keeps_within_its_bounds(session, clock, policy):
    shipped = policies.as_dict(policy())
    assert set(getattr(policy, "bounds", {})) <= set(shipped)
    policies.set_policy(policy, shipped, session=session, at=clock.now(), actor=operator())
    assert policies.current(policy, session=session, at=clock.now()) == policy()


def test_a_version_stored_before_its_bounds_were_is_read_as_it_is(session, clock):
    session.add(
        PolicyVersion(
            name="sitting", version=1, effective_at=clock.now(), values={"certain_above": 1.0}, set_by="operator"
        )
    )
    session.flush()
    assert policies.pinned(SittingPolicy, 1, session=session).certain_above == 1.0


def test_a_value_that_another_release_stored_is_passed_over_and_told_once(database, clock, caplog):
    stored = {"minutes": 4, "lemon": database.url}  # of this database alone: once is once in a process
    with database.transaction() as session:
        session.add(PolicyVersion(name="tea", version=1, effective_at=clock.now(), values=stored, set_by="operator"))
    for _ in range(2):
        with database.reading() as session:
            assert policies.current(TeaPolicy, session=session, at=clock.now()).minutes == 4.0
            assert policies.pinned(TeaPolicy, 1, session=session).minutes == 4.0
            assert policies.strange_names(TeaPolicy, session=session, at=clock.now()) == ("tea.lemon",)
    assert [record.message for record in caplog.records if "lemon" in record.message] == [
        "Policy tea: stored values that this release does not know: ['lemon']"
    ]
    with database.transaction() as session, pytest.raises(PolicyInvalid, match="lemon"):
        policies.set_policy(TeaPolicy, stored, session=session, at=clock.now(), actor=operator())
