"""Samples, mappings and norms for the tests of norming: plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pyotp
import yaml
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import Browser
from app.accounts.confirm_second_factor import confirm_second_factor
from app.accounts.enrol_second_factor import enrol_second_factor
from app.accounts.enrolments import enrolment
from app.accounts.grant_role import grant_role
from app.accounts.invite_person import invite_person
from app.accounts.models import Person, RoleGrant
from app.foundation import policies
from app.foundation.access import Actor, operator
from app.foundation.runtime import Runtime
from app.item_bank.calibrated_items import FittedItems
from app.item_bank.store_calibration import SAMPLE, Source, store_calibration
from app.norming import bases, queries
from app.norming.approve_norm import approve_norm
from app.norming.choose_sample import POPULATION as SITTINGS
from app.norming.draft_norm import draft_norm
from app.norming.draw_founding_sample import POPULATION as FOUNDERS
from app.norming.import_responses import import_responses
from app.norming.mapping import SampleMapping
from app.norming.models import CalibrationRun, LegacySample, NormState, NormVersion
from app.norming.policy import NormPolicy
from app.norming.sample_file import SampleFile
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

SKILL = "patience-trial"
POPULATION = "Adults who answered online"
OF_FOUNDERS: Mapping[str, Any] = {"population": FOUNDERS["en"], "founding": True, "seed": 1}
OF_SITTINGS: Mapping[str, Any] = {"population": SITTINGS["en"], "seed": 2, "shift": 0.5}
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


def a_described_mapping(**changes: Any) -> SampleMapping:
    """Everything known of the people, so that only numbers can close a gate."""
    known: dict[str, Any] = {
        "items": {f"P{i:02d}": {"en": f"Statement {i}"} for i in range(10)},
        "reverse": [],
        "consent": "Agreed to norm use on the first page",
        "collected": {"from": "2026-01-10", "to": "2026-09-30"},
    }
    return a_mapping(**{**known, **changes})


def graded_items(count: int = 10) -> ItemParameters:
    """Items of five categories, spread over the scale."""
    centres = np.linspace(-1.0, 1.5, count)
    return ItemParameters(np.full(count, 1.8), centres[:, None] + np.array([-1.5, -0.5, 0.5, 1.5]))


def a_sample_file(
    n: int,
    *,
    seed: int = 1,
    items: int = 10,
    shift: float = 0.0,
    stuffed: float = 0.0,
    labels: Mapping[str, Sequence[str]] | None = None,
    avoided: Mapping[int, tuple[int, int]] | None = None,
    alike: Sequence[tuple[float, int]] = (),
) -> SampleFile:
    """`n` simulated people answering `graded_items`; the last share `stuffed` answers the highest everywhere.

    Of an item that is `avoided`, the first category is never chosen but the second instead. Each of `alike` is a share
    of the people, from the first on, who all choose one category everywhere.
    """
    rng = np.random.default_rng(seed)
    codes = simulate_responses(graded_items(items), rng.normal(shift, 1.0, n), rng)
    codes[n - int(n * stuffed) :] = codes.max()
    before = 0.0
    for share, category in alike:
        codes[round(n * before) : round(n * (before + share))] = category
        before += share
    for item, (category, instead) in (avoided or {}).items():
        codes[codes[:, item] == category, item] = instead
    told = {name: tuple(values[:n]) for name, values in (labels or {}).items()}
    return SampleFile(codes, tuple(f"P{i:02d}" for i in range(items)), n, {}, f"{seed:064d}", told)


def people(session: Session, at: datetime) -> tuple[Actor, Actor]:
    """A norm editor and a norm approver, both with a second factor given at `at`."""
    for person_id, email in ((EDITOR_ID, "editor@example.org"), (APPROVER_ID, "approver@example.org")):
        session.add(Person(id=person_id, email=email, language="en", known_since_at=at, adult_confirmed_at=at))
    session.flush()
    session.add(RoleGrant(person_id=APPROVER_ID, role="norm_approver", granted_at=at))
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
    items: int = 10,
    shift: float = 0.0,
    stuffed: float = 0.0,
    labels: Mapping[str, Sequence[str]] | None = None,
    mapping: SampleMapping | None = None,
    population: str = POPULATION,
    founding: bool = False,
    avoided: Mapping[int, tuple[int, int]] | None = None,
    alike: Sequence[tuple[float, int]] = (),
) -> LegacySample:
    """Import simulated people, a second later than whatever was imported before."""
    clock.advance(timedelta(seconds=1))
    return import_responses(
        a_sample_file(
            n, seed=seed, items=items, shift=shift, stuffed=stuffed, labels=labels, avoided=avoided, alike=alike
        ),
        mapping or a_described_mapping(),
        skill=SKILL,
        population=population,
        file_name="patience.csv",
        founding=founding,
        session=session,
        clock=clock,
        entropy=entropy,
        actor=operator(),
    )


def a_calibrated_sample(
    session: Session, clock: Any, entropy: Any, *, source: Source = SAMPLE, **changes: Any
) -> CalibrationRun:
    """A sample whose items carry the very parameters it was simulated with; a second one is read on the same scale."""
    sample = import_sample(session, clock, entropy, **changes)
    scale = bases.sample(sample.id, session=session).calibration_id
    if scale is None:
        fitted = FittedItems(tuple(sample.columns), graded_items(len(sample.columns)))
        scale = store_calibration(
            sample.release_id,
            source=source,
            n=sample.n,
            self_report=fitted,
            judgement=None,
            session=session,
            clock=clock,
            entropy=entropy,
            actor=operator(),
        ).id
    run = CalibrationRun(
        id=entropy.uuid(),
        sample_id=sample.id,
        sample=sample,
        calibration_id=scale,
        n=sample.n,
        fits={},
        calibrated_at=clock.now(),
    )
    session.add(run)
    session.flush()
    return run


def a_draft(session: Session, clock: Any, entropy: Any, editor: Actor) -> NormVersion:
    """A draft from the latest sample."""
    basis = bases.basis_of_draft(SKILL, session=session, at=clock.now())
    return draft_norm(basis, session=session, clock=clock, entropy=entropy, actor=editor)


def a_norm(session: Session, clock: Any, entropy: Any, editor: Actor, approver: Actor, state: NormState) -> NormVersion:
    """A norm version brought to `state` step by step, due at once where it is scheduled."""
    norm = a_draft(session, clock, entropy, editor)
    steps = list(NormState)[1 : list(NormState).index(state) + 1]
    for step in steps:
        if step is NormState.APPROVED:
            session.flush()
            present = replace(approver, second_factor_at=clock.now())
            approve_norm(norm.id, seen_sha256=norm.sha256, session=session, clock=clock, actor=present)
        else:
            in_force = queries.published(norm.skill, norm.language, session=session)
            take_step(norm, step, at=clock.now(), approver=approver, in_force=in_force[0].id if in_force else None)
    session.flush()
    return norm


def a_certifying_norm(
    session: Session, clock: Any, entropy: Any, editor: Actor, approver: Actor, state: NormState
) -> NormVersion:
    """The same of people enough for awards, under a trial policy that asks for no situations."""
    waived = {"judgement_must_be_measured": False}
    policies.set_policy(NormPolicy, waived, session=session, at=clock.now(), actor=operator())
    a_calibrated_sample(session, clock, entropy, n=1200)
    norm = a_norm(session, clock, entropy, editor, approver, state)
    assert norm.may_certify
    return norm


def take_step(
    norm: NormVersion, step: NormState, *, at: datetime, approver: Actor, in_force: UUID | None = None
) -> None:
    """The transition that leads to `step`; a preview is of the norm `in_force`."""
    match step:
        case NormState.PREVIEWED:
            seen = {"people": 1, "above": 0, "share_above": 0.0, "cut": norm.cut, "former": None}
            seen["in_force"] = str(in_force) if in_force else None
            norm.mark_previewed(seen, at=at)
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


def staff_with_authenticator(runtime: Runtime, email: str, *roles: str) -> Callable[[], str]:
    """A person with roles and a confirmed second factor; what their authenticator app shows next."""
    with runtime.transaction() as session:
        person_id = invite_person(email, session=session, clock=runtime.clock, entropy=runtime.entropy)
        for role in roles:
            grant_role(person_id, role, session=session, clock=runtime.clock, actor=operator())
        actor = Actor(person_id, email)
        tools = {"session": session, "clock": runtime.clock, "entropy": runtime.entropy, "links": runtime.links}
        enrol_second_factor(person_id, actor=actor, **tools)
        app = pyotp.TOTP(enrolment(person_id, session=session, links=runtime.links).secret)
        code = app.at(runtime.clock.now())
        confirm_second_factor(person_id, code, browser=Browser("test"), jobs=runtime.jobs, actor=actor, **tools)

    def next_code() -> str:
        runtime.clock.advance(timedelta(seconds=30))  # a code counts once
        return app.at(runtime.clock.now())

    return next_code


def write_sample(path: Path, *, n: int = 300, seed: int = 1) -> Path:
    """A CSV of simulated people with its mapping beside it; the CSV's path."""
    sample = a_sample_file(n, seed=seed)
    header = ",".join(("person", "age", *sample.columns))
    rows = [f"p{i},{20 + i % 50}," + ",".join(str(code + 1) for code in row) for i, row in enumerate(sample.codes)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    mapping = a_described_mapping().model_dump(mode="json", by_alias=True, exclude_defaults=True)
    path.with_name(f"{path.stem}.mapping.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    return path
