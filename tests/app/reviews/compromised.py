"""The owner's certificate after its key fell into other hands, at a time that leaves it to a person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import worker
from app.credentials.did import ED25519
from app.credentials.keys import FileKeyStore, FileSigners
from app.credentials.models import Credential, CredentialReview, IssuerKey
from app.foundation.access import Actor
from app.foundation.runtime import Runtime
from app.reviews.decide_certificates import Decided, decide_certificates, evidence_for
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_credential
from tests.app.api.world import FILE, Facts, World, open_world
from tests.journeys.at_a_standstill import SMALL_SCRYPT_N, run_jobs, with_signer

WHY = "The sitting behind it was read again; nothing bears it out."


@dataclass(frozen=True)
class Template:
    """A file in which the worker has acted on a theft an hour before the owner's certificate was issued."""

    file: Path
    facts: Facts
    enqueued: dict[str, tuple[str, dict[str, Any]]]

    def opened(self, directory: Path) -> tuple[World, Runtime]:
        """A copy for one test, and the runtime of its worker; the letters are not sent yet."""
        world = open_world(self.file, directory, self.facts)
        world.runtime.jobs.enqueued.update(self.enqueued)
        store = FileKeyStore(self.file.parent / "keys", scrypt_n=SMALL_SCRYPT_N)
        signers = FileSigners(store, "did:web:localhost", "a passphrase for tests", world.runtime.clock)
        return world, replace(world.runtime, signers=signers)


def made_compromised(world: World) -> Template:
    """Make it out of an untouched world."""
    here = with_signer(world.runtime, world.directory)
    with here.transaction() as session:
        row = session.scalars(select(Credential)).one()
        row.visibility = "unlisted"
        key_id, stolen_at = row.key_id, row.issued_at - timedelta(hours=1)
        assert session.get_one(IssuerKey, key_id).algorithm == ED25519
    worker.JOBS["compromise_key"](here, key_id=key_id, since=stolen_at.isoformat(), request=f"compromise:{key_id}")
    with here.database.writing.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    here.database.dispose()
    return Template(world.directory / FILE, world.facts, dict(here.jobs.enqueued))


def review_row(world: World) -> CredentialReview:
    with world.runtime.reading() as session:
        return session.scalars(select(CredentialReview)).one()


def decide_it(world: World, decision: str, *, by: Actor, reason: str = "", ids: list[UUID] | None = None) -> Decided:
    here = world.runtime
    with here.reading() as session:
        chosen, evidence = evidence_for(ids or [review_row(world).id], decision, session=session)
    with here.transaction() as session:
        return decide_certificates(
            evidence, chosen, reason, session=session, clock=here.clock, jobs=here.jobs, actor=by
        )


def letters(here: Runtime) -> int:
    """Letters about certificates that went out, once their jobs ran."""
    run_jobs(here)
    return len(list((here.settings.data / "mail").glob("certificate-*.eml")))


def verdict(world: World) -> Verdict:
    with world.runtime.reading() as session:
        return verify_credential(world.facts.code, session=session, clock=world.runtime.clock).verdict
