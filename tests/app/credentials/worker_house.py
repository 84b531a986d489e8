"""Credentials as the worker's own jobs issue them, and what the world says of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import worker
from app.credentials import queries
from app.credentials.commands import credential as credential_group
from app.credentials.commands import keys as keys_group
from app.credentials.did import ED25519
from app.credentials.models import Credential, IssuerKey
from app.foundation.runtime import Runtime
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_credential
from tests.app.credentials.awards import an_award
from tests.app.credentials.openbadges_verifier import verify_token_with_openbadgeslib, verify_with_openbadgeslib
from tests.journeys.at_a_standstill import run_jobs

BASE_URL = "http://localhost"


def issue(house: Runtime, count: int = 1, **award: object) -> list[str]:
    """Codes of credentials issued by the worker's own jobs for results reported just now, shown by link."""
    with house.transaction() as session:
        awards = [an_award(session, reported_at=house.clock.now(), **award) for _ in range(count)]
    for award_id in awards:
        worker.JOBS["reserve_credential"](house, award_id=str(award_id))
    with house.reading() as session:
        waiting = session.scalars(select(Credential.id).where(Credential.issued_at.is_(None))).all()
    for credential_id in waiting:
        worker.JOBS["issue_credential"](house, credential_id=str(credential_id))
    with house.transaction() as session:
        rows = session.scalars(select(Credential).where(Credential.id.in_(waiting)).order_by(Credential.code)).all()
        for row in rows:
            row.visibility = "unlisted"
        return [row.code for row in rows]


def ask(house: Runtime, *words: str) -> str:
    """A command of an operator, then what the worker does about it."""
    house.jobs.enqueued.clear()
    group = credential_group if words[0] in ("reinstate", "review", "reviews", "revoke", "suspend") else keys_group
    done = CliRunner().invoke(group, list(words), obj=house)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    run_jobs(house)
    return done.output


def key_in_use(house: Runtime, algorithm: str = ED25519) -> str:
    with house.reading() as session:
        rows = session.scalars(select(IssuerKey).where(IssuerKey.algorithm == algorithm)).all()
        (key_id,) = [row.key_id for row in rows if row.may_sign]
        return key_id


def stored(session: Session, code: str) -> Credential:
    return session.scalars(select(Credential).where(Credential.code == code)).one()


def is_accepted(house: Runtime, code: str, document: str | None = None, token: str | None = None) -> tuple[bool, bool]:
    """What openbadgeslib says of the two carriers, with everything as it is published now."""
    with house.reading() as session:
        row = stored(session, code)
        published = queries.did_document(base_url=BASE_URL, session=session)
        signed, signed_token = document or row.signed_document, token or row.signed_jwt
        number = int(json.loads(signed)["credentialStatus"]["statusListCredential"].rpartition("/")[2])
        listed = queries.status_list(number, session=session)
    later = house.clock.now() + timedelta(minutes=1)
    return (
        verify_with_openbadgeslib(signed, published, listed.signed_document, at=later),
        verify_token_with_openbadgeslib(signed_token, published, listed.signed_jwt, at=later),
    )


def verdict(house: Runtime, code: str) -> Verdict:
    with house.reading() as session:
        return verify_credential(code, session=session, clock=house.clock).verdict


def since(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
