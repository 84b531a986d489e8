"""The second of two people applies it: every sitting of the preview is corrected, or none; letters go out."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.assessment.correct_sitting import correct_sitting
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.reviews.errors import AnotherPreviewSeen, RescoringNotFound, RescoringNotOpen
from app.reviews.models import ItemRescoring
from app.reviews.policy import ReviewPolicy
from app.reviews.rescoring_preview import RescoringPreview
from app.reviews.second_person import require_second_person
from app.reviews.suspended_item import require_suspended


def apply_rescoring(
    rescoring_id: UUID,
    preview: RescoringPreview,
    *,
    seen_sha256: str,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> ItemRescoring:
    """Results are read without the item from now on; nothing is awarded or granted before the undo is over.

    `preview` was computed again just now; it must be the one that was asked for, and the one the person saw. It was
    computed without holding anything, so every sitting is looked at again once it is held, in the order of their ids.

    Raises
    ------
    Forbidden, ProofNotFresh, SecondPersonNeeded, RescoringNotFound, RescoringNotOpen, ItemNotSuspended
    AnotherPreviewSeen
    """
    require(actor, Role.ITEM_EDITOR)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    asked = rescoring_for_update(rescoring_id, preview.item_id, session=session)
    by = require_second_person(actor, asked.asked_by, Role.ITEM_EDITOR, acted_at=asked.asked_at, session=session)
    if not asked.is_open(at=now):
        raise RescoringNotOpen
    require_suspended(asked.item_id, asked.item_code, asked.languages, session=session)
    if not asked.sha256 == preview.sha256 == seen_sha256:
        raise AnotherPreviewSeen
    policy = policies.current(ReviewPolicy, session=session, at=now)
    undo_until = now + timedelta(days=policy.rescoring_undo_days)
    asked.apply(by, at=now, undo_until=undo_until)
    for one in preview.rescored:
        is_told, effect = one.concerns_the_person, str(one.effect)
        if not correct_sitting(
            one.found, asked.id, code=asked.item_code, effect=effect, is_told=is_told, undo_until=undo_until,
            session=session, clock=clock, entropy=entropy, actor=actor,
        ):  # fmt: skip
            raise AnotherPreviewSeen
        if is_told:
            write_to(one.found.sitting_id, effect, asked.id, session=session, jobs=jobs)
    detail = {"item": asked.item_code, "counts": asked.counts, "sha256": asked.sha256, "asked_by": str(asked.asked_by)}
    audit.record("rescoring.applied", asked.id, actor=actor, at=now, session=session, detail=detail)
    session.flush()
    return asked


def rescoring_for_update(rescoring_id: UUID, item_id: UUID, *, session: Session) -> ItemRescoring:
    """The rescoring of that item, held against others who act on it."""
    row = session.get(ItemRescoring, rescoring_id, with_for_update=True)
    if row is None or row.item_id != item_id:
        raise RescoringNotFound
    return row


def write_to(sitting_id: UUID, occasion: str, rescoring_id: UUID, *, session: Session, jobs: Jobs) -> None:
    """Have the letter sent; one of each occasion."""
    arguments = {"rescoring_id": str(rescoring_id), "sitting_id": str(sitting_id), "occasion": occasion}
    key = f"rescoring:{occasion}:{rescoring_id}:{sitting_id}"
    jobs.enqueue("send_rescoring_letter", key, session=session, arguments=arguments)
