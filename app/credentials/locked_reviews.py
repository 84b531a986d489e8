"""A certificate with every review of its keys, held for whoever decides about them or carries a decision out.

Several keys may have been in other hands, and each has a review of its own: what is done about one is done about all
that stand alike. The certificate is held first and then its reviews in one order, so that two at once wait and do not
block each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.credentials.errors import ReviewNotFound
from app.credentials.models import Credential, CredentialReview


def locked_reviews(review_id: UUID, *, session: Session) -> tuple[Credential, Sequence[CredentialReview]]:
    """The certificate of this review and all its reviews, this one first.

    Raises
    ------
    ReviewNotFound
    """
    found = session.scalar(select(CredentialReview.credential_id).where(CredentialReview.id == review_id))
    credential = found and session.get(Credential, found, with_for_update=True)
    if not credential:
        raise ReviewNotFound
    query = select(CredentialReview).where(CredentialReview.credential_id == credential.id)
    held = query.order_by(CredentialReview.id).with_for_update().execution_options(populate_existing=True)
    reviews = sorted(session.scalars(held), key=lambda review: review.id != review_id)  # stable
    if not reviews or reviews[0].id != review_id:  # erased with its holder while this waited
        raise ReviewNotFound
    return credential, reviews
