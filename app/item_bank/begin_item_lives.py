"""Use case: where the items of a new release begin: with the life their words already have, or with none."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.locks import hold
from app.item_bank.carry_item_life import carry_item_life
from app.item_bank.change_item_state import add_step
from app.item_bank.item_record import authors_of, same_words
from app.item_bank.item_states import ItemState
from app.item_bank.models import BankRelease
from app.item_bank.name_item_author import add_author


def begin_item_lives(
    release: BankRelease,
    *,
    as_drafts: bool,
    authors: Collection[UUID],
    session: Session,
    clock: Clock,
    actor: Actor,
) -> None:
    """Carry states and authors over to words that stood in an earlier version; new words are drafts if asked for.

    Otherwise a new version would quietly bring back what was suspended.
    """
    hold(session, "item-states")
    earlier_versions = select(func.count()).where(BankRelease.skill == release.skill, BankRelease.id != release.id)
    is_first = session.scalar(earlier_versions) == 0
    for item in release.items:
        earlier = [] if is_first else [other for other in same_words(item, session=session) if other.id != item.id]
        if earlier:
            carry_item_life(item, earlier[-1], release, session=session, clock=clock, actor=actor)
        elif as_drafts:
            for language in release.languages:
                add_step(
                    item,
                    language,
                    None,
                    ItemState.DRAFT,
                    "released as a draft",
                    session=session,
                    clock=clock,
                    actor=actor,
                )
        for author in set(authors) - authors_of(item.id, session=session) if not earlier else ():
            add_author(item, author, session=session, clock=clock)
    session.flush()
