"""The first phase of a recalibration: whose responses. It becomes a sample like any other, with its own hash."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from app.accounts import queries as accounts
from app.assessment.norming_rows import NormingRow, responses_for_norming
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank import queries as item_bank
from app.item_bank.shared_items import SharedItems, shared_items
from app.norming.choice_errors import ChoiceUnknown, NobodyChosen, SubgroupNormRefused
from app.norming.dividing import may_divide
from app.norming.import_responses import import_responses
from app.norming.models import LegacySample, NormGroup, NormState, NormVersion, SampleLabel
from app.norming.packed import pack, pack_labels, sha256_of, unpack, unpack_labels
from app.norming.policy import NormPolicy
from app.norming.recalibration import Choice, Division, Source
from app.norming.rules import months_before
from app.norming.sample_errors import SampleAlreadyImported
from app.norming.sitting_sample import mapping_of, sample_file

POPULATION = {
    "en": "Adults who took the assessment and agreed to norm use: first sittings",
    "fr": "Adultes ayant passé l’évaluation et accepté l’usage pour la norme : premières passations",
}
SIMULATED = {"en": "Simulated people: first sittings", "fr": "Personnes simulées : premières passations"}
DAY = "day"  # the block by which a day's sittings can be left out again


def choose_sample(
    skill: str, choice: Choice, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> LegacySample:
    """The sample that the choice names: stored already, a part of one, or drawn from sittings.

    The same choice twice is one sample.

    Raises
    ------
    SubgroupNormRefused
        Where people would be chosen by anything that may not divide a norm group: sex, race, age or the like.
    ChoiceUnknown, NobodyChosen
    """
    require(actor, "norm_editor")
    tools: dict[str, Any] = {"session": session, "clock": clock, "entropy": entropy, "actor": actor}
    if choice.source is Source.SITTINGS:
        return _drawn(skill, choice, **tools)
    query = select(LegacySample).where(LegacySample.id == choice.sample_id).options(undefer(LegacySample.responses))
    whole = session.scalar(query)
    if whole is None or whole.group.skill != skill:
        raise NobodyChosen(skill)
    return whole if choice.is_whole_sample else _part_of(whole, choice, **tools)


def _part_of(
    whole: LegacySample, choice: Choice, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> LegacySample:
    rows = session.scalars(select(SampleLabel).where(SampleLabel.sample_id == whole.id).order_by(SampleLabel.name))
    divisions = {row.name: row for row in rows}
    _refuse_subgroups(choice, divisions, whole.mapping)
    kept = _kept(whole.n, choice, divisions)
    if not kept.any():
        raise NobodyChosen(whole.group.skill)
    codes = unpack(whole.responses, len(whole.columns))[kept]
    fingerprint = sha256_of(codes, whole.columns)
    same = select(LegacySample).where(
        LegacySample.norm_group_id == whole.norm_group_id, LegacySample.responses_sha256 == fingerprint
    )
    existing = session.scalar(same)
    if existing is not None:
        return existing
    now = clock.now()
    start_on, end_on = _window(whole, kept, divisions)
    copied = (
        "norm_group_id", "group", "release_id", "instrument", "consent_basis",
        "ages_known", "is_simulated", "is_founding", "file_name", "file_sha256", "mapping", "columns", "categories",
    )  # fmt: skip
    part = LegacySample(
        **{name: getattr(whole, name) for name in copied},
        id=entropy.uuid(),
        is_part=True,
        window_start_on=start_on,
        window_end_on=end_on,
        n=int(kept.sum()),
        set_aside={**whole.set_aside, _said(choice): int((~kept).sum())},
        responses=pack(codes),
        responses_sha256=fingerprint,
        imported_at=now,
    )
    session.add(part)
    session.flush()
    for row in divisions.values():
        labels, numbers = pack_labels([row.labels[number] for number in unpack_labels(row.numbers)[kept]])
        session.add(
            SampleLabel(sample_id=part.id, name=row.name, is_block=row.is_block, labels=labels, numbers=numbers)
        )
    detail = {"from": str(whole.id), "n": part.n, "choice": choice.as_json()}
    audit.record("sample.chosen", part.id, actor=actor, at=now, session=session, detail=detail)
    return part


def _window(
    whole: LegacySample, kept: NDArray[np.bool_], divisions: Mapping[str, SampleLabel]
) -> tuple[date | None, date | None]:
    """First and last day of those who stay, where the sample tells everybody's.

    Where it does not, the whole's window: all that is known is that they lie within it. A day that is none, or outside
    the window that was stated with the responses, tells nothing either.
    """
    stated, row = (whole.window_start_on, whole.window_end_on), divisions.get(DAY)
    if row is None:
        return stated
    try:
        days = [date.fromisoformat(row.labels[number]) for number in np.unique(unpack_labels(row.numbers)[kept])]
    except ValueError:
        return stated
    first, last = min(days), max(days)
    is_within = stated[0] is not None and stated[1] is not None and stated[0] <= first and last <= stated[1]
    return (first, last) if is_within else stated


def _refuse_subgroups(choice: Choice, divisions: Mapping[str, SampleLabel], mapping: Mapping[str, Any]) -> None:
    columns = {**mapping.get("groups", {}), **mapping.get("blocks", {})}
    for name, _label in (*choice.only, *choice.without):
        if name in divisions and not may_divide(name, columns.get(name, name)):
            raise SubgroupNormRefused(name)


def _kept(n: int, choice: Choice, divisions: dict[str, SampleLabel]) -> NDArray[np.bool_]:
    """Who stays, shape (n,)."""
    kept = np.ones(n, dtype=bool)
    for name in {name for name, _ in choice.only}:
        chosen = np.zeros(n, dtype=bool)
        for division in choice.only:
            if division[0] == name:
                chosen |= _in(division, divisions)
        kept &= chosen
    for division in choice.without:
        kept &= ~_in(division, divisions)
    return kept


def _in(division: Division, divisions: dict[str, SampleLabel]) -> NDArray[np.bool_]:
    name, label = division
    row = divisions.get(name)
    if row is None or label not in row.labels:
        raise ChoiceUnknown(name, label)
    return np.asarray(unpack_labels(row.numbers) == row.labels.index(label))


def _said(choice: Choice) -> str:
    only = ", ".join(f"{name}={label}" for name, label in sorted(choice.only))
    without = ", ".join(f"{name}={label}" for name, label in sorted(choice.without))
    parts = [f"only {only}" if only else "", f"without {without}" if without else ""]
    return f"left out by choice: {'; '.join(part for part in parts if part)}"


def _drawn(
    skill: str, choice: Choice, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> LegacySample:
    now = clock.now()
    policy = policies.current(NormPolicy, session=session, at=now)
    language = choice.language or "en"
    release = item_bank.latest_release(skill, session=session)
    items = item_bank.release_items(release.id, language, session=session)
    first = choice.since_on or months_before(now.date(), policy.window_months)
    after = datetime.combine(first, time(), UTC) - timedelta(microseconds=1)
    until = datetime.combine(choice.until_on, time.max, UTC) if choice.until_on else now
    rows = [
        row
        for row in _of_one_instrument(
            responses_for_norming(skill, language, after=after, until=until, session=session),
            release.id,
            session=session,
        )
        if accounts.may_enter_norm(row.person_id, session=session)
    ]
    if not rows:
        raise NobodyChosen(skill)
    is_simulated = _was_ever_a_demo(skill, language, session=session)
    described = SIMULATED if is_simulated else POPULATION
    days = tuple(row.completed_at.date().isoformat() for row in rows)
    mapping = mapping_of(
        release,
        rows,
        items,
        language=language,
        policy=policy,
        simulated=is_simulated,
        said="first sittings",
        population_fr=described["fr"],
        blocks={DAY: DAY},
    )
    try:
        return import_responses(
            sample_file(rows, items, {DAY: days}),
            mapping,
            skill=skill,
            population=described["en"],
            file_name=f"sittings-{skill}-{language}",
            session=session,
            clock=clock,
            entropy=entropy,
            actor=actor,
        )
    except SampleAlreadyImported as same:
        return session.get_one(LegacySample, same.sample_id)


def _of_one_instrument(rows: Iterable[NormingRow], release_id: UUID, *, session: Session) -> Iterator[NormingRow]:
    """The sittings on a release, and those on former ones that are one instrument with it: answers to what is in both.

    Their answers to items that were reworded or given another key since say nothing of the items of today.
    """
    shared: dict[UUID, SharedItems] = {}
    for row in rows:
        if row.release_id == release_id:
            yield row
            continue
        if row.release_id not in shared:
            shared[row.release_id] = shared_items(release_id, row.release_id, session=session)
        known = shared[row.release_id]
        if known.is_one_instrument:
            yield replace(row, units=tuple(unit for unit in row.units if unit[0] in known.codes))


def _was_ever_a_demo(skill: str, language: str, *, session: Session) -> bool:
    """Whether a norm of simulated people was ever in force: nobody can tell then which sittings were people's.

    So the mark stays with whatever is drawn from them (edge case 17).
    """
    states = (NormState.PUBLISHED, NormState.SUPERSEDED)
    query = (
        select(NormVersion.id)
        .join(NormVersion.group)
        .where(
            NormGroup.skill == skill,
            NormGroup.language == language,
            NormVersion.demo.is_(True),
            NormVersion.state.in_(states),
        )
        .limit(1)
    )
    return session.scalar(query) is not None
