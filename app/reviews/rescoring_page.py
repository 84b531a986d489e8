"""What the page of an item's rescoring shows: the preview while nothing is under way, and every rescoring so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.assessment.errors import NormUnreadable
from app.foundation import policies
from app.item_bank import item_cards
from app.item_bank.item_cards import ItemCard
from app.item_bank.item_states import ItemState
from app.norming import queries as norms
from app.reviews.policy import ReviewPolicy
from app.reviews.rescoring_preview import RescoringPreview, rescoring_preview
from app.reviews.rescorings import RescoringView, rescorings_of

NEVER_SUSPENDED_AGAIN = frozenset({ItemState.RETIRED, ItemState.PUBLISHED})


@dataclass(frozen=True, slots=True)
class RescoringPage:
    """Counts of sittings, no person and no group."""

    card: ItemCard
    suspended_in: tuple[str, ...]
    preview: RescoringPreview | None  # None where the item is suspended nowhere, one is under way, or none can be made
    unreadable: str | None  # label of the norm whose numbers were altered, so that none can be made
    rescorings: tuple[RescoringView, ...]  # the latest first
    names: Mapping[UUID, str]
    policy: ReviewPolicy

    def rests_on_suspension(self, one: RescoringView) -> bool:
        """Whether the item is suspended in every language of that rescoring, so that it can be applied."""
        return {*one.languages} <= {*self.suspended_in}

    def is_retired_in(self, languages: Collection[str]) -> bool:
        """Whether it can never be suspended again in one of them."""
        return any(self.card.states[language] in NEVER_SUSPENDED_AGAIN for language in languages)


def rescoring_page(item_id: UUID, *, session: Session, at: datetime) -> RescoringPage:
    """The page at this moment; a preview takes some milliseconds for each sitting."""
    card = item_cards.item_card(item_id, session=session)
    suspended = tuple(language for language, state in card.states.items() if state is ItemState.SUSPENDED)
    known = rescorings_of(item_id, session=session, at=at)
    is_free = suspended and not any(one.is_open or one.may_be_undone for one in known)
    preview, unreadable = _previewed(item_id, suspended, session=session, at=at) if is_free else (None, None)
    people = {person for one in known for person in (one.asked_by, one.applied_by) if person is not None}
    return RescoringPage(
        card=card,
        suspended_in=suspended,
        preview=preview,
        unreadable=unreadable,
        rescorings=known,
        names={person: accounts.person(person, session=session).name_or_address for person in people},
        policy=policies.current(ReviewPolicy, session=session, at=at),
    )


def _previewed(
    item_id: UUID, languages: tuple[str, ...], *, session: Session, at: datetime
) -> tuple[RescoringPreview | None, str | None]:
    """The preview, or the norm that stands against it: a second person applies all of it or nothing."""
    try:
        return rescoring_preview(item_id, languages, session=session, at=at), None
    except NormUnreadable as found:
        return None, norms.label_of(found.norm_id, session=session) if found.norm_id else str(found)
