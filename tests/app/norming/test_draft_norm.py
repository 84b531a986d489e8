"""A norm's numbers follow from responses, parameters and policies; nobody hands in a cut."""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import fields, replace

import numpy as np
import pytest

from app.api.shown import norm as as_told
from app.assessment.queries import latest_edition
from app.foundation import policies
from app.foundation.access import operator, system
from app.item_bank.calibrated_items import CalibratedItems
from app.item_bank.store_calibration import PRIOR
from app.norming import bases, queries
from app.norming.bases import DraftBasis
from app.norming.calibration_errors import LatentNotEstimated, NotCalibrated
from app.norming.draft_norm import draft_norm
from app.norming.errors import NormMovedOn
from app.norming.latent import CalibratedSample
from app.norming.models import NormState
from app.norming.policy import NormPolicy
from app.norming.preview_norm import preview_norm
from app.norming.publish_norm import publish_norm
from app.norming.rules import Gate
from app.norming.samples import KindOfEvidence, Sample
from app.norming.schedule_norm import schedule_norm
from app.norming.shown import norm_as_json, norm_as_lines
from app.norming.snapshot import is_as_drafted, sha256_of
from scoring.composite import Composite
from scoring.graded_response import log_likelihood
from scoring.graded_response import test_information as form_information
from scoring.items import ItemParameters
from scoring.normal import NODES, normal_prior
from scoring.norms import NormTable
from scoring.responses import ResponseMatrix
from scoring.simulation import simulate_responses
from tests.app.norming.builders import (
    SKILL,
    a_calibrated_sample,
    a_described_mapping,
    a_draft,
    a_norm,
    graded_items,
    import_sample,
    people,
)


@pytest.fixture
def staff(session, clock):
    return people(session, clock.now())


def test_the_cut_is_the_90th_percentile_of_the_latent_distribution(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy, n=4000)
    norm = a_draft(session, clock, entropy, staff[0])
    assert norm.cut == pytest.approx(1.2816, abs=3 * norm.cut_standard_error)
    assert 0.02 < norm.cut_standard_error < 0.06
    assert norm.latent_sd == pytest.approx(1.0, abs=0.05)
    view = queries.norm(norm.id, session=session)
    assert float(view.table.percentile_rank(norm.cut)) == pytest.approx(90.0, abs=1e-9)


def test_case_037_edge_004_the_rank_at_the_cut_is_the_cut_percentile_on_both_sides(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    view = queries.norm(a_draft(session, clock, entropy, staff[0]).id, session=session)
    below, at, above = view.table.percentile_rank([view.cut - 1e-6, view.cut, view.cut + 1e-6])
    assert below < at < above
    assert at == pytest.approx(90.0, abs=1e-9)


def test_anyone_recomputes_cut_error_and_hash_from_the_published_content_bit_for_bit(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    norm = a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    session.flush()
    session.expire_all()
    shown = json.loads(json.dumps(queries.content(norm.id, session=session)))
    content = shown["content"]
    cut = NormTable.from_dict(content["latent"]).cut(content["cut_percentile"] / 100)
    assert (cut.theta, cut.standard_error) == (content["cut"], content["cut_standard_error"])
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == shown["sha256"] == norm.sha256


def test_a_norm_states_its_group_as_the_prior_of_its_sittings_and_anyone_finds_it_in_the_table(
    session, clock, entropy, staff
):
    a_calibrated_sample(session, clock, entropy, n=2000)
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    publish_norm(norm.id, session=session, clock=clock, actor=system())
    content = json.loads(json.dumps(queries.content(norm.id, session=session)))["content"]

    masses = np.array(content["composite"]["masses"])
    np.testing.assert_allclose(masses, NormTable.from_dict(content["latent"]).masses(NODES), rtol=1e-5)
    assert latest_edition(SKILL, "en", session=session).composite["masses"] == masses.tolist()
    nothing = Composite((0.0, 1.0), 0.0, masses).posterior(None, None)
    assert nothing.probability_above(norm.cut) == pytest.approx(0.1, abs=0.002)
    assert is_as_drafted(norm)


@pytest.mark.parametrize("masses", [np.full(61, 1 / 61), np.ones(3), np.full(61, np.nan)])
def test_a_prior_that_is_not_the_norm_groups_is_noticed_whatever_the_hash_says(session, clock, entropy, staff, masses):
    a_calibrated_sample(session, clock, entropy)
    norm = a_draft(session, clock, entropy, staff[0])
    assert is_as_drafted(norm)
    with session.no_autoflush:
        norm.composite = {**norm.composite, "masses": masses.tolist()}
        if np.isfinite(masses).all():
            norm.sha256 = sha256_of(norm)
        assert not is_as_drafted(norm)
        session.expire(norm)


def test_no_way_into_a_draft_takes_a_number_of_the_norm():
    taken = {*inspect.signature(draft_norm).parameters, *(field.name for field in fields(DraftBasis))}
    assert taken.isdisjoint({"cut", "cut_standard_error", "table", "latent", "n", "may_certify"})


def test_the_same_responses_give_the_same_numbers(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    first, second = (a_draft(session, clock, entropy, staff[0]) for _ in range(2))
    assert (first.cut, first.cut_standard_error, first.latent) == (second.cut, second.cut_standard_error, second.latent)
    assert first.sha256 != second.sha256  # another version by its label


@pytest.mark.parametrize(
    ("n", "gate", "reason"),
    [(399, Gate.NONE, True), (400, Gate.PROVISIONAL, True), (999, Gate.PROVISIONAL, True), (1000, Gate.FULL, False)],
)
def test_case_038_edge_001_002_the_gates_read_the_sample(session, clock, entropy, staff, n, gate, reason):
    a_calibrated_sample(session, clock, entropy, n=n)
    view = queries.norm(a_draft(session, clock, entropy, staff[0]).id, session=session)
    assert view.gate is gate
    assert (view.gives_percentile_rank, view.is_provisional) == (gate is not Gate.NONE, gate is not Gate.FULL)
    assert ("sample-too-small" in view.gate_reasons) is reason
    assert "self-report-only" in view.gate_reasons
    assert not view.may_certify


@pytest.mark.parametrize("n", [10, 12])
def test_case_038_tiny_groups_and_ties_have_no_rank_and_no_award(session, clock, entropy, staff, n):
    a_calibrated_sample(session, clock, entropy, n=n)
    view = queries.norm(a_draft(session, clock, entropy, staff[0]).id, session=session)
    assert (view.gives_percentile_rank, view.may_certify) == (False, False)
    assert np.isfinite([view.cut, view.cut_standard_error]).all()


HIGHEST = 4


@pytest.mark.parametrize(
    ("alike", "open_gates"),
    [
        ([(0.85, 0), (0.15, HIGHEST)], ()),
        ([(0.92, 0), (0.08, HIGHEST)], ()),
        ([(1.0, HIGHEST)], ()),
        ([(1.0, 0)], ()),
        ([(0.95, 1), (0.05, 3)], ()),  # in the midst of the scale
        ([(0.20, HIGHEST)], ()),  # of people like the others before
        ([(0.11, HIGHEST)], ()),
        ([], ("may certify",)),
        ([(0.05, HIGHEST)], ("may certify",)),  # the cut lies below them, where people are told apart
        ([(0.40, 0)], ("may certify",)),  # a floor
    ],
)
def test_case_038_a_cut_among_people_who_all_answer_alike_certifies_nothing(
    session, clock, entropy, staff, alike, open_gates
):
    waived = {"judgement_must_be_measured": False}
    policies.set_policy(NormPolicy, waived, session=session, at=clock.now(), actor=operator())
    a_calibrated_sample(session, clock, entropy, n=1200, alike=alike)
    view = queries.norm(a_draft(session, clock, entropy, staff[0]).id, session=session)
    assert ("cut-not-measured" in view.gate_reasons) is not bool(open_gates)
    assert view.may_certify is bool(open_gates)
    shown = norm_as_lines(view)
    assert ("the cut lies where the answers tell nobody apart" in shown) is not bool(open_gates)
    assert ("cut error  not measured" in shown) is not bool(open_gates)
    assert (f"± {view.cut_standard_error:.4f}" in shown) is bool(open_gates)
    told = (norm_as_json(view)["cut_standard_error"], as_told(view).cut_standard_error)
    assert told == ((view.cut_standard_error,) * 2 if open_gates else (None, None))


@pytest.mark.parametrize(("items", "most"), [(3, 1.0), (6, 0.5), (10, 0.4)])
def test_the_error_near_the_cut_is_that_of_the_answers(session, clock, entropy, items, most):
    """Of honest people, by the form's own information."""
    a_calibrated_sample(session, clock, entropy, n=4000, items=items)
    calibrated = bases.basis_of_draft(SKILL, session=session, at=clock.now()).calibrated
    cut = calibrated.norm_table().cut(0.9).theta
    known = 1 / np.sqrt(form_information(graded_items(items), cut).item())
    assert calibrated.error_at(cut) == pytest.approx(known, rel=0.15)
    assert calibrated.error_at(cut) < most
    assert calibrated.error_at(6.05) == np.inf  # beyond the nodes


@pytest.mark.parametrize("n", [1, 2, 8])
def test_of_fewer_than_ten_people_no_norm_is_drafted(session, clock, entropy, staff, n):
    """The error of their cut would come out far too small."""
    a_calibrated_sample(session, clock, entropy, n=n)
    with pytest.raises(LatentNotEstimated, match="needs 10 people or more"):
        a_draft(session, clock, entropy, staff[0])
    assert queries.norms(session=session) == ()


def test_what_is_unknown_of_a_legacy_sample_is_named(session, clock, entropy, staff):
    unknown = a_described_mapping(consent="not stated", collected="unknown", age="unknown")
    a_calibrated_sample(session, clock, entropy, n=1200, mapping=unknown)
    norm = a_draft(session, clock, entropy, staff[0])
    assert norm.gate_reasons == ["self-report-only", "window-unknown", "consent-not-stated", "ages-unknown"]


def test_a_norm_read_by_the_authors_expectation_never_certifies_however_it_is_published(session, clock, entropy, staff):
    waived = {"judgement_must_be_measured": False}
    policies.set_policy(NormPolicy, waived, session=session, at=clock.now(), actor=operator())
    a_calibrated_sample(session, clock, entropy, n=1200, source=PRIOR)
    norm = a_norm(session, clock, entropy, *staff, NormState.SCHEDULED)
    assert (norm.gate_reasons, norm.may_certify, norm.gate) == (["parameters-not-estimated"], False, Gate.FULL)

    publish_norm(norm.id, session=session, clock=clock, actor=operator())

    edition = latest_edition(SKILL, "en", session=session)
    assert edition is not None
    assert (edition.norm_id, edition.may_certify) == (norm.id, False)


def test_a_trial_policy_set_before_the_draft_opens_the_gates_it_names(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy, n=1200, mapping=a_described_mapping(consent="not stated"))
    waived = {"consent_must_be_stated": False, "judgement_must_be_measured": False}
    policies.set_policy(NormPolicy, waived, session=session, at=clock.now(), actor=operator())
    norm = a_draft(session, clock, entropy, staff[0])
    assert (norm.may_certify, norm.gate_reasons, norm.policy_version) == (True, [], 1)


def test_edge_017_simulated_people_mark_the_norm(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy, mapping=a_described_mapping(simulated=True))
    assert a_draft(session, clock, entropy, staff[0]).demo


def test_a_sample_that_is_not_calibrated_cannot_be_normed(session, clock, entropy, staff):
    import_sample(session, clock, entropy)
    with pytest.raises(NotCalibrated, match="decile calibrate"):
        bases.basis_of_draft(SKILL, session=session, at=clock.now())


def test_a_first_preview_says_what_share_would_be_above(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy, n=2000)
    norm = a_draft(session, clock, entropy, staff[0])
    basis = bases.basis_of_preview(norm.id, session=session, at=clock.now())
    preview_norm(basis, session=session, clock=clock, actor=staff[0])
    assert norm.state is NormState.PREVIEWED
    assert norm.preview is not None
    assert norm.preview["people"] == 2000
    assert norm.preview["former"] is None
    assert 0.07 < norm.preview["share_above"] < 0.12


def test_edge_012_a_preview_counts_who_would_differ(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy, n=1000)
    former = a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    a_calibrated_sample(session, clock, entropy, n=1000, seed=2, shift=0.5)
    norm = a_draft(session, clock, entropy, staff[0])
    basis = bases.basis_of_preview(norm.id, session=session, at=clock.now())
    preview_norm(basis, session=session, clock=clock, actor=operator())
    assert norm.preview is not None
    seen = norm.preview["former"]
    assert (seen["label"], seen["cut"]) == (former.label, former.cut)
    assert norm.cut > former.cut
    assert seen["newly_above"] == 0
    assert seen["no_longer_above"] == round(1000 * (seen["share_above"] - norm.preview["share_above"])) > 0


def test_a_preview_of_another_norm_in_force_is_refused(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    norm = a_draft(session, clock, entropy, staff[0])
    basis = bases.basis_of_preview(norm.id, session=session, at=clock.now())
    a_norm(session, clock, entropy, *staff, NormState.PUBLISHED)
    with pytest.raises(NormMovedOn):
        preview_norm(basis, session=session, clock=clock, actor=staff[0])
    assert norm.state is NormState.DRAFT


def test_a_preview_is_kept_once_the_norm_goes_on(session, clock, entropy, staff):
    a_calibrated_sample(session, clock, entropy)
    norm = a_norm(session, clock, entropy, *staff, NormState.APPROVED)
    kept = dict(norm.preview)
    schedule_norm(norm.id, session=session, clock=clock, actor=staff[0])
    assert norm.preview == kept


def two_kinds(n: int, correlation: float, seed: int = 3) -> CalibratedSample:
    """Both kinds of evidence of simulated people."""
    rng = np.random.default_rng(seed)
    thetas = rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], n)
    statements, scenarios = graded_items(12), ItemParameters(np.full(12, 1.2), graded_items(12).thresholds)
    evidence = {
        "self_report": KindOfEvidence(
            tuple(f"S{i}" for i in range(12)), ResponseMatrix(simulate_responses(statements, thetas[:, 1], rng))
        ),
        "judgement": KindOfEvidence(
            tuple(f"J{i}" for i in range(12)), ResponseMatrix(simulate_responses(scenarios, thetas[:, 0], rng))
        ),
    }
    sample = Sample(
        id=None, skill="s", language="en", release_id=None, is_trial=True, n=n, calibration_id=None, **evidence
    )
    items = CalibratedItems(evidence["self_report"].codes, statements, evidence["judgement"].codes, scenarios)
    return CalibratedSample(sample, items, (0.5, 0.5), correlation)


def test_a_short_weak_test_does_not_shrink_the_norm_group():
    """Estimates of a test of reliability .7 spread over .84 of the scale; the people behind them do not."""
    rng = np.random.default_rng(5)
    weak = ItemParameters(np.full(8, 0.9), graded_items(8).thresholds)
    answered = ResponseMatrix(simulate_responses(weak, rng.normal(size=4000), rng))
    evidence = KindOfEvidence(tuple(f"S{i}" for i in range(8)), answered)
    sample = Sample(
        id=None,
        skill="s",
        language="en",
        release_id=None,
        is_trial=True,
        n=4000,
        calibration_id=None,
        self_report=evidence,
        judgement=None,
    )
    items = CalibratedItems(evidence.codes, weak, (), None)
    table = CalibratedSample(sample, items, (0.0, 1.0), 0.0).norm_table()
    assert table.sd == pytest.approx(1.0, abs=0.06)
    assert table.cut(0.9).theta == pytest.approx(1.2816, abs=3 * table.cut(0.9).standard_error)


@pytest.mark.parametrize("correlation", [0.3, 0.7])
def test_two_kinds_of_evidence_are_normed_on_the_standardised_composite(correlation):
    table = two_kinds(3000, correlation).norm_table()
    cut = table.cut(0.9)
    assert table.sd == pytest.approx(1.0, abs=0.06)
    assert cut.theta == pytest.approx(1.2816, abs=3 * cut.standard_error)


SKEWED = normal_prior(NODES, -0.5, 0.7) * 0.75 + normal_prior(NODES, 1.5, 0.6) * 0.25


@pytest.mark.parametrize("masses", [None, tuple(SKEWED / SKEWED.sum())])
def test_a_person_is_above_in_the_preview_as_in_a_sitting(masses):
    calibrated = two_kinds(60, 0.5)
    composite = Composite((0.5, 0.5), 0.5, masses)
    previewed = calibrated.probability_above(0.4, 0.05, masses)
    judgement = log_likelihood(calibrated.sample.judgement.responses, calibrated.items.judgement, NODES)
    self_report = log_likelihood(calibrated.sample.self_report.responses, calibrated.items.self_report, NODES)
    sittings = [
        composite.posterior(mine, own).probability_above(0.4, 0.05)
        for mine, own in zip(judgement, self_report, strict=True)
    ]
    np.testing.assert_allclose(previewed, sittings, atol=0.001)


@pytest.mark.parametrize("masses", [None, tuple(SKEWED / SKEWED.sum())])
@pytest.mark.parametrize("length", [10, 60])
def test_a_person_is_above_in_the_preview_of_one_kind_as_in_a_sitting(length, masses):
    rng = np.random.default_rng(4)
    items = ItemParameters(np.full(length, 1.6), np.sort(rng.normal(0, 1, (length, 4)), axis=1))
    answered = ResponseMatrix(simulate_responses(items, rng.normal(size=200), rng))
    codes = tuple(f"S{i}" for i in range(length))
    sample = replace(two_kinds(1, 0.5).sample, n=200, self_report=KindOfEvidence(codes, answered), judgement=None)
    calibrated = CalibratedSample(sample, CalibratedItems(codes, items, (), None), (0.0, 1.0), 0.0)
    composite = Composite((0.0, 1.0), 0.0, masses)
    sittings = [
        composite.posterior(None, own).probability_above(0.8, 0.05) for own in log_likelihood(answered, items, NODES)
    ]
    np.testing.assert_allclose(calibrated.probability_above(0.8, 0.05, masses), sittings, atol=1e-6)
