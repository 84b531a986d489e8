"""Items as people who work on them see them: both languages, the key, the notes, and what changed between releases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.item_bank import queries
from app.item_bank.bank_differences import Difference, changes
from app.item_bank.calibrated_items import unpack
from app.item_bank.item_record import found, same_words, state_ledger
from app.item_bank.item_states import ItemState
from app.item_bank.models import BankRelease, Calibration, Item, Source
from app.item_bank.queries import BankReleaseView, ItemView
from scoring.items import ItemParameters


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One line of a bank's list."""

    item: ItemView
    states: Mapping[str, ItemState]  # by language


@dataclass(frozen=True, slots=True)
class ReleaseDifference:
    """What changed in one item from one release to the next that holds it; empty where nothing did."""

    before: str
    after: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class ItemCard:
    """One item of one release, whole. It holds the key: never for a candidate's page."""

    release: BankReleaseView
    texts: Mapping[str, ItemView]  # by language
    states: Mapping[str, ItemState]
    difficulty_intent: str | None
    option_keys: tuple[int, ...]
    notes: Mapping[str, Any]
    same_words: tuple[UUID, ...]  # the items that share its life, itself included
    history: tuple[ReleaseDifference, ...]

    @property
    def item(self) -> ItemView:
        """What does not depend on the language."""
        return next(iter(self.texts.values()))


def bank_rows(release_id: UUID, *, session: Session) -> tuple[ItemRow, ...]:
    """The items of a release with their present state in each language, by code."""
    release = queries.release(release_id, session=session)
    ledgers = {language: state_ledger(release_id, language, session=session) for language in release.languages}
    return tuple(
        ItemRow(item, {language: ledger.state_of(item.code, at=ledger.latest) for language, ledger in ledgers.items()})
        for item in queries.release_items(release_id, release.languages[0], session=session)
    )


def released_skills(*, session: Session) -> tuple[str, ...]:
    """Skills that have a bank, trial skills included."""
    return tuple(session.scalars(select(BankRelease.skill).distinct().order_by(BankRelease.skill)))


def item_card(item_id: UUID, *, session: Session) -> ItemCard:
    """The item with everything that was released with it.

    Raises
    ------
    ItemNotFound
    """
    row = found(item_id, session=session)
    release = queries.release(row.release_id, session=session)
    texts = {
        language: next(
            item for item in queries.release_items(release.id, language, session=session) if item.id == item_id
        )
        for language in release.languages
    }
    ledgers = {language: state_ledger(release.id, language, session=session) for language in release.languages}
    return ItemCard(
        release=release,
        texts=texts,
        states={language: ledger.state_of(row.code, at=ledger.latest) for language, ledger in ledgers.items()},
        difficulty_intent=row.difficulty_intent,
        option_keys=tuple(row.option_keys or ()),
        notes=row.notes,
        same_words=tuple(item.id for item in same_words(row, session=session)),
        history=_history(row, release.skill, session=session),
    )


def _history(row: Item, skill: str, *, session: Session) -> tuple[ReleaseDifference, ...]:
    query = (
        select(Item, BankRelease)
        .join(BankRelease, BankRelease.id == Item.release_id)
        .where(BankRelease.skill == skill, Item.code == row.code)
        .order_by(BankRelease.version)
    )
    rows = session.execute(query).all()
    return tuple(
        ReleaseDifference(
            before.BankRelease.label,
            after.BankRelease.label,
            tuple(changes(row.code, _written(before.Item), _written(after.Item))),
        )
        for before, after in pairwise(rows)
    )


def _written(item: Item) -> dict[str, Any]:
    own = {"facet": item.facet, "difficulty_intent": item.difficulty_intent, "keyed": item.keyed}
    return {**own, "text": item.content, "option_keys": item.option_keys, "notes": item.notes}


def parameters_of(item: ItemView, release_id: UUID, *, session: Session) -> tuple[ItemParameters, bool] | None:
    """The item's latest parameters, from responses if there are any, and whether they are."""
    query = select(Calibration).where(Calibration.release_id == release_id)
    rows = session.scalars(query.order_by(Calibration.stored_at.desc(), Calibration.id)).all()
    for row in sorted(rows, key=lambda row: row.source != Source.SAMPLE):
        calibrated = unpack(row)
        for codes, items in (
            (calibrated.judgement_codes, calibrated.judgement),
            (calibrated.self_report_codes, calibrated.self_report),
        ):
            if items is not None and item.code in codes:
                return items.take([codes.index(item.code)]), row.source is Source.SAMPLE
    return None
