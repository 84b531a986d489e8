"""The person typed the six digits into the browser that asked for them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.accounts import guesses
from app.accounts.browser_sessions import Browser
from app.accounts.outcomes import JoinNeeded, SignedIn, WrongCode
from app.accounts.policy import AccountPolicy
from app.accounts.proving import locked_request, spend
from app.accounts.rules import code_limit
from app.accounts.sign_in_secrets import is_code_of
from app.foundation import policies
from app.foundation.clock import Clock
from app.foundation.entropy import Entropy
from app.foundation.jobs import Jobs
from app.foundation.links import Links


def sign_in_with_code(
    request_id: UUID,
    code: str,
    *,
    browser: Browser,
    session: Session,
    clock: Clock,
    entropy: Entropy,
    links: Links,
    jobs: Jobs,
) -> SignedIn | JoinNeeded | WrongCode:
    """Let the owner of the mailbox in, once, or count a wrong guess.

    A right code after the last allowed guess is refused too: otherwise the limit would tell a guesser nothing.
    """
    now = clock.now()
    policy = policies.current(AccountPolicy, session=session, at=now)
    request = locked_request(request_id, session=session, at=now)
    subjects = guesses.subjects_of_email(request.email, links)
    budget = guesses.counted(subjects, guesses.CODE, limit=code_limit(policy), session=session, at=now)
    if min(budget.left, policy.code_attempts_per_request - request.wrong_codes) <= 0:
        return WrongCode(0)
    if is_code_of(request.id, code, links=links):
        budget.leave_no_trace()
        return spend(request, method="code", browser=browser, session=session, at=now, entropy=entropy, policy=policy)
    budget.add()
    request.wrong_codes += 1
    if budget.left == 0:
        guesses.give_notice(guesses.CODE, request.id, str(request.id), session=session, jobs=jobs)
    return WrongCode(max(0, min(budget.left, policy.code_attempts_per_request - request.wrong_codes)))
