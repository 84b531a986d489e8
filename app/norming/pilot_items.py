"""Pilot items come onto the scale: estimated beside the items in use, whose parameters stay as they are.

Nothing that a candidate sees moves by it: the items in use are fixed, so the scale, the norm and its line are where
they were (Kim 2006, Journal of Educational Measurement 43, 355-381). An item that does not pass the gate of the
policy gets no parameters, and stays in its pilot with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.norming_rows import NormingRow, responses_for_norming
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import JUDGEMENT, SELF_REPORT, CalibratedItems, FittedItems, pack_errors
from app.item_bank.item_record import state_ledger
from app.norming.base_scale import of_kind
from app.norming.policy import NormPolicy
from app.norming.samples import SCENARIO, STATEMENT, Sample
from scoring.calibration_parts import PartsHere, Placing
from scoring.errors import ScoringError
from scoring.responses import MISSING, ResponseMatrix

KINDS = {JUDGEMENT: SCENARIO, SELF_REPORT: STATEMENT}
EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class PilotAnswers:
    """Answers of one kind of evidence: to the items in use, (people, items), and beside them to those in pilot."""

    in_use: NDArray[np.int8]
    tried: NDArray[np.int8]
    codes: tuple[str, ...]  # of those in pilot
    categories: tuple[int, ...]  # of those in pilot, as the bank has them


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of the pilot items: those with parameters now, by kind, and every one's figures."""

    fitted: Mapping[str, FittedItems]
    report: Sequence[Mapping[str, Any]]


def pilot_answers(
    sample: Sample, scale: CalibratedItems, *, until: datetime, session: Session
) -> dict[str, PilotAnswers]:
    """What people who may enter a norm answered to the items that are in pilot now and have no parameters, by kind.

    First sittings on the sample's release and in its language, of all time: to fixed items it is all one who answers.
    """
    items = {one.code: one for one in item_bank.release_items(sample.release_id, sample.language, session=session)}
    ledger = state_ledger(sample.release_id, sample.language, session=session)
    in_pilot = ledger.states_at(ledger.latest).pilots & items.keys() - set(scale.codes)
    if not in_pilot:
        return {}
    every = responses_for_norming(sample.skill, sample.language, after=EVER, until=until, session=session)
    rows = [
        row
        for row in every
        if row.release_id == sample.release_id
        and any(code in in_pilot for code, _, category in row.tried if category is not None)
        and accounts.may_enter_norm(row.person_id, session=session)
    ]
    found = {}
    for evidence, kind in KINDS.items():
        codes = tuple(sorted(code for code in in_pilot if items[code].kind == kind))
        if codes and (scale.judgement if evidence == JUDGEMENT else scale.self_report) is not None:
            in_use, parameters = of_kind(evidence, scale)
            known = np.minimum(_matrix(rows, in_use, "units"), (parameters.categories - 1).astype(np.int8))
            tried = _matrix(rows, codes, "tried")
            found[evidence] = PilotAnswers(known, tried, codes, tuple(items[code].categories for code in codes))
    return found


def _matrix(rows: Sequence[NormingRow], codes: Sequence[str], part: str) -> NDArray[np.int8]:
    """Categories of (people, codes), turned already so that more is more."""
    place = {code: number for number, code in enumerate(codes)}
    answered = np.full((len(rows), len(codes)), MISSING, dtype=np.int8)
    for person, row in enumerate(rows):
        for code, _kind, category in getattr(row, part):
            if category is not None and code in place:
                answered[person, place[code]] = category
    return answered


def place_pilot_items(
    answers: Mapping[str, PilotAnswers], scale: CalibratedItems, policy: NormPolicy, placing: Placing = PartsHere
) -> Placed:
    """Parameters of every pilot item that has answers enough and passes the gate; a report of every one.

    A report names `item`, `kind`, `answers`, and where it was estimated `slope`, `rmsd`, `infit` and `least_share` of
    a category; `kept_back` says why it has no parameters, and is None where it has.
    """
    fitted, report = {}, []
    for kind, given in answers.items():
        counts = (given.tried != MISSING).sum(axis=0)
        ready = counts >= policy.pilot_responses
        report += [
            {"item": code, "kind": kind, "answers": int(count), "kept_back": "too-few-answers"}
            for code, count, is_ready in zip(given.codes, counts, ready, strict=True)
            if not is_ready
        ]
        if ready.any():
            passed, figures = _placed(kind, _of(given, np.flatnonzero(ready)), scale, policy, placing)
            report += figures
            if passed is not None:
                fitted[kind] = passed
    return Placed(fitted, sorted(report, key=lambda one: one["item"]))


def _of(given: PilotAnswers, chosen: NDArray[np.int64]) -> PilotAnswers:
    """The same of some pilot items, and of the people who answered one of them and an item in use."""
    tried = given.tried[:, chosen]
    rows = (tried != MISSING).any(axis=1) & (given.in_use != MISSING).any(axis=1)
    codes, categories = (tuple(of[place] for place in chosen) for of in (given.codes, given.categories))
    return PilotAnswers(given.in_use[rows], tried[rows], codes, categories)


def _placed(
    kind: str, given: PilotAnswers, scale: CalibratedItems, policy: NormPolicy, placing: Placing
) -> tuple[FittedItems | None, list[dict[str, Any]]]:
    from scoring.calibration import calibrate  # noqa: PLC0415  scipy and numba: seconds no other page may pay
    from scoring.item_fit_statistics import item_fit  # noqa: PLC0415

    _, parameters = of_kind(kind, scale)
    asked = np.flatnonzero((given.in_use != MISSING).any(axis=0))
    fixed = parameters.take(list(asked))
    responses = ResponseMatrix(np.hstack([given.in_use[:, asked], given.tried]))
    counts = (given.tried != MISSING).sum(axis=0)
    try:
        fit = calibrate(responses, fixed=(np.arange(asked.size), fixed), placing=placing)
        if not fit.converged:
            raise ScoringError("; ".join(fit.notes))
        judged = item_fit(responses, fit.items, mean=float(fit.group_means[0]), sd=float(fit.group_sds[0]))
    except ScoringError:
        return None, [_said(kind, code, n, "not-estimated") for code, n in zip(given.codes, counts, strict=True)]
    new = np.arange(asked.size, asked.size + len(given.codes))
    shares = [_least_share(given.tried[:, k], given.categories[k]) for k in range(len(given.codes))]
    figures = [
        _said(
            kind,
            code,
            counts[k],
            _kept_back(fit.items.slopes[place], shares[k], judged.infit[place], judged.rmsd[place], policy),
            slope=float(fit.items.slopes[place]),
            infit=float(judged.infit[place]),
            rmsd=float(judged.rmsd[place]),
            least_share=shares[k],
        )
        for k, (code, place) in enumerate(zip(given.codes, new, strict=True))
    ]
    passes = np.array([one["kept_back"] is None for one in figures])
    if not passes.any():
        return None, figures
    chosen = new[passes]
    errors = fit.standard_errors
    return FittedItems(
        codes=tuple(code for code, is_in in zip(given.codes, passes, strict=True) if is_in),
        items=fit.items.take(list(chosen)),
        standard_errors=pack_errors(errors.slopes[chosen], errors.thresholds[chosen]),
        notes=tuple(fit.notes),
    ), figures


def _said(kind: str, code: str, answers: int, kept_back: str | None, **figures: float) -> dict[str, Any]:
    return {"item": code, "kind": kind, "answers": int(answers), "kept_back": kept_back, **figures}


def _kept_back(slope: float, least_share: float, infit: float, rmsd: float, policy: NormPolicy) -> str | None:
    """Why an item stays in its pilot: the gate of the policy, or None where it passes."""
    if slope < policy.lowest_pilot_slope:
        return "slope-too-low"
    if least_share < policy.least_category_share:
        return "category-hardly-used"
    fits = abs(infit - 1) <= policy.largest_infit_distance and rmsd <= policy.largest_rmsd
    return None if fits else "does-not-fit"


def _least_share(answers: NDArray[np.int8], categories: int) -> float:
    """The share of the category chosen least."""
    chosen = answers[answers != MISSING]
    return float(np.bincount(chosen, minlength=categories).min() / chosen.size)
