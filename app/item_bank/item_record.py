"""What is on record about items beside their release: steps, authors and reviews, and which items share their words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.foundation.db import table_of
from app.item_bank.errors import ItemNotFound
from app.item_bank.item_states import AT_RELEASE, ItemState, StateLedger
from app.item_bank.models import Aspect, BankRelease, Item, ItemAuthor, ItemReview, ItemStateChange

MOST_LEDGERS_KEPT = 64
EMPTY = StateLedger({}, 0)
REPORTED = "report "  # and the id: of a step whose words stand with a candidate's report, where an erasure finds them
HAS_APPENDED = "item-states-appended"  # in the info of a session


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of an item in one language."""

    language: str
    former: ItemState | None
    state: ItemState
    reason: str
    changed_at: datetime
    changed_by: UUID | None

    @property
    def report(self) -> str | None:
        """Id of the report that led to it; what was reported and decided stands there, as long as it is kept."""
        return self.reason.removeprefix(REPORTED) if self.reason.startswith(REPORTED) else None


@dataclass(frozen=True, slots=True)
class Review:
    """What one reviewer found in one aspect."""

    aspect: Aspect
    language: str | None
    is_approved: bool
    comment: str
    reviewer_id: UUID
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands in one language, and where it stood before."""

    state: ItemState
    former: ItemState | None
    number: int  # of steps on record


_ledgers: WeakKeyDictionary[Engine, dict[tuple[UUID, str], StateLedger]] = WeakKeyDictionary()


def has_signed(person_id: UUID, *, session: Session) -> bool:
    """Whether the record of an item names this person as author, as reviewer, or for a step in its life."""
    named = (
        select(ItemAuthor.item_id).where(ItemAuthor.person_id == person_id),
        select(ItemReview.item_id).where(ItemReview.reviewer_id == person_id),
        select(ItemStateChange.item_id).where(ItemStateChange.changed_by == person_id),
    )
    return any(session.scalar(query.limit(1)) is not None for query in named)


def state_ledger(release_id: UUID, language: str, *, session: Session) -> StateLedger:
    """The steps of a release's items in one language, as this transaction sees them.

    Kept in memory up to the latest number: steps are numbered in the order in which they are committed, and none is
    ever changed, so that a ledger with the same latest number is the same ledger. A transaction that appended steps
    itself may still be rolled back, so that what it reads is not kept.
    """
    latest = session.scalar(_latest_step(), {"release_id": release_id, "language": language})
    if latest is None:
        return EMPTY
    kept = _ledgers.setdefault(session.get_bind().engine, {})
    known = kept.get((release_id, language))
    if known is not None and known.latest == latest and HAS_APPENDED not in session.info:
        return known
    query = (
        select(Item.code, ItemStateChange.sequence, ItemStateChange.state)
        .join(Item, Item.id == ItemStateChange.item_id)
        .where(ItemStateChange.release_id == release_id, ItemStateChange.language == language)
        .where(ItemStateChange.sequence <= latest)
        .order_by(ItemStateChange.sequence)
    )
    steps: dict[str, list[tuple[int, ItemState]]] = defaultdict(list)
    for code, sequence, state in session.execute(query):
        steps[code].append((sequence, state))
    ledger = StateLedger({code: tuple(taken) for code, taken in steps.items()}, latest)
    if HAS_APPENDED not in session.info:
        while len(kept) >= MOST_LEDGERS_KEPT:
            kept.pop(next(iter(kept)), None)
        kept[release_id, language] = ledger
    return ledger


def not_scored_now(release_id: UUID, language: str, *, session: Session) -> frozenset[str]:
    """Codes of the release's items that may not be chosen to be scored today."""
    ledger = state_ledger(release_id, language, session=session)
    return ledger.states_at(ledger.latest).not_scored


@cache
def _latest_step() -> Select[Any]:
    step = table_of(ItemStateChange).c
    return select(func.max(step.sequence)).where(
        step.release_id == bindparam("release_id"), step.language == bindparam("language")
    )


def standing(item_id: UUID, language: str, *, session: Session) -> Standing:
    """Where the item stands now; without a step on record, where its release put it."""
    query = select(ItemStateChange).where(ItemStateChange.item_id == item_id, ItemStateChange.language == language)
    last = session.scalar(query.order_by(ItemStateChange.number.desc()).limit(1))
    return Standing(AT_RELEASE, None, 0) if last is None else Standing(last.state, last.former, last.number)


def steps_of(item_id: UUID, *, session: Session) -> tuple[Step, ...]:
    """Every step of an item, the latest first."""
    query = select(ItemStateChange).where(ItemStateChange.item_id == item_id).order_by(ItemStateChange.sequence.desc())
    return tuple(
        Step(row.language, row.former, row.state, row.reason, row.changed_at, row.changed_by)
        for row in session.scalars(query)
    )


def reviews_of(item_id: UUID, *, session: Session) -> tuple[Review, ...]:
    """Every review of an item's words, in whichever release they stand, the latest first."""
    same = [item.id for item in same_words(found(item_id, session=session), session=session)]
    query = select(ItemReview).where(ItemReview.item_id.in_(same)).order_by(ItemReview.reviewed_at.desc())
    return tuple(
        Review(row.aspect, row.language, row.is_approved, row.comment, row.reviewer_id, row.reviewed_at)
        for row in session.scalars(query.order_by(ItemReview.id))
    )


def authors_of(item_id: UUID, *, session: Session) -> frozenset[UUID]:
    """People with an account who are named as authors."""
    return frozenset(session.scalars(select(ItemAuthor.person_id).where(ItemAuthor.item_id == item_id)))


def lacking_reviews(reviews: Sequence[Review], language: str) -> tuple[Aspect, ...]:
    """Aspects that the latest review does not approve. `reviews` come latest first."""
    latest: dict[Aspect, bool] = {}
    for review in reviews:
        if review.language in (None, language):
            latest.setdefault(review.aspect, review.is_approved)
    return tuple(aspect for aspect in Aspect if not latest.get(aspect, False))


def item_id_of(skill: str, code: str, *, session: Session) -> UUID:
    """The item with that code in the latest release of a skill's bank that holds it."""
    query = select(Item.id).join(BankRelease, BankRelease.id == Item.release_id)
    query = query.where(BankRelease.skill == skill, Item.code == code).order_by(BankRelease.version.desc()).limit(1)
    item_id = session.scalar(query)
    if item_id is None:
        raise ItemNotFound(f"{code} of {skill}")
    return item_id


def found(item_id: UUID, *, session: Session, locked: bool = False) -> Item:
    """The item; with `locked`, held against others who add to its record."""
    item = session.get(Item, item_id, with_for_update=locked or None)
    if item is None:
        raise ItemNotFound(item_id)
    return item


def same_words_of(release_id: UUID, *, session: Session) -> dict[str, tuple[UUID, ...]]:
    """For each item of a release, by code, the ids of the same words in every release of the skill."""
    items = session.scalars(select(Item).where(Item.release_id == release_id).order_by(Item.code)).all()
    return {item.code: tuple(other.id for other in same_words(item, session=session)) for item in items}


def same_words(item: Item, *, session: Session) -> tuple[Item, ...]:
    """The item and its like in other releases of the skill: same code, words and key. They share one life."""
    query = (
        select(Item, BankRelease)
        .join(BankRelease, BankRelease.id == Item.release_id)
        .where(Item.code == item.code, BankRelease.skill == _skill_of(item, session=session))
        .order_by(BankRelease.version)
    )
    rows = session.execute(query).all()
    wording = next(release.wording for other, release in rows if other.id == item.id)
    return tuple(
        other
        for other, release in rows
        if essence(other) == essence(item) and release.wording.get(other.kind) == wording.get(item.kind)
    )


def _skill_of(item: Item, *, session: Session) -> str:
    return session.get_one(BankRelease, item.release_id).skill


def essence(item: Item) -> tuple[object, ...]:
    """What makes an item this item, beside the words around it that its release has for the kind."""
    return (item.kind, item.facet, item.categories, item.keyed, item.content, item.option_keys)
