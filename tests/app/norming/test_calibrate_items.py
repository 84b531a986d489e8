"""Item parameters from a sample; the first calibration of a release sets the scale and later samples keep it."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import func, select

from app.foundation.access import Actor, Forbidden, operator
from app.item_bank import queries as item_bank
from app.norming import bases, queries
from app.norming.calibrate_items import calibrate_items
from app.norming.calibration_errors import CalibrationFailed, ScaleWouldMove
from app.norming.models import CalibrationRun
from app.norming.sample_file import SampleFile
from tests.app.norming.builders import SKILL, a_described_mapping, a_sample_file, graded_items, import_sample


def calibrated(session, clock, entropy):
    sample = bases.latest_sample(SKILL, session=session)
    return calibrate_items(sample, session=session, clock=clock, entropy=entropy, actor=operator())


def test_simulated_parameters_come_back(session, clock, entropy):
    import_sample(session, clock, entropy, n=3000)
    run = calibrated(session, clock, entropy)
    found = item_bank.item_parameters(run.calibration_id, session=session)
    assert found.self_report is not None
    np.testing.assert_allclose(found.self_report.slopes, graded_items().slopes, atol=0.25)
    np.testing.assert_allclose(found.self_report.thresholds, graded_items().thresholds, atol=0.25)
    view = item_bank.calibration(run.calibration_id, session=session)
    assert (view.source, view.n, view.converged) == ("sample", 3000, True)
    assert run.fits["self_report"]["log_likelihood"] == view.log_likelihood


def test_calibrating_again_changes_nothing(session, clock, entropy):
    import_sample(session, clock, entropy)
    assert calibrated(session, clock, entropy).id == calibrated(session, clock, entropy).id
    assert session.scalar(select(func.count()).select_from(CalibrationRun)) == 1


def test_a_later_sample_is_read_on_the_scale_of_the_first(session, clock, entropy):
    import_sample(session, clock, entropy)
    first = calibrated(session, clock, entropy)
    import_sample(session, clock, entropy, seed=2, shift=1.0)
    second = calibrated(session, clock, entropy)
    assert second.id != first.id
    assert second.calibration_id == first.calibration_id
    assert queries.run(second.id, session=session).summary == " Its items carry a scale already; it is kept."


def test_a_sample_read_before_another_calibrated_it_takes_the_scale_that_is_there(session, clock, entropy):
    """Two people press the button at once: one scale comes of it."""
    import_sample(session, clock, entropy)
    early = bases.latest_sample(SKILL, session=session)
    first = calibrated(session, clock, entropy)
    assert early.calibration_id is None
    again = calibrate_items(early, session=session, clock=clock, entropy=entropy, actor=operator())
    assert again.id == first.id


def test_another_release_of_a_real_skill_cannot_bring_its_own_scale(session, clock, entropy):
    import_sample(session, clock, entropy)
    calibrated(session, clock, entropy)
    longer = {f"P{i:02d}": {"en": f"Other statement {i}"} for i in range(10)}
    import_sample(session, clock, entropy, seed=2, mapping=a_described_mapping(items=longer))
    sample = bases.latest_sample(SKILL, session=session)
    assert sample.calibration_id is None
    as_real = type(sample)(**{name: getattr(sample, name) for name in sample.__slots__} | {"is_trial": False})
    with pytest.raises(ScaleWouldMove):
        calibrate_items(as_real, session=session, clock=clock, entropy=entropy, actor=operator())


def test_responses_without_any_spread_end_in_a_reason(session, clock, entropy, monkeypatch):
    flat = SampleFile(np.zeros((50, 10), dtype=np.int8), a_sample_file(1).columns, 50, {}, "f" * 64)
    monkeypatch.setattr("tests.app.norming.builders.a_sample_file", lambda *_, **__: flat)
    import_sample(session, clock, entropy)
    with pytest.raises(CalibrationFailed, match="Nothing was stored"):
        calibrated(session, clock, entropy)
    assert session.scalar(select(func.count()).select_from(CalibrationRun)) == 0


def test_a_candidate_may_not_calibrate(session, clock, entropy):
    import_sample(session, clock, entropy)
    sample = bases.latest_sample(SKILL, session=session)
    with pytest.raises(Forbidden):
        calibrate_items(
            sample, session=session, clock=clock, entropy=entropy, actor=Actor(None, "x", frozenset({"candidate"}))
        )
