"""Parameters are stored for items of a release alone, and come back bit for bit as scoring values."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.item_bank import queries
from app.item_bank.calibrated_items import FittedItems, pack, unpack
from app.item_bank.errors import CalibrationInvalid, CalibrationNotFound, ReleaseNotFound
from app.item_bank.models import Calibration, Source
from app.item_bank.release_bank import release_bank
from app.item_bank.store_calibration import SAMPLE, store_calibration
from scoring.items import ItemParameters
from tests.app.item_bank.bank_folders import OPERATOR, SHIPPED

TWO = FittedItems(
    codes=("col-s02", "col-s01"),
    items=ItemParameters([1.1, 0.9], np.array([[-1.0, 0.0, 0.5, 1.0], [-2.0, -1.0, 0.1, np.nan]])),
    standard_errors={"slopes": [0.1, 0.2]},
    log_likelihood=-1234.5,
    notes=("category 4 of col-s01 was never seen and is merged",),
)
ONE = FittedItems(("col-j03",), ItemParameters([0.8], np.array([[-1.0, 0.3, 0.9, 1.4]])), log_likelihood=-100.25)


@pytest.fixture
def store(session, clock, entropy):
    released = release_bank(SHIPPED, session=session, clock=clock, entropy=entropy, actor=OPERATOR)

    def store(self_report=TWO, judgement=ONE, release_id=released.id):
        return store_calibration(
            release_id,
            source=SAMPLE,
            n=900,
            self_report=self_report,
            judgement=judgement,
            session=session,
            clock=clock,
            entropy=entropy,
            actor=OPERATOR,
        )

    return store


def test_a_calibration_comes_back_as_it_was_fitted(store, session):
    stored = store()
    assert (stored.source, stored.is_prior, stored.n, stored.log_likelihood) == ("sample", False, 900, -1334.75)
    assert (stored.converged, stored.notes) == (True, TWO.notes)

    found = queries.item_parameters(stored.id, session=session)

    assert (found.self_report_codes, found.self_report) == (TWO.codes, TWO.items)
    assert (found.judgement_codes, found.judgement) == (ONE.codes, ONE.items)
    assert found.kinds == ("statement", "statement", "scenario")


def test_a_kind_that_was_not_fitted_is_none_and_an_unconverged_fit_says_so(store, session):
    stored = store(replace(TWO, converged=False), None)
    found = queries.item_parameters(stored.id, session=session)
    assert (found.judgement, found.judgement_codes, stored.converged) == (None, (), False)


@pytest.mark.parametrize(
    ("self_report", "judgement", "reason"),
    [
        (None, None, "no item"),
        (replace(TWO, codes=("col-s01", "col-s01")), None, "one to one"),
        (replace(TWO, codes=("col-s01",)), None, "one to one"),
        (replace(TWO, codes=("col-s01", "col-j01")), None, "no statement of it is named col-j01"),
        (None, replace(ONE, items=ItemParameters([1.0], np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]]))), "5 categories"),
    ],
)
def test_parameters_that_do_not_belong_to_the_release_are_refused(store, self_report, judgement, reason):
    with pytest.raises(CalibrationInvalid, match=reason):
        store(self_report, judgement)


def test_an_unknown_release_or_calibration_is_not_found(store, session):
    with pytest.raises(ReleaseNotFound):
        store(release_id=UUID(int=7))
    with pytest.raises(CalibrationNotFound):
        queries.calibration(UUID(int=7), session=session)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 4.0), st.lists(st.integers(-600, 600), min_size=1, max_size=4, unique=True)),
        min_size=1,
        max_size=6,
    )
)
def test_packing_loses_no_bit_whatever_the_parameters(rows):
    thresholds = np.full((len(rows), 4), np.nan)
    for row, (_, values) in enumerate(rows):
        thresholds[row, : len(values)] = np.sort(values) / 97
    width = max(len(values) for _, values in rows)
    items = ItemParameters([slope for slope, _ in rows], thresholds[:, :width])
    codes = tuple(f"x-s{number:02d}" for number in range(len(rows)))
    row = Calibration(source=Source.SAMPLE, parameters={"self_report": pack(FittedItems(codes, items))})
    assert (unpack(row).self_report, unpack(row).codes) == (items, codes)
