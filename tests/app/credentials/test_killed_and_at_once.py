"""Killed workers and two schedulers at once, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import count
from threading import Thread
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app import worker
from app.credentials import reissue_affected, review_queue
from app.credentials.commands import keys as keys_group
from app.credentials.decide_review import decide_review
from app.credentials.did import ED25519, RS256
from app.credentials.errors import ReviewDecided
from app.credentials.models import Credential, CredentialReview, WithdrawnSignature
from app.credentials.states import ReviewDecision
from app.foundation.access import operator
from app.foundation.db import Database
from app.foundation.runtime import Runtime
from tests.app.credentials.awards import an_award
from tests.app.credentials.test_reminders import sent, set_end
from tests.app.credentials.worker_house import ask, is_accepted, issue, key_in_use, since
from tests.fakes import FrozenClock
from tests.journeys.at_a_standstill import run_jobs
from tests.killed_child import killed_before, rows_of


class Killed(BaseException):
    """kill -9."""


def test_a_worker_killed_between_batches_goes_on_where_it_stopped(
    house: Runtime, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = issue(house, 5)
    key_id = key_in_use(house)
    clock.advance(timedelta(hours=1))
    batches: list[int] = []

    def one_at_a_time(runtime: Runtime, key_id: str) -> int:
        if len(batches) in (0, 2, 3):  # dies before the first batch, and twice again
            batches.append(-1)
            raise Killed
        with runtime.transaction() as session:
            done = reissue_affected.reissue_affected(
                key_id,
                session=session,
                clock=runtime.clock,
                entropy=runtime.entropy,
                jobs=runtime.jobs,
                signer=worker._signer(runtime, session),
                jwt_signer=worker._jwt_signer(runtime, session),
                most=2,
            )
        batches.append(done)
        return done

    monkeypatch.setattr(worker, "_reissue_batch", one_at_a_time)
    house.jobs.enqueued.clear()
    CliRunner().invoke(keys_group, ["compromise", key_id, "--since", since(clock.now())], obj=house)
    ((name, arguments),) = house.jobs.enqueued.values()
    for _ in range(3):
        with pytest.raises(Killed):
            worker.JOBS[name](house, **arguments)
    worker.JOBS[name](house, **arguments)
    assert batches == [-1, 2, -1, -1, 2, 1, 0]
    with house.reading() as session:
        assert len(session.scalars(select(WithdrawnSignature)).all()) == len(codes)
        assert session.scalars(select(CredentialReview)).all() == []
    assert [is_accepted(house, code) for code in codes] == [(True, True)] * len(codes)


def test_case_083_two_schedulers_at_once_write_one_reminder(house: Runtime, clock: FrozenClock) -> None:
    codes = issue(house, 3)
    for code in codes:
        set_end(house, code, clock.now() + timedelta(days=7))
    ran = [Thread(target=worker.JOBS["remind_of_expiry"], args=(house,)) for _ in range(4)]
    for one in ran:
        one.start()
    for one in ran:
        one.join()
    keys = [key for key in house.jobs.enqueued if key.startswith("reminder:")]
    assert len(keys) == len(codes)
    run_jobs(house)
    assert sent(house) == {7: 3}


def test_two_who_decide_at_once_about_both_keys_of_a_certificate_decide_once(
    house: Runtime, clock: FrozenClock
) -> None:
    stolen_at = clock.now()
    (code,) = issue(house)
    clock.advance(timedelta(hours=1))
    for algorithm in (ED25519, RS256):
        ask(house, "compromise", key_in_use(house, algorithm), "--since", since(stolen_at))
    with house.reading() as session:
        review_ids = session.scalars(select(CredentialReview.id)).all()
        (listed,) = review_queue.waiting(None, session=session, at=clock.now())
        assert review_queue.count_waiting(None, session=session) == 1
    assert (len(review_ids), listed.code, len(listed.key_ids)) == (2, code, 2)
    came_out: list[str] = []

    def decide(review_id: UUID) -> None:
        here = {"clock": clock, "jobs": house.jobs, "actor": operator()}
        try:
            with house.transaction() as session:
                decide_review(review_id, ReviewDecision.REVOKE, "No sitting.", evidence=None, session=session, **here)
        except ReviewDecided:
            came_out.append("decided before")
        else:
            came_out.append("decided")

    ran = [Thread(target=decide, args=(review_id,)) for review_id in [*review_ids, *review_ids]]
    for one in ran:
        one.start()
    for one in ran:
        one.join()
    assert sorted(came_out) == ["decided"] + ["decided before"] * 3
    with house.reading() as session:
        reviews = session.scalars(select(CredentialReview)).all()
        assert [review.carried_out_at for review in reviews] == [clock.now()] * 2
        assert review_queue.count_waiting(None, session=session) == 0
        assert len(review_queue.closed_lately(None, session=session, at=clock.now())) == 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("step", [9, pytest.param(1, marks=pytest.mark.long)])
def test_issuing_killed_before_any_of_its_statements_leaves_nothing_half_and_goes_on(house: Runtime, step: int) -> None:
    with house.transaction() as session:
        award_id = an_award(session)
    url, kills = house.database.url, 0
    for job in ("reserve_credential", "issue_credential"):
        with house.reading() as session:
            reserved = session.scalar(select(Credential.id))
        named = {"award_id": str(award_id)} if reserved is None else {"credential_id": str(reserved)}
        house.database.dispose()
        before = rows_of(url)

        def act(here: Database, job: str = job, named: dict[str, str] = named) -> None:
            worker.JOBS[job](replace(house, database=here), **named)

        for statement in count(1, step):
            if not killed_before(statement, url, act):
                break
            kills += 1
            assert rows_of(url) == before
        assert rows_of(url) != before
    assert kills > 40 / step, "too few statements: this proved little"
    print(f"{kills} kills")
    with house.reading() as session:
        (code,) = session.scalars(select(Credential.code))
    assert is_accepted(house, code) == (True, True)
