"""Somebody who reads the mail of a second address agrees that copies of letters go there. No sign-in is asked for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.accounts.second_addresses import NOTICE_JOB, PROVEN, row_of_link
from app.foundation import audit
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.jobs import Jobs
from app.foundation.links import Links


def prove_second_address(token: str, *, session: Session, clock: Clock, jobs: Jobs, links: Links) -> None:
    """Send copies from now on, and tell the person; asked twice, it is the same.

    Raises
    ------
    LinkInvalid, LinkExpired, SecondAddressGone
    """
    now = clock.now()
    row = row_of_link(token, links=links, session=session, at=now, for_update=True)
    if row.proven_at is not None:
        return
    row.proven_at = now
    session.flush()
    audit.record(PROVEN, row.person_id, actor=system(), at=now, session=session)
    arguments = {"person_id": str(row.person_id), "at": now.isoformat()}
    jobs.enqueue(NOTICE_JOB, f"mail:{PROVEN}:{row.person_id}:{now.timestamp()}", session=session, arguments=arguments)
