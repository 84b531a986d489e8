"""Keys change hands: rotation breaks nothing, a compromise leaves nothing of the thief's and renews the rest."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app import worker
from app.credentials import queries, reissue_affected, review_queue, status_list
from app.credentials.did import ED25519, RS256
from app.credentials.errors import NotReinstatable, ProofInvalid
from app.credentials.keys import FileKeyStore
from app.credentials.models import Credential, WithdrawnSignature
from app.foundation.access import operator
from app.foundation.db import Database
from app.foundation.errors import DecileError
from app.foundation.runtime import Runtime
from app.foundation.signing import Signer
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_document
from tests.app.credentials.awards import an_award
from tests.app.credentials.worker_house import BASE_URL, ask, is_accepted, issue, key_in_use, since, stored, verdict
from tests.fakes import FrozenClock

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MANY = int(os.environ.get("DECILE_TEST_REISSUED", "10000"))


def test_case_050_and_edge_056_after_three_rotations_every_credential_verifies(
    house: Runtime, clock: FrozenClock
) -> None:
    codes, keys = issue(house, 2), {key_in_use(house)}
    for _ in range(3):
        clock.advance(timedelta(days=30))
        ask(house, "rotate")
        codes += issue(house, 2)
        keys.add(key_in_use(house))
    assert len(keys) == 4
    with house.reading() as session:
        signed_with = {stored(session, code).key_id for code in codes}
    assert signed_with == keys
    assert [is_accepted(house, code) for code in codes] == [(True, True)] * 8
    assert [verdict(house, code) for code in codes] == [Verdict.VALID] * 8


def test_a_retired_key_signs_nothing_more_and_its_private_half_is_gone(house: Runtime, tmp_path: Path) -> None:
    former = key_in_use(house)
    ask(house, "rotate", "--algorithm", ED25519)
    store = FileKeyStore(tmp_path / "keys")
    held = [json.loads(file.read_text())["key_id"] for file in store.directory.glob("*.key.json")]
    assert former not in held
    assert {key_in_use(house), key_in_use(house, RS256)} <= set(held)
    with house.reading() as session:
        assert queries.public_key(former, ED25519, session=session) is not None


def test_a_rotation_that_is_run_again_makes_no_second_key(house: Runtime) -> None:
    ask(house, "rotate")
    now_used = key_in_use(house)
    again = dict(house.jobs.enqueued)
    for name, arguments in again.values():
        worker.JOBS[name](house, **arguments)
    assert key_in_use(house) == now_used


@pytest.mark.parametrize("algorithm", [ED25519, RS256])
def test_case_051_and_edge_056_what_the_record_dates_before_the_compromise_is_issued_anew(
    house: Runtime, clock: FrozenClock, algorithm: str
) -> None:
    trusted = issue(house, 3)
    clock.advance(timedelta(days=1))
    stolen_at = clock.advance(timedelta(hours=1))
    doubtful = issue(house, 2)
    with house.reading() as session:
        former = {code: (stored(session, code).signed_document, stored(session, code).signed_jwt) for code in trusted}
        term = {code: (stored(session, code).valid_from, stored(session, code).valid_until) for code in trusted}
    key_id = key_in_use(house, algorithm)
    clock.advance(timedelta(days=1))
    ask(house, "compromise", key_id, "--since", since(stolen_at))

    assert [is_accepted(house, code) for code in trusted] == [(True, True)] * 3
    assert [verdict(house, code) for code in trusted] == [Verdict.VALID] * 3
    assert [is_accepted(house, code, *former[code]) for code in trusted] == [(False, False)] * 3
    assert [verdict(house, code) for code in doubtful] == [Verdict.SUSPENDED] * 2
    assert [is_accepted(house, code) for code in doubtful] == [(False, False)] * 2
    with house.reading() as session:
        published = [
            method["id"] for method in queries.did_document(base_url=BASE_URL, session=session)["verificationMethod"]
        ]
        assert key_id not in published
        assert {code: (stored(session, code).valid_from, stored(session, code).valid_until) for code in trusted} == term
        waiting = review_queue.waiting(None, session=session, at=clock.now())
    assert sorted(review.code for review in waiting) == sorted(doubtful)


def test_what_may_not_be_signed_again_waits_for_a_person_and_holds_up_nobody(
    house: Runtime, clock: FrozenClock
) -> None:
    low, sound = issue(house, 2)
    with house.transaction() as session:  # as some were signed before the figures of the decision were printed
        row = stored(session, low)
        row.unsigned_document = row.unsigned_document.replace('"93.4"', '"89.6"')
    clock.advance(timedelta(days=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    assert is_accepted(house, sound) == (True, True)
    assert (verdict(house, low), verdict(house, sound)) == (Verdict.SUSPENDED, Verdict.VALID)


def test_a_stolen_copy_is_never_called_valid(house: Runtime, clock: FrozenClock) -> None:
    (code,) = issue(house)
    with house.reading() as session:
        former = stored(session, code).signed_document
    clock.advance(timedelta(days=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    with house.reading() as session:
        assert verify_document(former, session=session, clock=clock).verdict is Verdict.UNKNOWN


def test_the_record_decides_and_not_the_row_that_somebody_edited(house: Runtime, clock: FrozenClock) -> None:
    stolen_at = clock.now()
    clock.advance(timedelta(hours=1))
    (code,) = issue(house)
    with house.transaction() as session:
        stored(session, code).issued_at = stolen_at - timedelta(days=9)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(stolen_at))
    assert verdict(house, code) is Verdict.SUSPENDED


def test_a_suspension_after_a_theft_is_ended_by_its_own_review_alone(house: Runtime, clock: FrozenClock) -> None:
    stolen_at = clock.now()
    (code,) = issue(house)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(stolen_at))
    with pytest.raises(NotReinstatable, match="its key was in other hands"):
        ask(house, "reinstate", code, "--reference", "2026-114")
    assert verdict(house, code) is Verdict.SUSPENDED


def test_what_was_revoked_before_stays_revoked_and_is_not_issued_anew(house: Runtime, clock: FrozenClock) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        row = stored(session, code)
        row.revoked_at, row.revocation_reason = clock.now(), "holder-request"
        index, former = row.status_index, row.signed_document
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    with house.reading() as session:
        assert (stored(session, code).status_index, stored(session, code).signed_document) == (index, former)
    assert verdict(house, code) is Verdict.REVOKED


def test_what_no_sitting_bears_out_is_left_withdrawn_and_never_issued_anew(house: Runtime, clock: FrozenClock) -> None:
    stolen_at = clock.now()
    (code,) = issue(house)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(stolen_at))
    assert code[:4] in ask(house, "reviews")
    with pytest.raises(DecileError, match="does not follow from what is stored"):
        ask(house, "review", code, "--reissue")
    with pytest.raises(DecileError, match="reason is missing"):
        ask(house, "review", code, "--revoke")
    assert verdict(house, code) is Verdict.SUSPENDED
    ask(house, "review", code, "--revoke", "--reason", "No sitting stands behind it.")
    assert verdict(house, code) is Verdict.REVOKED
    assert is_accepted(house, code) == (False, False)
    with pytest.raises(DecileError, match="No review"):
        ask(house, "review", code, "--revoke", "--reason", "Once more.")


def test_an_unknown_key_and_an_instant_to_come_are_refused(house: Runtime, clock: FrozenClock) -> None:
    with pytest.raises(DecileError, match="no published key"):
        ask(house, "compromise", "did:web:localhost#x", "--since", since(clock.now()))
    with pytest.raises(DecileError, match="future"):
        ask(house, "compromise", key_in_use(house), "--since", since(clock.now() + timedelta(days=1)))


class Forger:
    """Names one key and signs with another."""

    algorithm = RS256

    def __init__(self, signer: Signer, forged: bytes) -> None:
        self.key_id, self.public_bytes, self._forged = signer.key_id, signer.public_bytes, forged

    def sign(self, data: bytes) -> bytes:
        return self._forged


@pytest.mark.parametrize("algorithm", [ED25519, RS256])
def test_case_034_a_signature_that_does_not_verify_is_not_released_a_second_time(
    house: Runtime, clock: FrozenClock, algorithm: str
) -> None:
    issue(house)
    with house.transaction() as session:
        row = session.scalars(select(Credential)).one()
        signers = {ED25519: worker._signer(house, session), RS256: worker._jwt_signer(house, session)}
        forged = Forger(signers[algorithm], bytes({ED25519: 64, RS256: 256}[algorithm]))
        forged.algorithm = algorithm
        signers[algorithm] = forged
        with pytest.raises(ProofInvalid):
            reissue_affected.reissue(
                [row],
                row.key_id,
                session=session,
                clock=clock,
                entropy=house.entropy,
                jobs=house.jobs,
                signer=signers[ED25519],
                jwt_signer=signers[RS256],
                actor=operator(),
            )


def test_every_former_entry_stays_set_and_every_new_one_is_free(house: Runtime, clock: FrozenClock) -> None:
    codes = issue(house, 4)
    with house.reading() as session:
        former = {stored(session, code).status_index for code in codes}
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))  # and the next one too
    with house.reading() as session:
        now = {stored(session, code).status_index for code in codes}
        between = set(session.scalars(select(WithdrawnSignature.status_index)))
        listed = json.loads(queries.status_list(1, session=session).signed_document)
    bits = status_list.decode(listed["credentialSubject"]["encodedList"])
    assert former <= between
    assert {index for index in range(status_list.ENTRIES) if status_list.is_set(bits, index)} == between
    assert not now & between


def _copies(session: Session, code: str, count: int) -> None:
    """More credentials of the same kind, each with its own award, signed by nothing yet believed."""
    row = stored(session, code)
    values = {column.name: getattr(row, column.name) for column in Credential.__table__.columns}
    document = json.loads(row.unsigned_document)
    for number in range(count):
        award_id = an_award(session)
        award = session.execute(
            select(Credential.metadata.tables["award"]).where(Credential.metadata.tables["award"].c.id == award_id)
        ).one()
        result = session.execute(
            select(Credential.metadata.tables["skill_result"]).where(
                Credential.metadata.tables["skill_result"].c.id == award.result_id
            )
        ).one()
        index = (row.status_index + 1 + number) % status_list.ENTRIES
        document["credentialStatus"] = status_list.moved(document["credentialStatus"], 1, index)
        values |= {
            "id": award_id, "award_id": award_id, "sitting_id": result.sitting_id, "person_id": result.person_id,
            "code": f"{number:017d}", "subject_id": award_id, "status_index": index,
            "unsigned_document": json.dumps(document),
        }  # fmt: skip
        session.execute(insert(Credential).values(**values))
        session.execute(
            insert(Credential.metadata.tables["audit_entry"]).values(
                at=row.issued_at, kind="credential.issued", subject=str(award_id), actor="worker", detail={}
            )
        )


@pytest.mark.long
def test_ten_thousand_are_issued_anew_within_a_minute(house: Runtime, database: Database, clock: FrozenClock) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        _copies(session, code, MANY - 1)
    key_id = key_in_use(house)
    clock.advance(timedelta(hours=1))
    house.jobs.enqueued.clear()
    started = time.process_time()  # of one core: wall time would measure what else the machine does
    worker.JOBS["compromise_key"](house, key_id=key_id, since=clock.now().isoformat(), request="drill")
    elapsed = time.process_time() - started
    with house.reading() as session:
        left = session.scalars(select(Credential.id).where(Credential.key_id == key_id)).all()
        done = len(session.scalars(select(WithdrawnSignature.status_index)).all())
    print(f"{done} issued anew in {elapsed:.1f} s")
    assert (left, done) == ([], MANY)
    assert elapsed <= 60


def test_the_list_of_keys_counts_as_published_what_the_world_can_read(house: Runtime, clock: FrozenClock) -> None:
    issue(house)
    assert ask(house, "list").endswith("\n2 keys known, 2 published\n")
    ask(house, "compromise", key_in_use(house), "--since", since(clock.now()))
    said = ask(house, "list")
    with house.reading() as session:
        document = queries.did_document(base_url=BASE_URL, session=session)
    assert said.endswith(f"\n3 keys known, {len(document['verificationMethod'])} published\n")
    assert said.count("compromised") == 1


def test_before_a_worker_ran_the_list_of_keys_says_who_publishes_them(runtime: Runtime) -> None:
    assert ask(runtime, "list") == "0 keys known, 0 published; the worker publishes its keys when it starts\n"
