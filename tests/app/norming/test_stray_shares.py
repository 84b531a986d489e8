"""The stray share of a sample: estimated when it is calibrated, part of every norm drafted from it."""

from __future__ import annotations

import numpy as np
import pytest

from app.foundation.access import operator
from app.norming import bases, stray_shares
from app.norming.calibrate_items import calibrate_items
from app.norming.effort import Effort
from app.norming.sample_file import SampleFile
from app.norming.snapshot import content_of
from scoring.simulation import simulate_responses
from tests.app.norming import builders
from tests.app.norming.builders import SKILL, a_draft, graded_items, import_sample, people

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
STRAY = 0.2  # of the people answer every item as somebody else drawn from N(0, 2²) would


def half_stray_file(n: int, *, seed: int = 1, **_: object) -> SampleFile:
    """People some of whose answers say nothing of them: what the stray share is meant to find."""
    rng = np.random.default_rng(seed)
    theta = rng.standard_normal((n, 1)).repeat(10, axis=1)
    astray = rng.random((n, 1)) < STRAY
    theta = np.where(astray, 2.0 * rng.standard_normal((n, 10)), theta)
    columns = [simulate_responses(graded_items().take([j]), theta[:, j], rng) for j in range(10)]
    return SampleFile(np.hstack(columns), tuple(f"P{j:02d}" for j in range(10)), n, {}, f"{seed:064d}")


def calibrated(session, clock, entropy):
    sample = bases.latest_sample(SKILL, session=session)
    effort = Effort(half_forms=4)
    return calibrate_items(sample, session=session, clock=clock, entropy=entropy, actor=operator(), effort=effort)


def test_a_sample_with_stray_forms_has_a_share_and_one_without_has_next_to_none(session, clock, entropy, monkeypatch):
    import_sample(session, clock, entropy, n=1000)
    clean = calibrated(session, clock, entropy).stray_shares["self_report"]["share"]
    monkeypatch.setattr(builders, "a_sample_file", half_stray_file)
    import_sample(session, clock, entropy, n=1000, seed=3)
    stray = calibrated(session, clock, entropy).stray_shares["self_report"]["share"]
    assert 0.0 <= clean < 0.004
    assert stray > clean + 0.004


def test_a_later_sample_on_a_scale_that_is_kept_has_a_share_of_its_own(session, clock, entropy):
    import_sample(session, clock, entropy, n=600)
    first = calibrated(session, clock, entropy)
    import_sample(session, clock, entropy, n=600, seed=2)
    second = calibrated(session, clock, entropy)
    assert second.calibration_id == first.calibration_id
    assert second.fits == {}
    assert second.stray_shares["self_report"]["half_forms"] == 4


def test_the_same_responses_have_the_same_share(session, clock, entropy):
    import_sample(session, clock, entropy, n=600)
    sample = bases.latest_sample(SKILL, session=session)
    items = graded_items()
    once, again = (
        stray_shares.estimated(sample.self_report, sample.self_report.codes, items, half_forms=4) for _ in range(2)
    )
    assert once == again


def gap_file_with(whole: int):
    """Files in which only the first `whole` people answered every item."""

    def of(n: int, *, seed: int = 1, **_: object) -> SampleFile:
        codes = half_stray_file(n, seed=seed).codes.copy()
        short = np.arange(whole, n)
        codes[short, short % 10] = -1
        return SampleFile(codes, tuple(f"P{j:02d}" for j in range(10)), n, {}, f"{seed:064d}")

    return of


@pytest.mark.parametrize(("whole", "people"), [(0, 400), (299, 400), (320, 700)])
def test_with_few_whole_forms_nothing_is_estimated_and_the_run_says_why(
    session, clock, entropy, monkeypatch, whole, people
):
    monkeypatch.setattr(builders, "a_sample_file", gap_file_with(whole))
    import_sample(session, clock, entropy, n=people)
    found = calibrated(session, clock, entropy).stray_shares["self_report"]
    assert found["share"] is None
    assert found["reason"].startswith(f"Too few whole forms: {whole} of {people} people answered every item.")
    assert stray_shares.shares_of({"self_report": found}) == (0.0, 0.0)


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("share", "error", "used"),
    [(0.02, 0.004, 0.02), (0.02, 0.011, 0.0), (0.25, None, 0.0), (0.12, None, 0.0), (0.0, None, 0.0)],
)
def test_a_share_with_a_large_error_or_none_is_not_used(share, error, used):
    run = {"self_report": {"share": share, "standard_error": error, "half_forms": 4}}
    assert stray_shares.shares_of(run) == (0.0, used)


def test_a_norm_hashes_and_reads_the_share_it_was_drafted_with(session, clock, entropy, monkeypatch):
    staff = people(session, clock.now())
    monkeypatch.setattr(builders, "a_sample_file", half_stray_file)
    import_sample(session, clock, entropy, n=1000)
    run = calibrated(session, clock, entropy)
    norm = a_draft(session, clock, entropy, staff[0])
    share = run.stray_shares["self_report"]["share"]
    assert norm.composite["stray_shares"] == [0.0, share]
    assert content_of(norm)["composite"]["stray_shares"] == [0.0, share]
    assert bases.basis_of_preview(norm.id, session=session, at=clock.now()).calibrated.stray_shares == (0.0, share)


def test_the_latent_distribution_is_estimated_under_the_same_likelihood(session, clock, entropy, monkeypatch):
    staff = people(session, clock.now())
    monkeypatch.setattr(builders, "a_sample_file", half_stray_file)
    import_sample(session, clock, entropy, n=1000)
    run = calibrated(session, clock, entropy)
    softened = a_draft(session, clock, entropy, staff[0])
    run.stray_shares = None
    session.flush()
    plain = a_draft(session, clock, entropy, staff[0])
    assert "stray_shares" not in plain.composite
    assert softened.cut != plain.cut
