"""Erasing a holder's credentials makes nothing valid again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import worker
from app.credentials.did import RS256
from app.credentials.erase_credentials import erase_credentials
from app.credentials.models import ErasedCredential
from app.credentials.reissue_affected import reissue_affected
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.credentials.suspend_credential import suspend_credential
from app.foundation.access import operator, system
from app.foundation.runtime import Runtime
from app.verification.verdict import Verdict
from app.verification.verify_credential import verify_document
from tests.app.credentials.worker_house import ask, issue, key_in_use, since, stored
from tests.fakes import FrozenClock
from tests.journeys.at_a_standstill import run_jobs
from tests.meanwhile import PATIENCE_SECONDS, meanwhile


def erased_but_kept(house: Runtime, code: str) -> tuple[str, ...]:
    """The holder is erased and wants their certificate kept; the two signed files they have of it."""
    house.jobs.enqueued.clear()
    with house.transaction() as session:
        row = stored(session, code)
        files = (row.signed_document or "", row.signed_jwt or "")
        erase_credentials(
            row.person_id, is_revoking=False, session=session, clock=house.clock, jobs=house.jobs, actor=system()
        )
    run_jobs(house)
    return files


def verdicts(house: Runtime, files: tuple[str, ...]) -> set[Verdict]:
    with house.reading() as session:
        return {verify_document(file, session=session, clock=house.clock).verdict for file in files}


def test_what_stands_is_kept_as_it_was_chosen(house: Runtime) -> None:
    (code,) = issue(house)
    assert verdicts(house, erased_but_kept(house, code)) == {Verdict.VALID}


def test_a_suspended_one_is_revoked_for_nobody_could_take_it_back_any_more(house: Runtime) -> None:
    (code,) = issue(house)
    with house.transaction() as session:
        held = stored(session, code)
        suspend_credential(held.id, "2026-114", session=session, clock=house.clock, actor=operator())
    assert verdicts(house, erased_but_kept(house, code)) == {Verdict.REVOKED}
    with house.reading() as session:
        line = session.scalars(select(ErasedCredential)).one()
    assert (line.revoked_at, line.revocation_reason) == (house.clock.now(), RevocationReason.ADMINISTRATIVE)


def test_one_that_waits_for_a_person_after_a_theft_is_revoked(house: Runtime, clock: FrozenClock) -> None:
    """The other key, under which it would go on verifying, was never in other hands; the next list must not free it."""
    code, other = issue(house, 2)
    stolen_at = clock.now() - timedelta(hours=20)
    clock.advance(timedelta(hours=1))
    ask(house, "compromise", key_in_use(house, RS256), "--since", since(stolen_at))
    document, _token = erased_but_kept(house, code)
    ask(house, "revoke", other, "--reason", "issued-in-error")
    assert verdicts(house, (document,)) == {Verdict.REVOKED}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_that_is_revoked_while_its_holder_is_erased_stays_revoked(house: Runtime) -> None:
    (code,) = issue(house)
    house.jobs.enqueued.clear()
    tools = {"clock": house.clock, "jobs": house.jobs, "actor": operator()}
    with house.transaction() as session:
        row = stored(session, code)
        files, owner = (row.signed_document or "", row.signed_jwt or ""), row.person_id
        revoke_credential(row.id, RevocationReason.MISCONDUCT, session=session, **tools)

        def erase() -> None:
            with house.transaction() as other:
                erase_credentials(owner, is_revoking=False, session=other, **tools)

        erasing = meanwhile(erase, house.database)
    erasing.result(PATIENCE_SECONDS)
    run_jobs(house)
    assert verdicts(house, files) == {Verdict.REVOKED}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_one_that_is_signed_anew_while_its_holder_is_erased_leaves_its_new_entry(
    house: Runtime, clock: FrozenClock
) -> None:
    (code,) = issue(house)
    key_id = key_in_use(house)
    clock.advance(timedelta(hours=1))
    worker._declare_compromise(house, key_id=key_id, since=since(clock.now()), request="stolen")
    with house.transaction() as session:
        owner = stored(session, code).person_id
        reissue_affected(
            key_id, session=session, clock=clock, entropy=house.entropy, jobs=house.jobs,
            signer=worker._signer(house, session), jwt_signer=worker._jwt_signer(house, session),
        )  # fmt: skip
        row = stored(session, code)
        entry = (row.status_list, row.status_index)

        def erase() -> None:
            with house.transaction() as other:
                erase_credentials(owner, is_revoking=False, session=other, clock=clock, jobs=house.jobs, actor=system())

        erasing = meanwhile(erase, house.database)
    erasing.result(PATIENCE_SECONDS)
    with house.reading() as session:
        line = session.scalars(select(ErasedCredential)).one()
    assert (line.status_list, line.status_index) == entry
