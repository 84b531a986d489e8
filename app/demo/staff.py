"""The two norm admins of the demonstration, with real second factors for as long as its history is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pyotp
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts.browser_sessions import Browser
from app.accounts.confirm_second_factor import confirm_second_factor
from app.accounts.enrol_second_factor import enrol_second_factor
from app.accounts.enrolments import FactorState, enrolment, factor_state
from app.accounts.remove_second_factor import remove_second_factor
from app.demo.cast import STAFF, Part
from app.demo.join import DEVICE, join
from app.demo.past import JobsOfThePast, PastClock
from app.demo.stage import Stage
from app.foundation.access import Actor, operator
from app.norming.proven_person import prove

JOINED_DAYS_AGO = 430.0


def with_second_factors(stage: Stage) -> dict[str, str]:
    """The secret of each admin's authenticator, by address; known to nobody once this process has ended."""
    clock = stage.clock(JOINED_DAYS_AGO)
    with stage.runtime.transaction() as session:
        return {part.email: _enrolled(part, stage=stage, session=session, clock=clock) for part in STAFF}


def _enrolled(part: Part, *, stage: Stage, session: Session, clock: PastClock) -> str:
    runtime = stage.runtime
    person_id = join(part, session=session, clock=clock, entropy=runtime.entropy, links=runtime.links)
    actor = Actor(person_id, part.display_name)
    if factor_state(person_id, session=session) is FactorState.CONFIRMED:
        remove_second_factor(person_id, session=session, clock=clock, actor=operator())  # of a load that was cut off
    enrol_second_factor(
        person_id, session=session, clock=clock, entropy=runtime.entropy, links=runtime.links, actor=actor
    )
    secret = enrolment(person_id, session=session, links=runtime.links).secret
    confirm_second_factor(
        person_id,
        pyotp.TOTP(secret).at(clock.now()),
        browser=Browser(DEVICE),
        session=session,
        clock=clock,
        entropy=runtime.entropy,
        links=runtime.links,
        jobs=JobsOfThePast(),
        actor=actor,
    )
    return secret


def acting(part: Part, secrets: Mapping[str, str], *, stage: Stage, clock: PastClock) -> Actor:
    """The admin, proven by the code their authenticator shows at that hour."""
    clock.wait(minutes=2)  # no code is accepted twice
    runtime = replace(stage.runtime, clock=clock, jobs=JobsOfThePast())
    return prove(part.email, pyotp.TOTP(secrets[part.email]).at(clock.now()), runtime)


def without_second_factors(stage: Stage) -> None:
    """Forget the authenticators: whoever plays an admin sets up their own."""
    with stage.runtime.transaction() as session:
        for part in STAFF:
            person_id = accounts.person_by_email(part.email, session=session).id
            remove_second_factor(person_id, session=session, clock=stage.runtime.clock, actor=operator())
