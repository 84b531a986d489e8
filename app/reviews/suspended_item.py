"""What a rescoring rests on: the item is suspended in every language in which it is to be left out."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.orm import Session

from app.foundation.locks import hold
from app.item_bank import item_record
from app.item_bank.item_states import ItemState
from app.reviews.errors import ItemNotSuspended


def require_suspended(item_id: UUID, code: str, languages: Collection[str], *, session: Session) -> None:
    """Look at the item's states, which nobody changes before this transaction is over.

    A retired item was answered while it counted, and goes on counting: it is not suspended.

    Raises
    ------
    ItemNotSuspended
    """
    hold(session, "item-states")  # as whoever changes one, of these words in any release
    states = {item_record.standing(item_id, language, session=session).state for language in languages}
    if states != {ItemState.SUSPENDED}:
        raise ItemNotSuspended(code)
