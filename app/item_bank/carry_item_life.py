"""Use case: an item of a new release goes on with the life of the item it comes from."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.item_bank.change_item_state import add_step
from app.item_bank.item_record import authors_of, standing
from app.item_bank.models import BankRelease, Item
from app.item_bank.name_item_author import add_author


def carry_item_life(
    item: Item, earlier: Item, release: BankRelease, *, session: Session, clock: Clock, actor: Actor
) -> None:
    """Begin `item` of `release` in the states of `earlier`, language by language, and with its authors.

    The caller holds the ledger of item states.
    """
    for language in release.languages:
        before = standing(earlier.id, language, session=session)
        if before.number:
            add_step(
                item,
                language,
                None,
                before.state,
                "the same words stood in an earlier version",
                session=session,
                clock=clock,
                actor=actor,
                former=before.former,
            )
    for author in authors_of(earlier.id, session=session):
        add_author(item, author, session=session, clock=clock)
