"""A preview says who would differ and how the norm might be wrong; a cut that hangs on a few is not approved."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from click.testing import CliRunner

from app.accounts.grant_role import grant_role
from app.assessment.scored_sittings import ScoredSitting
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.db import Database
from app.item_bank.calibrated_items import FittedItems
from app.norming import bases, phases, queries
from app.norming.approve_norm import approve_norm
from app.norming.commands import norm as norm_commands
from app.norming.draft_norm import draft_norm
from app.norming.errors import InfluenceTooLarge
from app.norming.forecast import renewals
from app.norming.item_checks import drift
from app.norming.models import NormState, NormVersion
from app.norming.pictures import of_preview
from app.norming.policy import NormPolicy
from app.norming.release_gates import gates
from app.norming.renewing_people import renewing_people
from app.norming.sample_file import MOST_LABELS, read_sample
from scoring.latent_density import estimate_latent_density, masses_without
from scoring.norms import NormTable
from scoring.responses import MISSING, ResponseMatrix
from tests.app.norming.builders import (
    APPROVER_ID,
    EDITOR_ID,
    OF_FOUNDERS,
    OF_SITTINGS,
    SKILL,
    a_calibrated_sample,
    a_described_mapping,
    a_norm,
    graded_items,
    people,
    write_sample,
)

N = 1200
SEX = ["f" if k % 2 else "m" for k in range(N - 60)] + ["x"] * 5 + [""] * 55
DAYS = [f"2026-06-{1 + k * 30 // N:02d}" for k in range(N)]
OPEN = {"judgement_must_be_measured": False, "largest_cut_standard_error": 0.2}


@pytest.fixture
def database(sqlite_file_with_tables, tmp_path):
    """SQLite alone: nothing here depends on the engine."""
    database = Database(f"sqlite:///{shutil.copy(sqlite_file_with_tables, tmp_path / 'test.sqlite3')}")
    yield database
    database.dispose()


@pytest.fixture
def staff(runtime):
    with runtime.transaction() as session:
        policies.set_policy(NormPolicy, OPEN, session=session, at=runtime.clock.now(), actor=operator())
        return people(session, runtime.clock.now())


def previewed(runtime, staff, *, in_force=None, **sample):
    """The view of a norm of a fresh sample, previewed against the one in force."""
    with runtime.transaction() as session:
        labels = {"sex": SEX, "day": DAYS}
        mapping = a_described_mapping(groups={"sex": "sex"}, blocks={"day": "day"})
        if in_force is not None:
            a_calibrated_sample(session, runtime.clock, runtime.entropy, n=N, **in_force)
            a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.PUBLISHED)
        a_calibrated_sample(
            session, runtime.clock, runtime.entropy, n=N, mapping=mapping, labels=labels, **{"seed": 2, **sample}
        )
        basis = bases.basis_of_draft(SKILL, session=session, at=runtime.clock.now())
        tools = {"session": session, "clock": runtime.clock}
        norm_id = draft_norm(basis, entropy=runtime.entropy, actor=staff[0], **tools).id
    phases.preview(norm_id, database=runtime.database, clock=runtime.clock, actor=operator())
    with runtime.reading() as session:
        return queries.norm(norm_id, session=session)


def test_the_preview_names_every_gate_and_the_line_before_and_after(runtime, staff):
    norm = previewed(runtime, staff, in_force={"seed": 1}, shift=0.3)
    seen = norm.preview
    assert seen["former"]["cut"] < seen["cut"]
    states = {gate["gate"]: gate["state"] for gate in seen["gates"]}
    assert states["sample-size"] == "green"
    assert states["influence"] == "green"
    assert states["impact-groups"] == "red"  # five people of one sex
    assert states["predictive-value"] == "grey"
    unmeasured = ("half-form-awards", "reliability-at-cut", "bank-use")
    assert [states[name] for name in unmeasured] == ["grey"] * 3  # said all the same
    low, high = seen["realised_share"]
    assert 0.05 < low < 0.1 < high < 0.16


def test_no_page_states_an_error_of_a_line_near_which_all_answer_alike(runtime, staff, browser_of):
    norm = previewed(runtime, staff, in_force={"seed": 1}, alike=[(0.85, 0), (0.15, 4)])
    assert "cut-not-measured" in norm.gate_reasons
    (closed,) = (gate for gate in norm.preview["gates"] if gate["gate"] == "cut-error")
    assert (closed["state"], closed["value"]) == ("red", None)
    former, drawn = of_preview(norm.preview, norm.label).lines.rows
    assert "–" not in former.figures
    assert (drawn.figures[0], drawn.figures[2]) == ("–", "–")
    with runtime.transaction() as session:
        grant_role(EDITOR_ID, "norm_editor", session=session, clock=runtime.clock, actor=operator())
    browser = browser_of(EDITOR_ID)
    card, desk = browser.get(f"/desk/norms/{norm.id}").text, browser.get("/desk/norms").text
    assert "its standard error is not measured" in card
    assert f"{norm.cut:.4f} ±" not in card
    assert f"{norm.cut:.3f}</td>" in desk


def test_the_first_norm_of_sittings_is_compared_with_the_norm_of_the_founders(runtime, staff):
    norm = previewed(runtime, staff, in_force=OF_FOUNDERS, **OF_SITTINGS)
    with runtime.reading() as session:
        (founders,) = queries.published(SKILL, "en", session=session)
    seen = norm.preview["former"]
    assert founders.population != norm.population
    assert (seen["id"], seen["cut"]) == (str(founders.id), founders.cut)
    assert founders.cut < norm.cut
    assert (seen["newly_above"], norm.preview["people"] > seen["no_longer_above"] > 0) == (0, True)
    assert norm.preview["renewals"]["newly_above"] is not None


def test_a_line_on_another_scale_is_not_compared(runtime, staff):
    """Items calibrated on simulated people carry a scale of their own."""
    simulated = {"mapping": a_described_mapping(simulated=True), "seed": 1}
    norm = previewed(runtime, staff, in_force=simulated)
    with runtime.reading() as session:
        (in_force,) = queries.published(SKILL, "en", session=session)
        assert renewing_people(norm.id, session=session, at=runtime.clock.now()) == ((), ())
    assert in_force.calibration_id != norm.calibration_id
    assert (norm.preview["former"], norm.preview["renewals"]["newly_above"]) == (None, None)


def test_edge_085_small_cells_keep_their_count_and_lose_their_figures(runtime, staff):
    table = previewed(runtime, staff).preview["impact"][0]
    rows = {row["label"]: row for row in table["rows"]}
    counted = Counter(SEX)
    assert table["unknown"] == counted[""] == 55
    assert {label: row["people"] for label, row in rows.items()} == {k: v for k, v in counted.items() if k}
    assert (rows["x"]["above"], rows["x"]["rate"], rows["x"]["ratio"], rows["x"]["note"]) == (
        None,
        None,
        None,
        "too-small",
    )
    assert max(rows["f"]["ratio"], rows["m"]["ratio"]) == 1.0


def test_a_stuffed_block_is_found_and_the_norm_is_not_approved(runtime, staff):
    """Threat T3: 5 % of the sample answers the highest everywhere; their own block gives them away."""
    norm = previewed(runtime, staff, stuffed=0.05)
    seen = norm.preview["sensitivity"]
    assert seen["most_influential"][0]["block"] == "20"
    assert seen["largest"] > seen["limit"] == 0.05
    assert not seen["is_within"]
    present = replace(staff[1], second_factor_at=runtime.clock.now())
    with runtime.transaction() as session, pytest.raises(InfluenceTooLarge):
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=runtime.clock, actor=present)


def test_an_honest_sample_is_within_the_limit_and_approved(runtime, staff):
    norm = previewed(runtime, staff)
    assert norm.may_certify
    assert set(norm.preview["sensitivity"]["divisions"]) == {"order", "day"}
    assert norm.preview["sensitivity"]["blocks"] == 50
    with runtime.transaction() as session:
        present = replace(staff[1], second_factor_at=runtime.clock.now())
        approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=runtime.clock, actor=present)


def test_leaving_a_block_out_in_one_step_is_near_to_estimating_anew():
    rng = np.random.default_rng(4)
    places = np.linspace(-6, 6, 61)
    theta = rng.normal(0, 1, 2000)
    theta[-100:] = 2.5
    logs = -0.5 * ((theta + rng.normal(0, 0.4, 2000))[:, None] - places) ** 2 / 0.16
    blocks = np.arange(2000) // 100
    latent = estimate_latent_density(logs, places)
    one_step = [NormTable.from_latent(places, row, 1).cut(0.9).theta for row in masses_without(latent, logs, blocks)]
    whole = NormTable.from_latent(places, latent.masses, 1).cut(0.9).theta
    for block in (0, 7):
        anew = estimate_latent_density(logs[blocks != block], places)
        cut = NormTable.from_latent(places, anew.masses, 1).cut(0.9).theta
        assert one_step[block] == pytest.approx(cut, abs=0.01)
    assert np.argmax(np.abs(np.array(one_step) - whole)) == 19
    assert np.isnan(masses_without(latent, logs, np.zeros(2000, dtype=int))).all()


def test_an_item_that_became_easier_is_named_as_drifted(runtime, staff):
    """The base scale is given; the third item stands one logit off on it, so the new people show it drifted."""
    with runtime.transaction() as session:
        a_calibrated_sample(session, runtime.clock, runtime.entropy, n=N)
        a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.DRAFT)
        norm_id = queries.norms(session=session)[0].id
        basis = bases.basis_of_preview(norm_id, session=session, at=runtime.clock.now())
    items = graded_items()
    thresholds = items.thresholds.copy()
    thresholds[2] += 1.0
    moved = FittedItems(basis.calibrated.items.self_report_codes, type(items)(items.slopes, thresholds))
    shifted = replace(basis.calibrated.items, self_report=moved.items)
    found = drift(replace(basis, calibrated=replace(basis.calibrated, items=shifted)))
    assert found["is_known"]
    assert [item["item"] for item in found["items"] if item["has_drifted"]] == ["P02"]
    assert found["items"][2]["location_drift"] == pytest.approx(1.0, abs=0.15)  # easier by one logit
    assert not any(item["has_drifted"] for item in drift(basis)["items"])
    assert not drift(replace(basis, set_the_scale=True))["is_known"]
    evidence = basis.calibrated.sample.self_report
    codes = evidence.responses.codes.copy()
    codes[:, 2] = MISSING  # an item that nobody was given is no common item
    sample = replace(basis.calibrated.sample, self_report=replace(evidence, responses=ResponseMatrix(codes)))
    found = drift(replace(basis, calibrated=replace(basis.calibrated, sample=sample)))
    assert found["is_known"]
    assert [item["item"] for item in found["items"]] == [f"P{item:02d}" for item in range(10) if item != 2]


def test_of_many_items_one_with_a_small_p_of_its_own_is_no_dif(runtime, staff):
    norm = previewed(runtime, staff)
    with runtime.reading() as session:
        basis = bases.basis_of_preview(norm.id, session=session, at=runtime.clock.now())
    by_chance, real = ({"ets": "C", "adjusted_p": p} for p in (0.3, 0.01))

    def dif_gate(*found: dict[str, object]) -> tuple[str, float]:
        of_all = {gate["gate"]: gate for gate in gates(basis, norm.preview | {"dif": list(found)})}
        return of_all["dif"]["state"], of_all["dif"]["value"]

    assert dif_gate(by_chance, by_chance) == ("green", 0)
    assert dif_gate(by_chance, real) == ("red", 1)


def test_a_sitting_counts_by_its_score_and_a_person_by_the_latest_one(runtime, staff):
    norm = previewed(runtime, staff, in_force={"seed": 1}, shift=0.5)
    with runtime.reading() as session:
        former = queries.published(SKILL, "en", session=session)[0]
    between = (former.cut + norm.cut) / 2
    at = runtime.clock.now()

    def sitting(person, days, median):
        return ScoredSitting(UUID(int=person), at - timedelta(days=days), None, median, 0.3)

    taken = [
        sitting(1, 100, norm.cut + 1),
        sitting(1, 10, between),  # above before, not after; the earlier sitting does not count for the person
        sitting(2, 20, norm.cut + 0.01),
        sitting(3, 30, former.cut - 0.01),
        sitting(4, 200, between),
    ]
    found = renewals(taken, norm, former, at=at)
    assert (found["sittings"], found["above_before"], found["above_after"]) == (3, 2, 1)
    assert (found["people"], found["newly_above"], found["no_longer_above"]) == (4, 0, 2)
    assert renewals(taken, former, norm, at=at)["newly_above"] == 2
    assert renewals([], norm, None, at=at)["above_before"] is None
    assert not found["from_normal"]
    from_before = replace(former, composite={"weights": [0.0, 1.0], "correlation": 0.0})
    assert renewals(taken, norm, from_before, at=at)["from_normal"]


@pytest.mark.parametrize("from_normal", [True, False])
def test_the_page_says_where_more_will_differ_than_it_counts(runtime, staff, browser_of, from_normal):
    with runtime.transaction() as session:
        grant_role(EDITOR_ID, "norm_editor", session=session, clock=runtime.clock, actor=operator())
    norm = previewed(runtime, staff, in_force={"seed": 1})
    with runtime.transaction() as session:
        row = session.get_one(NormVersion, norm.id)
        row.preview = {**row.preview, "renewals": {**row.preview["renewals"], "from_normal": from_normal}}
    page = browser_of(EDITOR_ID).get(f"/desk/norms/{norm.id}/preview").text
    assert ("more people may differ than are counted here" in page) is from_normal


def test_the_page_shows_counts_to_the_desk_and_names_to_support_alone(runtime, staff, browser_of):
    with runtime.transaction() as session:
        grant_role(EDITOR_ID, "norm_editor", session=session, clock=runtime.clock, actor=operator())
        grant_role(APPROVER_ID, "support", session=session, clock=runtime.clock, actor=operator())
    norm = previewed(runtime, staff, in_force={"seed": 1}, shift=0.3)
    page = browser_of(EDITOR_ID).get(f"/desk/norms/{norm.id}/preview").text
    for shown in ("The line moves from", "Above the line, by sex", "too few to tell", "One gate is not met.", "P02"):
        assert shown in page
    assert "<h3>" not in page
    assert "<h3>Newly above</h3>" in browser_of(APPROVER_ID).get(f"/desk/norms/{norm.id}/preview").text


def test_the_command_gives_everything_as_json(runtime, staff):
    with runtime.transaction() as session:
        a_calibrated_sample(session, runtime.clock, runtime.entropy, n=N)
        norm_id = str(a_norm(session, runtime.clock, runtime.entropy, *staff, NormState.DRAFT).id)
    result = CliRunner().invoke(norm_commands, ["preview", norm_id, "--json"], obj=runtime, catch_exceptions=False)
    shown = json.loads(result.output)["preview"]
    assert {"cut", "renewals", "sensitivity", "drift", "dif", "impact", "gates", "realised_share"} <= set(shown)
    assert "gate sample-size: met" in CliRunner().invoke(norm_commands, ["show", norm_id], obj=runtime).output


def test_weak_sittings_spread_evenly_lower_the_cut_by_less_than_the_limit():
    """The other half of threat T3: no block shows them, and a twentieth of them cannot move the cut far."""
    rng = np.random.default_rng(5)
    places = np.linspace(-6, 6, 61)
    theta = rng.normal(0, 1, 4000)
    weak = theta.copy()
    weak[::20] = -3.0
    error = rng.normal(0, 0.4, 4000)  # the same for both: what differs is the weak sittings alone

    def norm_of(thetas):
        logs = -0.5 * ((thetas + error)[:, None] - places) ** 2 / 0.16
        return NormTable.from_log_likelihoods(logs, places)

    honest = norm_of(theta)
    shift = (norm_of(weak).cut(0.9).theta - honest.cut(0.9).theta) / honest.sd
    assert -0.05 < shift < 0


def test_groups_and_blocks_are_read_from_the_columns_the_mapping_names(tmp_path):
    path = write_sample(tmp_path / "s.csv", n=6)
    lines = path.read_text().splitlines()
    lines = [
        f"{line},{extra}"
        for line, extra in zip(lines, ["sex,day", "f,1", "m,1", ",2", "f,2", "f,3", "m,3"], strict=True)
    ]
    path.write_text("\n".join(lines))
    sample = read_sample(path, a_described_mapping(groups={"sex": "sex"}, blocks={"day": "day"}))
    assert sample.labels == {"sex": ("f", "m", "", "f", "f", "m"), "day": ("1", "1", "2", "2", "3", "3")}


def test_a_column_of_ids_is_no_division(tmp_path):
    from app.norming.sample_errors import SampleInvalid  # noqa: PLC0415

    path = write_sample(tmp_path / "s.csv", n=MOST_LABELS + 1)
    with pytest.raises(SampleInvalid, match="divide nobody"):
        read_sample(path, a_described_mapping(groups={"who": "person"}, person="none"))
