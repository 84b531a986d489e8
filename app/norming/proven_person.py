"""On the command line there is no sign-in: who acts is shown by address and the present code of their second factor.

Without this, whoever holds the machine could draft as one person and approve as another.
"""

from __future__ import annotations

from app.accounts import queries as accounts
from app.accounts.browser_sessions import Browser
from app.accounts.confirm_second_factor import confirm_second_factor
from app.accounts.enrolments import FactorState, factor_state
from app.accounts.outcomes import WrongCode
from app.accounts.sign_out import sign_out
from app.foundation.access import Actor
from app.foundation.runtime import Runtime
from app.norming.errors import CodeNotAccepted, NoConfirmedFactor

DEVICE = "command line"


def prove(email: str, code: str, runtime: Runtime) -> Actor:
    """The person with this address, if `code` is the present one of their authenticator app.

    Its own transaction: a wrong guess must be counted even though the command is refused.
    """
    with runtime.transaction() as session:
        person = accounts.person_by_email(email, session=session)
        if factor_state(person.id, session=session) is not FactorState.CONFIRMED:
            raise NoConfirmedFactor(email)
        unproven = Actor(person.id, person.name_or_address, person.roles)
        outcome = confirm_second_factor(
            person.id,
            code,
            browser=Browser(DEVICE),
            session=session,
            clock=runtime.clock,
            entropy=runtime.entropy,
            links=runtime.links,
            jobs=runtime.jobs,
            actor=unproven,
        )
        if not isinstance(outcome, WrongCode):
            sign_out(outcome.token, session=session, clock=runtime.clock, actor=unproven)
    if isinstance(outcome, WrongCode):
        raise CodeNotAccepted(email, outcome.attempts_left)
    return Actor(person.id, unproven.name, person.roles, runtime.clock.now())
