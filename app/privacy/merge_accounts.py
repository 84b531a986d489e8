"""The second of two people merges two accounts of one person: everything in one transaction, nothing earned or taken.

Sittings become one person's in order of time, and what one account could not have begun is void by the rule. An award
that rests on such a sitting stands until a person has looked at it. The account that leaves is closed, with its rights.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts.close_merged_account import close_merged_account
from app.accounts.consents import NORM_USE
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.restrictions import hold_accounts
from app.accounts.roles import Role
from app.accounts.withdraw_consent import withdraw_consent
from app.assessment.merge_sittings import hold_beginnings, merge_sittings
from app.awarding.merge_awards import merge_awards
from app.credentials.merge_credentials import merge_credentials
from app.foundation import audit
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.privacy.errors import AnotherMergeSeen, MergeNotHeard, MergeNotOpen, MergeNotPossible
from app.privacy.merge_letters import APPLIED, write_to_both
from app.privacy.merge_preview import MergePreview, merge_preview
from app.privacy.merge_rules import accounts_of, open_merge, require_unconcerned
from app.privacy.models import AccountMerge
from app.results.merge_results import merge_results
from app.reviews.merge_cases import merge_cases, put_before_a_person
from app.reviews.second_person import require_second_person


def merge_accounts(
    merge_id: UUID,
    *,
    seen_sha256: str,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> None:
    """Carry it out once, as it was looked at; letters tell both addresses.

    Held in this order: both accounts, so that no restriction or erasure comes between; the merge; beginnings.

    Raises
    ------
    Forbidden, ProofNotFresh, MergeNotFound, MergeNotOpen, SecondPersonNeeded, OwnMerge, MergeNotHeard,
    MergeNotPossible, AnotherMergeSeen
    """
    require(actor, Role.REVIEWER)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    hold_accounts(*accounts_of(merge_id, session=session), session=session)
    merge = open_merge(merge_id, session=session, at=now)
    if merge.asked_by is None:
        raise MergeNotOpen
    by = require_second_person(actor, merge.asked_by, Role.REVIEWER, acted_at=merge.asked_at, session=session)
    require_unconcerned(actor, merge.staying_id, merge.leaving_id, session=session)
    if now < merge.heard_until_at:
        raise MergeNotHeard(merge.heard_until_at)
    hold_beginnings(merge.staying_id, merge.leaving_id, session=session)
    preview = merge_preview(merge.staying_id, merge.leaving_id, session=session, at=now)
    if preview.objections:
        raise MergeNotPossible(*preview.objections)
    if preview.sha256 != seen_sha256:
        raise AnotherMergeSeen
    cases = _move_everything(merge, session=session, clock=clock, entropy=entropy, actor=actor)
    if preview.ends_norm_use:
        withdraw_consent(merge.staying_id, NORM_USE, session=session, clock=clock, actor=actor, jobs=jobs)
    close_merged_account(merge.leaving_id, merge.staying_id, session=session, at=now)
    merge.apply(by, at=now, preview_sha256=preview.sha256, effects=_effects(preview, cases))
    session.flush()
    write_to_both(merge, APPLIED, session=session, jobs=jobs)
    detail = {"merge": str(merge.id), "asked_by": str(merge.asked_by), "beyond": len(preview.beyond)}
    for person_id in (merge.staying_id, merge.leaving_id):
        audit.record("account.merged", person_id, actor=actor, at=now, session=session, detail=detail)


def _move_everything(
    merge: AccountMerge, *, session: Session, clock: Clock, entropy: Entropy, actor: Actor
) -> tuple[UUID, ...]:
    """From the sittings up; the ids of the cases that were opened."""
    both = (merge.staying_id, merge.leaving_id)
    judged = merge_sittings(*both, asked_by=merge.asked_by, session=session, clock=clock, actor=actor)
    merge_results(*both, session=session)
    merge_awards(*both, session=session)
    merge_credentials(*both, session=session)
    merge_cases(*both, session=session)
    beyond = [one.id for one in judged if one.is_beyond]
    return put_before_a_person(beyond, session=session, clock=clock, entropy=entropy, actor=actor)


def _effects(preview: MergePreview, cases: tuple[UUID, ...]) -> dict[str, object]:
    """For the record and the letters."""
    return {
        "moved": [str(row.sitting.id) for row in preview.rows if row.is_leaving],
        "beyond": [str(row.sitting.id) for row in preview.beyond],
        "cases": [str(one) for one in cases],
        "register": [row.credential.code for row in preview.rows if row.needs_the_register and row.credential],
        "ends_norm_use": preview.ends_norm_use,
    }
