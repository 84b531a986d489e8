"""Use case: put on record who, of the people with an account, wrote an item."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.item_bank.errors import OwnItem
from app.item_bank.item_record import authors_of, found, same_words
from app.item_bank.models import Item, ItemAuthor, ItemReview


def name_item_author(item_id: UUID, person_id: UUID, *, session: Session, clock: Clock, actor: Actor) -> None:
    """Name the person as an author of the item's words, in whichever release they stand. Again changes nothing.

    Raises
    ------
    OwnItem
        If the person, or whoever reads the same mailbox, has reviewed these words already.
    """
    require(actor, "operator")
    item = found(item_id, session=session, locked=True)
    same = same_words(item, session=session)
    reviewers = select(ItemReview.reviewer_id).where(ItemReview.item_id.in_([other.id for other in same])).distinct()
    if any(accounts.is_same_person(person_id, one, session=session) for one in session.scalars(reviewers)):
        raise OwnItem(item.code)
    for other in same:
        if person_id not in authors_of(other.id, session=session):
            add_author(other, person_id, session=session, clock=clock)
    session.flush()
    audit.record(
        "item.author_named", item.id, actor=actor, at=clock.now(), session=session, detail={"author": str(person_id)}
    )


def add_author(item: Item, person_id: UUID, *, session: Session, clock: Clock) -> None:
    """Append the author. The caller knows that nobody of that name reviewed the item."""
    session.add(ItemAuthor(item_id=item.id, person_id=person_id, named_at=clock.now()))
    session.flush()
