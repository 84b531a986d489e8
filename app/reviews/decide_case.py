"""A reviewer decides a case; what is decided takes effect in the same transaction, through the use cases below."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.fresh_proof import require_fresh_proof
from app.accounts.restrictions import hold_accounts
from app.accounts.roles import Role
from app.assessment import queries as sittings
from app.assessment.allow_sitting import allow_sitting
from app.assessment.annul_sitting import annul_sitting
from app.assessment.merge_sittings import hold_beginnings
from app.assessment.merged_sittings import merged_by
from app.assessment.replay_sitting import can_replay, replay_sitting
from app.assessment.restore_sitting import restore_sitting
from app.awarding import queries as awards
from app.awarding.decide_what_waited import decide_what_waited
from app.awarding.settle_hold import settle_hold
from app.awarding.withdraw_award import withdraw_award
from app.credentials import queries as credentials
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation import audit, policies
from app.foundation.access import Actor, require
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.reviews import rules
from app.reviews.errors import CaseClosed, CaseIncomplete, CaseNotFound, MergedByYou, OwnCase
from app.reviews.models import Outcome, ReviewCase, State
from app.reviews.policy import ReviewPolicy

MOST_MINUTES = 10_000


@dataclass(frozen=True, slots=True)
class _Tools:
    session: Session
    clock: Clock
    entropy: Entropy
    jobs: Jobs
    actor: Actor


def decide_case(
    case_id: UUID,
    outcome: str,
    explanation: str,
    *,
    minutes_spent: int,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    jobs: Jobs,
    actor: Actor,
) -> None:
    """Decide once, with reasons. Nobody decides about themself; whoever decides shows who they are.

    Raises
    ------
    Forbidden, ProofNotFresh, CaseNotFound, OwnCase, CaseClosed, MergedByYou, CaseIncomplete, DecisionWaits
    """
    require(actor, Role.REVIEWER)
    now = clock.now()
    require_fresh_proof(actor, session=session, at=now)
    by = _person(actor)
    case = _open_case(case_id, by, session=session)
    was_held = awards.is_held(case.result_id, session=session)
    policy = policies.current(ReviewPolicy, session=session, at=now)
    if any(accounts.is_same_person(by, one, session=session) for one in merged_by(case.sitting_id, session=session)):
        raise MergedByYou
    open_to = rules.outcomes_for(
        was_held=was_held,
        is_beyond_limit=_is_beyond_limit(case, session=session),
        can_replay=can_replay(case.sitting_id, session=session),
    )
    chosen = _checked(outcome, explanation, minutes_spent, open_to=open_to, policy=policy)
    tools = _Tools(session, clock, entropy, jobs, actor)
    _EFFECTS[chosen](case, tools, was_held=was_held)
    case.decide(chosen, explanation.strip(), minutes_spent=minutes_spent, by=by, at=now)
    session.flush()
    detail = {"outcome": chosen.value, "minutes_spent": minutes_spent, "replay_matched": case.replay_matched}
    audit.record("case.decided", case.id, actor=actor, at=now, session=session, detail=detail)
    arguments = {"case_id": str(case.id), "occasion": "decided"}
    jobs.enqueue("send_case_letter", f"case:decided:{case.opening}", session=session, arguments=arguments)


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise CaseNotFound
    return actor.person_id


def _open_case(case_id: UUID, by: UUID, *, session: Session) -> ReviewCase:
    """The case, held after its person's account and beginnings, in the order of whoever merges or moves.

    Those come to the case last, and the decision comes to the sitting from the case: they would wait for each other.
    """
    owner = session.scalar(select(ReviewCase.person_id).where(ReviewCase.id == case_id))
    if owner is not None:
        hold_accounts(owner, session=session)
        hold_beginnings(owner, session=session)
    case = session.get(ReviewCase, case_id, with_for_update=True)
    if case is None:
        raise CaseNotFound
    if accounts.is_same_person(case.person_id, by, session=session):
        raise OwnCase
    if case.state is not State.OPEN:
        raise CaseClosed
    return case


def _is_beyond_limit(case: ReviewCase, *, session: Session) -> bool:
    return sittings.sitting_of(case.sitting_id, case.person_id, session=session).beyond_limit_at is not None


def _checked(
    outcome: str, explanation: str, minutes: int, *, open_to: tuple[Outcome, ...], policy: ReviewPolicy
) -> Outcome:
    if outcome not in set(open_to):
        raise CaseIncomplete("outcome")
    if not policy.shortest_explanation <= len(explanation.strip()) <= policy.longest_words:
        raise CaseIncomplete("explanation")
    if not 0 < minutes <= MOST_MINUTES:
        raise CaseIncomplete("minutes_spent")
    return Outcome(outcome)


def _confirm(case: ReviewCase, tools: _Tools, *, was_held: bool) -> None:
    """Where the sitting was void as one too many, it counts again, and what was not decided meanwhile is decided."""
    restored = restore_sitting(
        case.sitting_id, session=tools.session, clock=tools.clock, jobs=tools.jobs, actor=tools.actor
    )
    if was_held:
        _settle(case, tools, is_awarded=True)
    elif restored:
        decide_what_waited(
            case.result_id,
            occasion=f"case:{case.opening}",
            session=tools.session,
            clock=tools.clock,
            entropy=tools.entropy,
            jobs=tools.jobs,
            actor=tools.actor,
        )


def _resit(case: ReviewCase, tools: _Tools, *, was_held: bool) -> None:
    if was_held:
        _settle(case, tools, is_awarded=False)
    _allow(case, tools)


def _annul(case: ReviewCase, tools: _Tools, *, was_held: bool) -> None:
    """The sitting is held before the decision, as everybody does who decides."""
    annul_sitting(case.sitting_id, session=tools.session, clock=tools.clock, actor=tools.actor)
    if was_held:
        _settle(case, tools, is_awarded=False)
    _take_back_what_was_earned(case, tools)


def _rescore(case: ReviewCase, tools: _Tools, *, was_held: bool) -> None:
    """A difference is our fault and cannot be patched in a signed document: annul, and give the sitting back."""
    case.replay_matched = replay_sitting(case.sitting_id, session=tools.session).matches
    if not case.replay_matched:
        _annul(case, tools, was_held=was_held)
        _allow(case, tools)


def _settle(case: ReviewCase, tools: _Tools, *, is_awarded: bool) -> None:
    settle_hold(
        case.result_id,
        is_awarded=is_awarded,
        session=tools.session,
        clock=tools.clock,
        entropy=tools.entropy,
        jobs=tools.jobs,
        actor=tools.actor,
    )


def _allow(case: ReviewCase, tools: _Tools) -> None:
    allow_sitting(
        case.person_id,
        case.skill,
        cause=f"case:{case.opening}",
        session=tools.session,
        clock=tools.clock,
        entropy=tools.entropy,
        actor=tools.actor,
    )


def _take_back_what_was_earned(case: ReviewCase, tools: _Tools) -> None:
    award_id = withdraw_award(case.result_id, session=tools.session, clock=tools.clock, actor=tools.actor)
    credential = credentials.credential_of_award(award_id, session=tools.session) if award_id else None
    if credential is not None:
        revoke_credential(
            credential.id,
            RevocationReason.ISSUED_IN_ERROR,
            session=tools.session,
            clock=tools.clock,
            jobs=tools.jobs,
            actor=tools.actor,
        )


_EFFECTS = {
    Outcome.CONFIRM: _confirm,
    Outcome.ANNUL: _annul,
    Outcome.RESIT: _resit,
    Outcome.RESCORE: _rescore,
}
