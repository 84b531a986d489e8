"""Samples, mappings and norms for the tests of norming: plain functions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from app.accounts.models import Person
from app.foundation.access import Actor, operator
from app.item_bank import queries as item_bank
from app.item_bank.calibrated_items import FittedItems
from app.item_bank.store_calibration import SAMPLE, store_calibration
from app.norming import queries
from app.norming.draft_norm import draft_norm
from app.norming.import_responses import import_responses
from app.norming.latent import CalibratedSample
from app.norming.mapping import SampleMapping
from app.norming.models import CalibrationRun, LegacySample, NormState, NormVersion
from app.norming.policy import NormPolicy
from app.norming.sample_file import SampleFile
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

SKILL = "patience-trial"
POPULATION = "Adults who answered online"
EDITOR_ID, APPROVER_ID = UUID(int=0xE), UUID(int=0xA)


def mapping_content(**changes: Any) -> dict[str, Any]:
    """A whole mapping file as YAML would give it, with `changes`."""
    content: dict[str, Any] = {
        "instrument": "Two statements",
        "items": {
            "Q1": {"en": "I ask what others think.", "fr": "Je demande l'avis des autres."},
            "Q2": {"en": "I wait."},
        },
        "codes": [1, 2, 3, 4, 5],
        "missing": [0],
        "reverse": ["Q2"],
        "language": "en",
        "age": {"column": "age", "from": 18, "to": 100},
        "collected": "unknown",
        "consent": "not stated",
        "person": "person",
    }
    return {**content, **changes}


def a_mapping(**changes: Any) -> SampleMapping:
    return SampleMapping.model_validate({**mapping_content(), **changes})


def a_described_mapping(items: int = 10, **changes: Any) -> SampleMapping:
    """Everything known of the people, so that only numbers can close a gate."""
    known = {
        "items": {f"P{i:02d}": {"en": f"Statement {i}"} for i in range(items)},
        "reverse": [],
        "consent": "Agreed to norm use on the first page",
        "collected": {"from": "2026-01-10", "to": "2026-09-30"},
    }
    return a_mapping(**{**known, **changes})


def graded_items(count: int = 10) -> ItemParameters:
    """Items of five categories, spread over the scale."""
    centres = np.linspace(-1.0, 1.5, count)
    return ItemParameters(np.full(count, 1.8), centres[:, None] + np.array([-1.5, -0.5, 0.5, 1.5]))


def a_sample_file(n: int, *, seed: int = 1, items: int = 10, shift: float = 0.0) -> SampleFile:
    """`n` simulated people answering `graded_items`."""
    rng = np.random.default_rng(seed)
    codes = simulate_responses(graded_items(items), rng.normal(shift, 1.0, n), rng).astype(np.int8)
    return SampleFile(codes, tuple(f"P{i:02d}" for i in range(items)), n, {}, f"{seed:064d}")


def people(session: Session, at: datetime) -> tuple[Actor, Actor]:
    """A norm editor and a norm approver, both with a second factor given at `at`."""
    for person_id, email in ((EDITOR_ID, "editor@example.org"), (APPROVER_ID, "approver@example.org")):
        session.add(Person(id=person_id, email=email, language="en", known_since_at=at, adult_confirmed_at=at))
    session.flush()
    editor = Actor(EDITOR_ID, "editor", frozenset({"candidate", "norm_editor"}), at)
    return editor, Actor(APPROVER_ID, "approver", frozenset({"candidate", "norm_approver"}), at)


def import_sample(
    session: Session,
    clock: Any,
    entropy: Any,
    *,
    n: int = 300,
    seed: int = 1,
    shift: float = 0.0,
    mapping: SampleMapping | None = None,
) -> LegacySample:
    return import_responses(
        a_sample_file(n, seed=seed, shift=shift),
        mapping or a_described_mapping(),
        skill=SKILL,
        population=POPULATION,
        file_name="patience.csv",
        session=session,
        clock=clock,
        entropy=entropy,
        actor=operator(),
    )


def a_calibrated_sample(session: Session, clock: Any, entropy: Any, **changes: Any) -> CalibrationRun:
    """A sample whose items carry the very parameters it was simulated with."""
    sample = import_sample(session, clock, entropy, **changes)
    fitted = FittedItems(tuple(sample.columns), graded_items(len(sample.columns)))
    calibration = store_calibration(
        sample.release_id,
        source=SAMPLE,
        n=sample.n,
        self_report=fitted,
        judgement=None,
        session=session,
        clock=clock,
        entropy=entropy,
        actor=operator(),
    )
    run = CalibrationRun(
        id=entropy.uuid(),
        sample_id=sample.id,
        sample=sample,
        calibration_id=calibration.id,
        n=sample.n,
        fits={},
        calibrated_at=clock.now(),
    )
    session.add(run)
    session.flush()
    return run


def a_draft(session: Session, clock: Any, entropy: Any, editor: Actor) -> NormVersion:
    """A draft from the latest sample."""
    basis = queries.basis_of_draft(SKILL, session=session, at=clock.now())
    return draft_norm(basis, session=session, clock=clock, entropy=entropy, actor=editor)


def a_norm(session: Session, clock: Any, entropy: Any, editor: Actor, approver: Actor, state: NormState) -> NormVersion:
    """A norm version brought to `state` step by step, due at once where it is scheduled."""
    norm = a_draft(session, clock, entropy, editor)
    steps = list(NormState)[1 : list(NormState).index(state) + 1]
    for step in steps:
        take_step(norm, step, at=clock.now(), approver=approver)
    session.flush()
    return norm


def take_step(norm: NormVersion, step: NormState, *, at: datetime, approver: Actor) -> None:
    """The transition that leads to `step`."""
    match step:
        case NormState.PREVIEWED:
            norm.mark_previewed({"people": 1, "former": None}, at=at)
        case NormState.APPROVED:
            assert approver.person_id is not None
            norm.approve(approver.person_id, at=at)
        case NormState.SCHEDULED:
            norm.schedule(at, at=at)
        case NormState.PUBLISHED:
            norm.publish(at=at)
        case NormState.SUPERSEDED:
            norm.supersede(at=at)
        case _:
            raise AssertionError(step)


def basis_with(run: CalibrationRun, session: Session, policy: NormPolicy) -> queries.DraftBasis:
    """The run's basis under another policy."""
    sample = queries.latest_sample(SKILL, session=session)
    items = item_bank.item_parameters(run.calibration_id, session=session)
    return queries.DraftBasis(run.id, CalibratedSample(sample, items, (0.0, 1.0), 0.0), policy, 0)
