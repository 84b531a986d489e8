"""Awards that wait for a person get a case without being asked about."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.restrictions import hold_accounts
from app.awarding import queries as awards
from app.foundation import audit, policies
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.results import queries as results
from app.reviews import rules
from app.reviews.ask_for_review import open_case
from app.reviews.models import Reason, ReviewCase, State
from app.reviews.policy import ReviewPolicy


def open_held_cases(*, session: Session, clock: Clock, entropy: Entropy) -> int:
    """Open a case for every held decision that has none open; how many were. Each once, however often this runs.

    One that was closed before the decision was held is opened again, or nobody could decide. The accounts are held
    first: a case opened for one that is just being merged into another could not be decided.
    """
    now = clock.now()
    policy = policies.current(ReviewPolicy, session=session, at=now)
    held = _without_open_case(session=session)
    query = select(ReviewCase).where(ReviewCase.result_id.in_(held)).with_for_update()
    known = {case.result_id: case for case in session.scalars(query)}
    still_held = set(awards.held_results(session=session))  # who decides holds the case, and may have done so meanwhile
    waiting = [one for one in held if one in still_held and (one not in known or known[one].state is not State.OPEN)]
    for result_id in waiting:
        if result_id in known:
            case = known[result_id]
            case.open_again(Reason.KINDS_APART, case.words, at=now, due_on=rules.due_on(now, policy))
        else:
            result = results.result(result_id, session=session)
            case = open_case(result, Reason.KINDS_APART, "", session=session, at=now, entropy=entropy, policy=policy)
        detail = {"reason": case.reason.value, "due_on": case.due_on.isoformat()}
        audit.record("case.opened", case.id, actor=system(), at=now, session=session, detail=detail)
    session.flush()
    return len(waiting)


def _without_open_case(*, session: Session) -> tuple[UUID, ...]:
    """The held results to look at, their accounts held; one that changed accounts in this moment waits for the next."""
    held = awards.held_results(session=session)
    is_open = select(ReviewCase.result_id).where(ReviewCase.result_id.in_(held), ReviewCase.state == State.OPEN)
    seen = results.holders(set(held) - set(session.scalars(is_open)), session=session)
    hold_accounts(*set(seen.values()), session=session)
    now_held = results.holders(seen, session=session)
    return tuple(one for one in held if one in seen and seen[one] == now_held.get(one))
