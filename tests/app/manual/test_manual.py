"""The manual says what the database says, the same bytes every time; its budget opens or closes a release."""

from __future__ import annotations

import json
import shutil
import warnings
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from sqlalchemy import update

from app.cli import main
from app.foundation.db import Database
from app.manual import chapters
from app.manual.budget import rates
from app.manual.build_manual import build_manual
from app.manual.commands import manual as manual_commands
from app.manual.errors import ManifestUnreadable, NoNormInForce, ReleaseGateClosed
from app.manual.release_gate import Limits, require_within
from app.norming.models import NormState, NormVersion
from scoring.ability import estimate_ability
from scoring.graded_response import log_likelihood
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.norms import NormTable
from scoring.simulation import simulate_responses
from tests.app.norming.builders import a_calibrated_sample, a_described_mapping, a_norm, people

N = 320
SEX = ["f"] * 150 + ["m"] * 150 + ["x"] * 12 + [""] * 8


@pytest.fixture
def database(sqlite_file_with_tables, tmp_path):
    """SQLite alone: nothing here depends on the engine."""
    database = Database(f"sqlite:///{shutil.copy(sqlite_file_with_tables, tmp_path / 'test.sqlite3')}")
    yield database
    database.dispose()


@pytest.fixture
def norm(runtime):
    """One in force, of simulated people whose sex is partly known; nobody previewed who would differ."""
    with runtime.transaction() as session:
        staff = people(session, runtime.clock.now())
        mapping = a_described_mapping(simulated=True, groups={"sex": "sex"})
        tools = (session, runtime.clock, runtime.entropy)
        a_calibrated_sample(*tools, n=N, mapping=mapping, labels={"sex": SEX})
        return a_norm(*tools, *staff, NormState.PUBLISHED)


def built(runtime):
    with runtime.reading() as session:
        return build_manual(session=session, clock=runtime.clock)


def test_two_builds_are_byte_equal_whatever_the_hour(runtime, norm):
    first = built(runtime)
    runtime.clock.advance(timedelta(days=40, seconds=7))
    assert built(runtime) == first
    assert set(first) == {
        "technical_manual.json", "technical_manual.html", "technical_manual.pdf", "release_manifest.json"
    }  # fmt: skip
    assert first["technical_manual.pdf"].startswith(b"%PDF")
    twin = json.loads(first["technical_manual.json"])
    assert twin["versioned_with"] == {norm.label: norm.sha256}
    assert twin["version"] in first["technical_manual.html"].decode()


def test_what_the_database_does_not_hold_is_printed_as_no_evidence_yet(runtime, norm):
    files = built(runtime)
    (chapter,) = json.loads(files["technical_manual.json"])["norms"]
    assert chapter["fairness"] == dict.fromkeys(("impact", "dif", "drifted_items", "influence"), "no evidence yet")
    assert chapter["exposure"] == chapter["precision_in_sittings"] == "no evidence yet"
    assert set(chapter["validity"].values()) == {"no evidence yet"}
    page = files["technical_manual.html"].decode()
    assert page.count("no evidence yet") >= 8
    assert "DEMO NORM" in page
    assert any("simulated" in limit for limit in chapter["limits"])


def test_the_figures_are_those_of_the_norm(runtime, norm):
    (chapter,) = json.loads(built(runtime)["technical_manual.json"])["norms"]
    assert chapter["norm"]["cut"] == pytest.approx(norm.cut, abs=1e-6)
    kind = chapter["reliability"]["self-report"]
    assert kind["items"] == 10
    assert 0.8 < kind["marginal_reliability"] < 0.95
    assert kind["standard_error"][0] > kind["standard_error_at_the_cut"]
    assert chapter["population"]["groups"]["sex"] == {"f": 150, "m": 150, "x": 12, "not known": 8}


SKEWED = normal_prior(NODES, -0.5, 0.7) * 0.75 + normal_prior(NODES, 1.5, 0.6) * 0.25


def test_classification_is_that_of_estimates_that_are_drawn_towards_the_middle():
    """Against simulated people who answer twice; errors of estimates taken for unshrunk said .874 consistency."""
    rng, cut = np.random.default_rng(2), 1.2816
    items = ItemParameters(rng.uniform(0.6, 0.8, 12), rng.normal(0, 0.6, (12, 1)) + np.linspace(-1.6, 1.6, 4))
    norm = SimpleNamespace(table=NormTable.from_latent(NODES, normal_prior(NODES), 1000), cut=cut, masses=None)
    found = chapters._classification(SimpleNamespace(judgement=items, self_report=None), norm)["judgement"]
    theta = rng.standard_normal(40_000)
    once, again = (estimate_ability(simulate_responses(items, theta, rng), items).theta >= cut for _ in range(2))
    assert found["accuracy"] == pytest.approx(np.mean(once == (theta >= cut)), abs=0.006)
    assert found["consistency"] == pytest.approx(np.mean(once == again), abs=0.006)


def test_classification_under_a_norm_group_that_is_the_prior_is_that_of_its_sittings():
    rng, density = np.random.default_rng(2), SKEWED / SKEWED.sum()
    items = ItemParameters(rng.uniform(0.6, 0.8, 12), rng.normal(0, 0.6, (12, 1)) + np.linspace(-1.6, 1.6, 4))
    table = NormTable.from_latent(NODES, density, 1000)
    cut = table.cut(0.9).theta
    norm = SimpleNamespace(table=table, cut=cut, masses=tuple(density))
    found = chapters._classification(SimpleNamespace(judgement=items, self_report=None), norm)["judgement"]
    theta = rng.choice(NODES, 40_000, p=density) + rng.uniform(-0.1, 0.1, 40_000)

    def estimated() -> np.ndarray:
        logs = log_likelihood(simulate_responses(items, theta, rng), items, NODES)
        weights = np.exp(logs - logs.max(axis=1, keepdims=True)) * density
        return weights @ NODES / weights.sum(axis=1)

    once, again = (estimated() >= cut for _ in range(2))
    assert found["accuracy"] == pytest.approx(np.mean(once == (theta >= cut)), abs=0.012)
    assert found["consistency"] == pytest.approx(np.mean(once == again), abs=0.012)
    norm.masses = None
    normal = chapters._classification(SimpleNamespace(judgement=items, self_report=None), norm)["judgement"]
    assert abs(normal["consistency"] - np.mean(once == again)) > 0.02, "the group's shape is not looked at"


@pytest.mark.parametrize("masses", [None, tuple(SKEWED / SKEWED.sum())])
def test_answers_that_tell_everything_are_not_drawn_anywhere(masses):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert chapters._unshrunk_cut(SimpleNamespace(cut=1.2, masses=masses), 2_000.0) == pytest.approx(1.2, abs=0.02)
    assert chapters._unshrunk_cut(SimpleNamespace(cut=1.2, masses=None), 4.0) == pytest.approx(
        1.2 * (1 + 1 / 4), abs=0.005
    )


def test_dif_counts_where_it_is_significant_among_all_items(runtime, norm):
    found = [{"ets": ets, "adjusted_p": p} for ets, p in (("C", 0.3), ("C", 0.01), ("B", 0.2), ("A", 0.01))]
    with runtime.transaction() as session:
        session.execute(update(NormVersion).values(preview={"dif": found}))
    files = built(runtime)
    (chapter,) = json.loads(files["technical_manual.json"])["norms"]
    assert chapter["fairness"]["dif"] == {"A": 3, "B": 0, "C": 1}
    assert "significant after adjustment for the number of questions" in files["technical_manual.html"].decode()


def test_edge_085_a_small_cell_of_the_budget_keeps_its_count_alone(runtime, norm):
    cells = json.loads(built(runtime)["release_manifest.json"])["budget"]
    by_group = {cell["group"]: cell for cell in cells}
    assert by_group[None]["people"] == N
    assert by_group["x"] == by_group["x"] | {"people": 12, "certified": None, "false_certify": None, "false_miss": None}
    assert by_group["f"]["certified"] is not None
    assert (
        by_group["f"]["false_miss"]["low"] < by_group["f"]["false_miss"]["share"] < by_group["f"]["false_miss"]["high"]
    )


def test_the_rates_are_the_expected_shares():
    """By hand: two certified, of whom .1 + .4 stand below; .9 + .6 + .2 stand above, of whom .2 is missed."""
    certified, false_certify, false_miss = rates(np.array([0.9, 0.6, 0.2, 0.0]), 0.5)
    assert certified == 2
    assert false_certify.share == pytest.approx(0.25)
    assert false_miss.share == pytest.approx(0.2 / 1.7, abs=1e-6)
    assert rates(np.array([0.5]), 0.5)[0] == 1  # edge case 3: inclusive
    assert rates(np.zeros(3), 0.5) == (0, None, None)  # edge case 86: nobody, and no division by zero


def test_without_a_norm_in_force_there_is_no_manual(runtime):
    with pytest.raises(NoNormInForce):
        built(runtime)


def a_manifest(path, **rates_of):
    cell = {"skill": "s", "language": "en", "norm": "S-2026.1", "division": None, "group": None, "people": 500}
    shown = {
        name: None if share is None else {"share": share, "low": share / 2, "high": 2 * share, "among": 50}
        for name, share in rates_of.items()
    }
    path.write_text(json.dumps({"kind": "decile-release-manifest", "budget": [cell | shown]}), encoding="utf-8")
    return path


def test_the_gate_opens_within_the_limits_and_closes_beyond_either(tmp_path):
    path = tmp_path / "manifest.json"
    limits = Limits(false_certify=0.15, false_miss=0.22)
    assert require_within(a_manifest(path, false_certify=0.15, false_miss=0.22), limits) == 1
    for over in ({"false_certify": 0.151, "false_miss": 0.1}, {"false_certify": 0.1, "false_miss": 0.221}):
        with pytest.raises(ReleaseGateClosed, match="at most"):
            require_within(a_manifest(path, **over), limits)
    with pytest.raises(ReleaseGateClosed, match="no evidence yet"):
        require_within(a_manifest(path, false_certify=None, false_miss=None), limits)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON"),
        ("[]", "laid out otherwise"),
        ("[" * 100_000, "it is not JSON"),
        ("{}", "it lacks kind"),
        ('{"kind": "other", "budget": []}', "its kind is another"),
        ('{"kind": "decile-release-manifest"}', "it lacks budget"),
    ],
    ids=["empty", "a-list", "deep", "nothing", "another-kind", "no-budget"],
)
def test_the_gate_is_closed_to_what_is_no_manifest(tmp_path, text, why):
    path = tmp_path / "manifest.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ManifestUnreadable, match=why):
        require_within(path, Limits())
    with pytest.raises(ManifestUnreadable, match="No such file"):
        require_within(tmp_path / "absent.json", Limits())


def test_on_the_command_line_it_builds_and_a_closed_gate_exits_with_1(runtime, norm, tmp_path, monkeypatch):
    done = CliRunner().invoke(manual_commands, ["build", "--to", str(tmp_path / "m")], obj=runtime)
    assert done.exit_code == 0, done.output
    monkeypatch.setenv("DECILE_DATA", str(tmp_path / "data"))
    manifest = str(tmp_path / "m" / "release_manifest.json")
    closed = CliRunner().invoke(main, ["manual", "gate", manifest, "--false-miss", "0.01"])
    assert (closed.exit_code, "false-miss" in closed.output) == (1, True)
    opened = CliRunner().invoke(main, ["manual", "gate", manifest, "--false-certify", "1", "--false-miss", "1"])
    assert opened.exit_code == 0, opened.output
