"""Use case: load a bank version from its files, once, immutably."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank.bank_files import BankFiles, read_bank, sha256_of, skills_file_of
from app.item_bank.begin_item_lives import begin_item_lives
from app.item_bank.calibrated_items import FittedItems
from app.item_bank.errors import ReleaseChanged
from app.item_bank.models import BankRelease, Item, Kind, Skill, Source
from app.item_bank.queries import BankReleaseView, view_of_release
from app.item_bank.release_skills import release_skills
from app.item_bank.store_calibration import store_calibration
from scoring.items import ItemParameters

RATE_EACH_CATEGORIES = 5  # scoring.situational_judgement turns a scenario's ratings into 0 … 4


def release_bank(
    path: Path,
    *,
    as_drafts: bool = False,
    authors: Collection[UUID] = (),
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> BankReleaseView:
    """Release the bank in folder `path`, with its prior parameters as a calibration of source "prior".

    The same content again is the same release. Other content under a released version is refused.
    Items whose words stood in an earlier version go on with their life. New and reworded ones are active at once,
    unreviewed, unless they begin `as_drafts`; `authors` are people with an account who wrote them.

    Raises
    ------
    BankInvalid, ReleaseChanged
    """
    unchanged = _released_as_it_stands(path, session=session)
    if unchanged is not None:
        return view_of_release(unchanged)
    files = read_bank(path)
    slug, version, sha256 = files.bank["skill"], files.bank["version"], files.sha256
    skill = session.get(Skill, slug, with_for_update=True)
    if skill is None:
        release_skills(skills_file_of(path), session=session)
    released = session.scalar(select(BankRelease).where(BankRelease.skill == slug, BankRelease.version == version))
    if released is not None and released.sha256 == sha256:
        return view_of_release(released)
    if released is not None:
        latest = session.scalar(select(func.max(BankRelease.version)).where(BankRelease.skill == slug))
        raise ReleaseChanged(slug, version, latest or version)
    release = _release(files, clock=clock, entropy=entropy)
    session.add(release)
    session.flush()
    audit.record(
        "bank.released", release.id, actor=actor, at=release.released_at, session=session, detail={"sha256": sha256}
    )
    begin_item_lives(release, as_drafts=as_drafts, authors=authors, session=session, clock=clock, actor=actor)
    _store_priors(release, files, session=session, clock=clock, entropy=entropy, actor=actor)
    return view_of_release(release)


def _released_as_it_stands(path: Path, *, session: Session) -> BankRelease | None:
    """The release with exactly this content. It was checked by the rules of its day and is not checked again."""
    sha256 = sha256_of(path)
    return session.scalar(select(BankRelease).where(BankRelease.sha256 == sha256)) if sha256 else None


def _release(files: BankFiles, *, clock: Clock, entropy: Entropy) -> BankRelease:
    bank = files.bank
    return BankRelease(
        id=entropy.uuid(),
        skill=bank["skill"],
        version=bank["version"],
        sha256=files.sha256,
        provisional_key=bank["key_status"] == "provisional",
        is_trial=False,
        review=bank["review"],
        author=bank["author"],
        licence=bank["licence"],
        languages=bank["languages"],
        wording={"statement": bank["statement"], "scenario": bank["scenario"]},
        released_at=clock.now(),
        items=[*_statements(files, entropy), *_scenarios(files, entropy)],
    )


def _statements(files: BankFiles, entropy: Entropy) -> Iterator[Item]:
    around = files.bank["statement"]
    for entry in files.statements:
        yield Item(
            id=entropy.uuid(),
            code=entry["code"],
            kind=Kind.STATEMENT,
            facet=entry["facet"],
            difficulty_intent=entry["difficulty_intent"],
            categories=len(around["categories"]["en"]),
            keyed=entry["keyed"],
            content={language: {"text": entry["text"][language]} for language in files.bank["languages"]},
            option_keys=None,
            notes={"incident": entry["incident"]},
        )


def _scenarios(files: BankFiles, entropy: Entropy) -> Iterator[Item]:
    for entry in files.scenarios:
        options = entry["options"]
        yield Item(
            id=entropy.uuid(),
            code=entry["code"],
            kind=Kind.SCENARIO,
            facet=entry["facet"],
            difficulty_intent=entry["difficulty_intent"],
            categories=RATE_EACH_CATEGORIES,
            keyed=1,
            content={
                language: {
                    "situation": entry["situation"][language].strip(),
                    "options": [option[language] for option in options],
                }
                for language in files.bank["languages"]
            },
            option_keys=[option["key"] for option in options],
            notes={
                **{name: entry[name] for name in ("incident", "tension", "place")},
                "rationales": [option["rationale"] for option in options],
            },
        )


def _store_priors(
    release: BankRelease, files: BankFiles, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> None:
    priors = files.bank["prior_parameters"]
    store_calibration(
        release.id,
        source=Source.PRIOR,
        n=0,
        self_report=_expected(files.statements, priors["statement"]),
        judgement=_expected(files.scenarios, priors["scenario"]),
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    )


def _expected(entries: list[dict[str, Any]], priors: dict[str, Any]) -> FittedItems:
    entries = sorted(entries, key=lambda entry: entry["code"])
    expected = [priors[entry["difficulty_intent"]] for entry in entries]
    thresholds = np.array([prior["thresholds"] for prior in expected])
    return FittedItems(
        codes=tuple(entry["code"] for entry in entries),
        items=ItemParameters([prior["slope"] for prior in expected], thresholds, "graded"),
        standard_errors={
            "slopes": [prior["slope_sd"] for prior in expected],
            "thresholds": [[prior["threshold_sd"]] * thresholds.shape[1] for prior in expected],
        },
        notes=("stated by the authors before any data",),
    )
