"""The first of two people asks that finished sittings are read without a suspended item. Nothing changes yet."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.roles import Role
from app.foundation import audit, policies
from app.foundation.access import Actor, SignInNeeded, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.locks import hold
from app.reviews.errors import NothingToRescore, RescoringOpen, RescoringReasonMissing
from app.reviews.models import ItemRescoring
from app.reviews.policy import ReviewPolicy
from app.reviews.rescoring_preview import RescoringPreview
from app.reviews.suspended_item import require_suspended


def ask_for_rescoring(
    preview: RescoringPreview, reason: str, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> ItemRescoring:
    """Keep what was previewed, for a second person to apply.

    The preview comes from a reading session: seconds of arithmetic must hold up no other writer.

    Raises
    ------
    Forbidden, ProofNotFresh, RescoringReasonMissing, ItemNotSuspended, NothingToRescore, RescoringOpen
    """
    require(actor, Role.ITEM_EDITOR)
    if actor.person_id is None:
        raise SignInNeeded
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    policy = policies.current(ReviewPolicy, session=session, at=now)
    if not 0 < len(reason.strip()) <= policy.longest_words:
        raise RescoringReasonMissing(policy.longest_words)
    hold(session, "item-rescoring", preview.code)
    require_suspended(preview.item_id, preview.code, preview.languages, session=session)
    former = session.scalars(select(ItemRescoring).where(ItemRescoring.item_id == preview.item_id))
    if any(one.is_open(at=now) or one.may_be_undone(at=now) for one in former):
        raise RescoringOpen(preview.code)
    if not preview.rescored:
        raise NothingToRescore(preview.code)
    asked = ItemRescoring(
        id=entropy.uuid(),
        item_id=preview.item_id,
        item_code=preview.code,
        skill=preview.skill,
        languages=list(preview.languages),
        reason=reason.strip(),
        counts=dict(preview.counts),
        sha256=preview.sha256,
        asked_at=now,
        asked_by=actor.person_id,
        lapses_at=now + timedelta(days=policy.rescoring_open_days),
    )
    session.add(asked)
    session.flush()
    detail = {"item": preview.code, "languages": asked.languages, "counts": asked.counts, "sha256": asked.sha256}
    audit.record("rescoring.asked", asked.id, actor=actor, at=now, session=session, detail=detail)
    return asked
