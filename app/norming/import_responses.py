"""A sample collected elsewhere becomes one of ours, with where it comes from: all of it, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank import queries as item_bank
from app.item_bank.release_trial_bank import TrialItem, release_trial_bank
from app.norming.mapping import SampleMapping
from app.norming.models import LegacySample, NormGroup, SampleLabel
from app.norming.packed import pack, pack_labels, sha256_of
from app.norming.sample_errors import ItemsDiffer, PopulationNeeded, SampleAlreadyImported
from app.norming.sample_file import SampleFile

WHOLE_INSTRUMENT = "whole"  # facet of an instrument that names none


def import_responses(
    sample: SampleFile,
    mapping: SampleMapping,
    *,
    skill: str,
    population: str,
    file_name: str,
    founding: bool = False,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> LegacySample:
    """Store the sample packed, beside the bank its items belong to and the group it describes.

    Raises
    ------
    PopulationNeeded
        If `population` says nothing.
    SampleAlreadyImported
        If the same responses are already the group's.
    ItemsDiffer
        If the columns are not items of the released bank.
    """
    require(actor, "operator", "norm_editor")
    now = clock.now()
    release_id = _release(sample, mapping, skill, session=session, clock=clock, entropy=entropy, actor=actor)
    group = _group(skill, mapping, population, session=session, entropy=entropy)
    fingerprint = sha256_of(sample.codes, sample.columns)
    _refuse_twice(group, fingerprint, session=session)
    window = mapping.window
    stored = LegacySample(
        id=entropy.uuid(),
        norm_group_id=group.id,
        group=group,
        release_id=release_id,
        instrument=mapping.instrument,
        consent_basis=mapping.consent_basis,
        window_start_on=window.start_on if window else None,
        window_end_on=window.end_on if window else None,
        ages_known=mapping.age != "unknown",
        is_simulated=mapping.simulated,
        is_founding=founding,
        file_name=Path(file_name).name,
        file_sha256=sample.sha256,
        mapping=_as_json(mapping),
        n=len(sample.codes),
        set_aside=sample.set_aside,
        columns=list(sample.columns),
        categories=[len(mapping.codes)] * len(sample.columns),
        responses=pack(sample.codes),
        responses_sha256=fingerprint,
        imported_at=now,
    )
    session.add(stored)
    session.flush()
    for name, values in sample.labels.items():
        labels, numbers = pack_labels(values)
        label = SampleLabel(
            sample_id=stored.id, name=name, is_block=name in mapping.blocks, labels=labels, numbers=numbers
        )
        session.add(label)
    detail = {"skill": skill, "n": stored.n, "set_aside": sample.set_aside, "file_sha256": sample.sha256}
    audit.record("sample.imported", stored.id, actor=actor, at=now, session=session, detail=detail)
    return stored


def described_as(population: str) -> str:
    """The words for a population in one line.

    Raises
    ------
    PopulationNeeded
        If there are none.
    """
    words = " ".join(population.split())
    if not words:
        raise PopulationNeeded
    return words


def _release(
    sample: SampleFile,
    mapping: SampleMapping,
    skill: str,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> UUID:
    """The bank the columns belong to: the skill's own, or a trial bank made of the instrument's items."""
    if mapping.bank == "released":
        return _released(sample, mapping, skill, session=session)
    labels = mapping.labels
    worded = {"en": labels.en, "fr": labels.fr} if labels else {}
    return release_trial_bank(
        skill,
        _trial_items(mapping),
        labels={language: texts for language, texts in worded.items() if texts},
        instrument=mapping.instrument,
        session=session,
        clock=clock,
        entropy=entropy,
        actor=actor,
    ).id


def _trial_items(mapping: SampleMapping) -> list[TrialItem]:
    return [
        TrialItem(
            code=code,
            text={language: text for language, text in (("en", item.en), ("fr", item.fr)) if text},
            categories=len(mapping.codes),
            keyed=-1 if code in mapping.reverse else 1,
            facet=item.facet or WHOLE_INSTRUMENT,
        )
        for code, item in mapping.items.items()
    ]


def _released(sample: SampleFile, mapping: SampleMapping, skill: str, *, session: Session) -> UUID:
    release = item_bank.latest_release(skill, session=session)
    known = {item.code: item for item in item_bank.release_items(release.id, mapping.language, session=session)}
    faults = [f"{column}: the bank has no such item" for column in sample.columns if column not in known]
    faults += [
        f"{column}: the bank has {known[column].categories} categories, the mapping {len(mapping.codes)} codes"
        for column in sample.columns
        if column in known and known[column].categories != len(mapping.codes)
    ]
    if faults:
        raise ItemsDiffer(release.label, faults)
    return release.id


def _group(skill: str, mapping: SampleMapping, population: str, *, session: Session, entropy: Entropy) -> NormGroup:
    described = described_as(population)
    query = select(NormGroup).where(
        NormGroup.skill == skill, NormGroup.language == mapping.language, NormGroup.described_as == described
    )
    group = session.scalar(query)
    if group is None:
        texts = {"en": described, "fr": mapping.population_fr or described}
        group = NormGroup(
            id=entropy.uuid(), skill=skill, language=mapping.language, described_as=described, population=texts
        )
        session.add(group)
        session.flush()
    return group


def _refuse_twice(group: NormGroup, fingerprint: str, *, session: Session) -> None:
    query = select(LegacySample.id).where(
        LegacySample.norm_group_id == group.id, LegacySample.responses_sha256 == fingerprint
    )
    existing = session.scalar(query)
    if existing is not None:
        raise SampleAlreadyImported(existing)


def _as_json(mapping: SampleMapping) -> dict[str, Any]:
    return mapping.model_dump(mode="json", by_alias=True, exclude_defaults=True)
