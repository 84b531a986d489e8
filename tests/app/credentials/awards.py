"""An award with everything it rests on, written straight into the tables: the contexts below have their own tests."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from enum import Enum as PythonEnum
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import JSON, Boolean, Column, Date, Enum, Float, Integer, LargeBinary, Table, Uuid, insert, select
from sqlalchemy.orm import Session

from app.awarding.models import Outcome
from app.credentials import queries
from app.credentials.issue_credential import issue_credential
from app.credentials.models import Credential
from app.credentials.publish_key import publish_key
from app.credentials.reserve_credential import reserve_credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation import audit
from app.foundation.access import operator, system
from app.foundation.db import Base, UtcDateTime
from app.foundation.signing import Signer
from scoring.norms import NormTable
from tests.app.credentials.documents import SeedSigner, a_jwt_signer
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock

BASE_URL = "http://localhost"
KEY_ID = "did:web:localhost#2026-11-0a1b2c3d"
JWT_KEY_ID = "did:web:localhost#2026-11-4e5f6a7b"
EARLIER = datetime(2026, 11, 1, tzinfo=UTC)
SKILL = "collaboration"
_numbers = count(1)


def an_id() -> UUID:
    return UUID(int=(next(_numbers) << 80) | 7, version=4)


def a_signer() -> SeedSigner:
    return SeedSigner(KEY_ID)


def keep_key_files(directory: Path) -> None:
    """The files of both keys, as far as they are read without being opened."""
    directory.mkdir(mode=0o700)
    for key_id in (KEY_ID, JWT_KEY_ID):
        file = directory / f"{key_id.partition('#')[2]}.key.json"
        sealed = {"algorithm": "any", "kdf": {}, "cipher": {}, "ciphertext": "as it lies"}
        file.write_text(json.dumps({"key_id": key_id, **sealed}), encoding="utf-8")


def an_award(session: Session, *, reported_at: datetime = EARLIER, **award: Any) -> UUID:
    """The id of a decided award: top decile of a real norm, unless told otherwise."""
    person_id, sitting_id, result_id = an_id(), an_id(), an_id()
    norm_id = _norm(session)
    write(session, "person", id=person_id, email=f"{person_id}@example.org", language="en")
    write(
        session,
        "sitting",
        id=sitting_id,
        person_id=person_id,
        skill=SKILL,
        state="completed",
        mode="open",
        norm_id=norm_id,
        completed_at=EARLIER,
        stop_reason="certain-above",
    )
    write(
        session,
        "frozen_sitting",
        sitting_id=sitting_id,
        responses='{"packing": 1, "units": []}',
        statements=11,
        scenarios=9,
        median=1.5,
        standard_error=0.3,
        interval_low=1.0,
        interval_high=2.0,
        probability_above=0.8161,
        judgement_share=0.55,
        is_balanced=True,
    )
    write(
        session,
        "skill_result",
        id=result_id,
        sitting_id=sitting_id,
        person_id=person_id,
        skill=SKILL,
        norm_id=norm_id,
        percentile_rank=93.44,
        band_low=86.21,
        band_high=97.03,
        decision_confidence=0.8161,
        reported_at=reported_at,
    )
    write(session, "award_decision", id=an_id(), result_id=result_id, outcome=Outcome.AWARDED, reasons=[])
    audit.record("award.decided", result_id, actor=system(), at=EARLIER, session=session, detail={"outcome": "awarded"})
    decided = {"is_specimen": False, "specimen_reasons": [], "decided_at": EARLIER, **award}
    return write(session, "award", id=an_id(), result_id=result_id, person_id=person_id, skill=SKILL, **decided)


def _norm(session: Session) -> UUID:
    """The one norm of these tests, with the skill it belongs to."""
    existing = session.scalar(select(Base.metadata.tables["norm_version"].c.id))
    if existing is not None:
        return existing
    write(
        session,
        "skill",
        slug=SKILL,
        names={"en": "Collaboration", "fr": "Coopération"},
        definitions={"en": "Working with others towards a shared goal.", "fr": "Travailler avec d'autres vers un but."},
        facets=[{"slug": "sharing", "name": {"en": "Sharing information", "fr": "Partager l'information"}}],
        esco=[{"id": "1", "about": "work in teams"}],
    )
    population = {"en": "adults at work", "fr": "adultes au travail"}
    group = write(
        session,
        "norm_group",
        id=an_id(),
        skill=SKILL,
        language="en",
        described_as="adults at work",
        population=population,
    )
    table = NormTable.from_sample(np.random.default_rng(5).normal(size=2000))
    return write(
        session,
        "norm_version",
        id=an_id(),
        norm_group_id=group,
        skill=SKILL,
        language="en",
        label="COL-2026.2",
        n=5120,
        window_start_on=date(2024, 11, 1),
        window_end_on=date(2026, 10, 31),
        latent=table.to_dict(),
        cut=1.2816,
        cut_standard_error=0.0312,
        cut_percentile=90.0,
        state="published",
        may_certify=True,
        gate_reasons=[],
        drafted_by=write(session, "person", id=an_id(), email=f"{an_id()}@example.org", language="en"),
        approved_by=write(session, "person", id=an_id(), email=f"{an_id()}@example.org", language="en"),
    )


def write(session: Session, name: str, **values: Any) -> Any:
    """Write one row; columns not named get a plain value of their kind, foreign keys a row of their own."""
    table = Base.metadata.tables[name]
    for column in table.columns:
        if column.name not in values and not column.nullable and column.autoincrement is not True:
            values[column.name] = _plain_value(session, column)
    row = session.execute(insert(table).values(**values).returning(*table.primary_key.columns)).one()
    return row[0]


def _plain_value(session: Session, column: Column[Any]) -> Any:
    for key in column.foreign_keys:
        return _any_row(session, key.column.table)
    kind = column.type
    if isinstance(kind, Enum):
        return _first_member(kind)
    for known, value in (
        (Uuid, an_id()),
        (UtcDateTime, EARLIER),
        (Date, EARLIER.date()),
        (Boolean, False),
        (Integer, 1),
        (Float, 0.5),
        (JSON, {}),
        (LargeBinary, b""),
    ):
        if isinstance(kind, known):
            return value
    return f"{column.name}-{next(_numbers)}"


def _first_member(kind: Enum) -> PythonEnum | str:
    members = list(kind.enum_class) if kind.enum_class else list(kind.enums)
    return members[0]


def _any_row(session: Session, table: Table) -> Any:
    (key,) = table.primary_key.columns
    existing = session.scalar(select(key).limit(1))
    return existing if existing is not None else write(session, table.name)


class Desk:
    """The four jobs around one award, with the clock, chance and signer they are given."""

    def __init__(self, session: Session, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs) -> None:
        self.session, self.clock, self.entropy, self.jobs = session, clock, entropy, jobs
        self.signer = a_signer()
        self.jwt_signer: Signer | None = a_jwt_signer(JWT_KEY_ID)

    def publish_key(self, signer: Signer | None = None) -> None:
        publish_key(signer or self.signer, session=self.session, clock=self.clock, actor=system())
        if self.jwt_signer is not None:
            publish_key(self.jwt_signer, session=self.session, clock=self.clock, actor=system())

    def reserve(self, award_id: UUID) -> Credential:
        credential_id = reserve_credential(
            award_id, session=self.session, clock=self.clock, entropy=self.entropy, jobs=self.jobs, base_url=BASE_URL
        )
        return self.session.get_one(Credential, credential_id)

    def issue(self, credential: Credential, signer: Signer | None = None) -> None:
        issue_credential(
            credential.id,
            session=self.session,
            clock=self.clock,
            signer=signer or self.signer,
            jwt_signer=self.jwt_signer,
            base_url=BASE_URL,
        )

    def issued(self, **award: Any) -> Credential:
        """An issued credential of a fresh award."""
        self.publish_key()
        credential = self.reserve(an_award(self.session, **award))
        self.issue(credential)
        return credential

    def revoke(self, credential: Credential) -> None:
        """Revoke it as issued in error."""
        reason, actor = RevocationReason.ISSUED_IN_ERROR, operator()
        revoke_credential(credential.id, reason, session=self.session, clock=self.clock, jobs=self.jobs, actor=actor)

    def did_document(self) -> dict[str, Any]:
        return queries.did_document(base_url=BASE_URL, session=self.session)
