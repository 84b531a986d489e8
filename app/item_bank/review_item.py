"""Use case: somebody who did not write an item says what they find in one aspect of it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.foundation import audit
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.item_bank.errors import IndependenceNotDeclared, LanguageNotReleased, OwnItem, ReasonMissing, StepUnknown
from app.item_bank.item_record import authors_of, found, same_words
from app.item_bank.models import Aspect, BankRelease, ItemReview

REVIEWER = "item_editor"
LONGEST_COMMENT = 2000  # characters
ASPECTS = tuple(Aspect)  # for callers, who do not import models


def aspect_named(name: str) -> Aspect:
    """The aspect of that name."""
    if name not in set(Aspect):
        raise StepUnknown(name)
    return Aspect(name)


def review_item(
    item_id: UUID,
    aspect: Aspect,
    *,
    language: str | None = None,
    is_approved: bool,
    comment: str,
    declares_independence: bool,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    actor: Actor,
) -> UUID:
    """Append the review; its id. A later one of the same aspect takes its place, and the former stays on record.

    Raises
    ------
    OwnItem
        If the reviewer is on record as an author, or reads an author's mailbox. The database refuses the account too.
    IndependenceNotDeclared
        Authors without an account are known to nobody, so every reviewer says that the item is not theirs.
    ReasonMissing, LanguageNotReleased
    """
    require(actor, REVIEWER)
    if actor.person_id is None:
        raise SignInNeeded
    comment = comment.strip()
    if not 0 < len(comment) <= LONGEST_COMMENT:
        raise ReasonMissing(LONGEST_COMMENT)
    if not declares_independence:
        raise IndependenceNotDeclared
    item = found(item_id, session=session, locked=True)
    release = session.get_one(BankRelease, item.release_id)
    of_language = language if aspect is Aspect.LANGUAGE else None
    if aspect is Aspect.LANGUAGE and language not in release.languages:
        raise LanguageNotReleased(release.label, str(language), release.languages)
    authors = {
        person for other in same_words(item, session=session) for person in authors_of(other.id, session=session)
    }
    if any(accounts.is_same_person(actor.person_id, author, session=session) for author in authors):
        raise OwnItem(item.code)
    review = ItemReview(
        id=entropy.uuid(),
        item_id=item.id,
        aspect=aspect,
        language=of_language,
        is_approved=is_approved,
        comment=comment,
        declared_independent=True,
        reviewer_id=actor.person_id,
        reviewed_at=clock.now(),
    )
    session.add(review)
    session.flush()
    detail = {"item": item.code, "aspect": str(aspect), "language": of_language, "approved": is_approved}
    audit.record("item.reviewed", item.id, actor=actor, at=review.reviewed_at, session=session, detail=detail)
    return review.id
