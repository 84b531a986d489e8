"""One whole life, in one transaction of the caller: joined, sat, awarded or not, shown, revoked. All of it, or none."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.credentials.revoke_credential import revoke_credential
from app.credentials.set_visibility import set_visibility
from app.credentials.states import RevocationReason, Visibility
from app.demo.cast import Part
from app.demo.join import join
from app.demo.past import JobsOfThePast, PastClock, Tools
from app.demo.sit import sit
from app.demo.stage import Stage
from app.foundation.access import Actor, operator

JOINED_DAYS_BEFORE = 1  # the first sitting
NEWCOMER_DAYS_AGO = 1.4


def live(part: Part, *, stage: Stage, session: Session) -> None:
    """Let the person behind this part live up to today."""
    first = max((sat.days_ago for sat in part.sittings), default=NEWCOMER_DAYS_AGO - JOINED_DAYS_BEFORE)
    clock = stage.clock(first + JOINED_DAYS_BEFORE)
    runtime = stage.runtime
    person_id = join(part, session=session, clock=clock, entropy=runtime.entropy, links=runtime.links)
    for sat in part.sittings:
        clock = stage.clock(sat.days_ago)
        sit(part, sat, person_id, stage=stage, session=session, clock=clock)
    actor = Actor(person_id, part.display_name)
    for credential in credentials.credentials_of(person_id, session=session):
        if part.shows_certificate:
            clock.wait(minutes=10)
            set_visibility(
                credential.code,
                Visibility.UNLISTED,
                shown_name=part.display_name,
                session=session,
                clock=clock,
                actor=actor,
            )
        if part.revoked_days_ago is not None:
            revoked = stage.clock(part.revoked_days_ago)
            jobs = JobsOfThePast()
            revoke_credential(
                credential.id, RevocationReason.HOLDER_REQUEST, session=session, clock=revoked, jobs=jobs,
                actor=operator(),
            )  # fmt: skip
            _publish_status_now(jobs, stage=stage, session=session)


def _publish_status_now(jobs: JobsOfThePast, *, stage: Stage, session: Session) -> None:
    """The status list is not history: what a verifier fetches today was signed today."""
    runtime = stage.runtime
    jobs.carry_out(
        Tools(
            session=session,
            clock=PastClock(stage.now),
            entropy=runtime.entropy,
            signer=stage.present_signer,
            jwt_signer=stage.runtime.jwt_signer,
            base_url=runtime.settings.base_url,
        )
    )
