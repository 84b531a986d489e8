"""Use case: the holder, signed in, confirms to whoever asked that the certificate is theirs. Once, and nothing more."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.credentials import queries as credentials
from app.foundation import audit
from app.foundation.access import Actor
from app.foundation.clock import Clock
from app.foundation.links import Links
from app.verification import signed_ids
from app.verification.errors import ChallengeNotFound
from app.verification.models import ControlChallenge


def confirm_control(token: str, *, session: Session, clock: Clock, links: Links, actor: Actor) -> None:
    """Answer the question.

    Raises
    ------
    ChallengeNotFound
        Alike where there is no such question and where it is not the asker's to answer.
    ChallengeOver
        It was answered before, or its time is over.
    """
    challenge_id = signed_ids.id_of(signed_ids.CHALLENGE, token, links=links)
    challenge = session.get(ControlChallenge, challenge_id, with_for_update=True) if challenge_id else None
    if challenge is None:
        raise ChallengeNotFound
    credential = credentials.credential(challenge.credential_id, session=session)
    if actor.person_id is None or credential.person_id != actor.person_id:
        raise ChallengeNotFound
    challenge.confirm(at=clock.now())
    audit.record("control.confirmed", challenge.id, actor=actor, at=clock.now(), session=session)
    session.flush()
