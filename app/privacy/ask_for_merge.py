"""The first of two people asks that two accounts of one person become one. Nothing changes yet; both are written to."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.errors import EmailInvalid, PersonNotFound
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.queries import PersonView
from app.accounts.roles import Role
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.locks import hold
from app.privacy.errors import MergeIncomplete, MergeNotPossible, MergeOpen
from app.privacy.merge_letters import ASKED, write_to_both
from app.privacy.merge_preview import merge_preview
from app.privacy.merge_rules import checked_evidence, require_unconcerned
from app.privacy.models import AccountMerge
from app.reviews import queries as reviews


def ask_for_merge(
    staying_address: str,
    leaving_address: str,
    evidence: Collection[str],
    reason: str,
    *,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> UUID:
    """The id of what was asked for, which another reviewer carries out or drops once both addresses were heard.

    Raises
    ------
    Forbidden, ProofNotFresh, MergeIncomplete, OwnMerge, MergeOpen, MergeNotPossible
    """
    require(actor, Role.REVIEWER)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    staying = _account(staying_address, "staying", session=session)
    leaving = _account(leaving_address, "leaving", session=session)
    by = require_unconcerned(actor, staying.id, leaving.id, session=session)
    named = checked_evidence(evidence, staying.email, leaving.email)
    policy, words = reviews.policy(session=session, at=now), reason.strip()
    if not policy.shortest_explanation <= len(words) <= policy.longest_words:
        raise MergeIncomplete("reason")
    for person_id in sorted((staying.id, leaving.id)):
        hold(session, "merge", person_id)
    _require_none_open(staying.id, leaving.id, session=session, clock=clock)
    against = merge_preview(staying.id, leaving.id, session=session, at=now).objections
    if against:
        raise MergeNotPossible(*against)
    merge = AccountMerge(
        id=entropy.uuid(),
        staying_id=staying.id,
        leaving_id=leaving.id,
        evidence=named,
        reason=words,
        asked_at=now,
        asked_by=by,
        heard_until_at=now + timedelta(days=policy.merge_hearing_days),
        lapses_at=now + timedelta(days=policy.merge_open_days),
    )
    session.add(merge)
    session.flush()
    write_to_both(merge, ASKED, session=session, jobs=jobs)
    for person_id in (staying.id, leaving.id):
        detail = {"merge": str(merge.id), "evidence": named}
        audit.record("account.merge_asked", person_id, actor=actor, at=now, session=session, detail=detail)
    return merge.id


def _account(address: str, field: str, *, session: Session) -> PersonView:
    try:
        return accounts.person_by_email(address, session=session)
    except (EmailInvalid, PersonNotFound):
        raise MergeIncomplete(field) from None


def _require_none_open(staying_id: UUID, leaving_id: UUID, *, session: Session, clock: Clock) -> None:
    both = (staying_id, leaving_id)
    about = or_(AccountMerge.staying_id.in_(both), AccountMerge.leaving_id.in_(both))
    if any(one.is_open(at=clock.now()) for one in session.scalars(select(AccountMerge).where(about))):
        raise MergeOpen
