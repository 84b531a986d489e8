"""Use case: take an item one step further in its life, in one language or in all, with a reason."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.locks import hold
from app.item_bank import item_record
from app.item_bank.calibrated_items import unpack
from app.item_bank.errors import (
    ItemNotCalibrated,
    ItemNotReviewed,
    LanguageNotReleased,
    ReasonMissing,
    StepNotAllowed,
)
from app.item_bank.item_record import HAS_APPENDED, Standing, found, same_words, standing
from app.item_bank.item_states import ItemState, next_states
from app.item_bank.models import BankRelease, Calibration, Item, ItemStateChange, Source

EDITOR = "item_editor"
LONGEST_REASON = 2000  # characters


def change_item_state(
    item_id: UUID,
    state: ItemState,
    *,
    reason: str,
    languages: Collection[str] | None = None,
    session: Session,
    clock: Clock,
    actor: Actor,
) -> tuple[str, ...]:
    """Bring the item into `state` in each of `languages` (all of its release, if not named); those that moved.

    The same words in another release are the same item and move with it. A language in which the item is in that
    state already stays as it is.

    Raises
    ------
    ReasonMissing, StepNotAllowed
    ItemNotReviewed
        On the way to "reviewed", where content, fairness or language lacks an approving review.
    ItemNotCalibrated
        From pilot to active, where no responses have given the item parameters.
    """
    require(actor, EDITOR, "operator")
    reason = reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise ReasonMissing(LONGEST_REASON)
    hold(session, "item-states")  # the ledger's numbers must be in the order of the commits
    item = found(item_id, session=session, locked=True)
    release = session.get_one(BankRelease, item.release_id)
    wanted = sorted(languages) if languages is not None else release.languages
    for language in wanted:
        if language not in release.languages:
            raise LanguageNotReleased(release.label, language, release.languages)
    moving = {language: standing(item.id, language, session=session) for language in wanted}
    moving = {language: now for language, now in moving.items() if now.state is not state}
    for language, now in moving.items():
        _require_allowed(item, language, now, state, session=session)
    for other in same_words(item, session=session):
        for language in moving:
            before = standing(other.id, language, session=session)
            if before.state is not state:
                add_step(other, language, before, state, reason, session=session, clock=clock, actor=actor)
    session.flush()
    return tuple(moving)


def _require_allowed(item: Item, language: str, now: Standing, state: ItemState, *, session: Session) -> None:
    allowed = next_states(now.state, now.former)
    if state not in allowed:
        raise StepNotAllowed(item.code, now.state, state, allowed)
    if state is ItemState.REVIEWED:
        lacking = item_record.lacking_reviews(item_record.reviews_of(item.id, session=session), language)
        if lacking:
            raise ItemNotReviewed(item.code, language, lacking)
    if now.state is ItemState.PILOT and state is ItemState.ACTIVE and not _is_calibrated(item, session=session):
        raise ItemNotCalibrated(item.code)


def _is_calibrated(item: Item, *, session: Session) -> bool:
    same = [other.release_id for other in same_words(item, session=session)]
    query = select(Calibration).where(Calibration.release_id.in_(same), Calibration.source == Source.SAMPLE)
    return any(item.code in unpack(calibration).informative for calibration in session.scalars(query))


def add_step(
    item: Item,
    language: str,
    before: Standing | None,
    state: ItemState,
    reason: str,
    *,
    session: Session,
    clock: Clock,
    actor: Actor,
    former: ItemState | None = None,
) -> None:
    """Append one step, and say so in the audit record. The caller holds the ledger and knows the rule.

    Without anything before it, it is an item's first in a new release, and `former` is what the same words came from.
    """
    step = ItemStateChange(
        item_id=item.id,
        release_id=item.release_id,
        language=language,
        number=before.number + 1 if before else 1,
        former=before.state if before else former,
        state=state,
        reason=reason,
        changed_at=clock.now(),
        changed_by=actor.person_id,
    )
    session.add(step)
    session.flush()
    session.info[HAS_APPENDED] = True
    # The reason stands with the step: words that somebody wrote have no place in a record that nothing can erase.
    detail = {"item": item.code, "language": language, "from": step.former, "to": str(state), "step": step.number}
    audit.record("item.state_changed", item.id, actor=actor, at=step.changed_at, session=session, detail=detail)
