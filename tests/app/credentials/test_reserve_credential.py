"""What is chosen and stored before anything is signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.assessment.models import Sitting
from app.awarding.erase_awards import erase_awards
from app.awarding.models import Award
from app.awarding.withdraw_award import withdraw_award
from app.credentials import codes, conformance, queries, status_list
from app.credentials.erase_credentials import erase_credentials
from app.credentials.errors import AwardWithdrawn, ChangedMeanwhile, EntryTaken
from app.credentials.models import Credential, StatusList
from app.credentials.policy import CredentialPolicy
from app.credentials.states import CredentialState, Visibility
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.db import Database
from app.results.models import SkillResult
from tests.app.credentials.awards import Desk, an_award, an_id, write
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock


def test_a_reservation_holds_the_exact_document_unsigned(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session))
    document = json.loads(credential.unsigned_document)
    conformance.check(document)
    assert (credential.state, credential.signed_document, credential.key_id) == (CredentialState.RESERVED, None, None)
    assert document["id"] == f"http://localhost/c/{credential.code}"
    assert document["credentialSubject"]["id"] == credential.subject_id.urn
    assert document["credentialStatus"]["id"] == f"http://localhost/status/1#{credential.status_index}"
    assert document["validFrom"] == "2026-11-23T12:00:00Z"
    assert document["validUntil"] == "2027-11-23T12:00:00Z"
    assert credential.visibility is Visibility.PRIVATE
    found = queries.credential_of_award(credential.award_id, session=desk.session)
    assert found is not None
    assert (found.code, found.is_issued, found.is_shown) == (credential.code, False, False)


def test_edge_037_the_same_award_reserved_again_is_the_same_credential(desk: Desk) -> None:
    award_id = an_award(desk.session)
    first = desk.reserve(award_id)
    before = (first.id, first.code, first.status_index, first.unsigned_document)
    desk.clock.advance(timedelta(hours=1))
    again = desk.reserve(award_id)
    assert (again.id, again.code, again.status_index, again.unsigned_document) == before
    assert desk.session.scalar(select(func.count()).select_from(Credential)) == 1
    assert desk.jobs.names().count("issue_credential") == 1


def test_case_023_the_database_admits_one_credential_per_award_and_sitting(desk: Desk) -> None:
    first = desk.reserve(an_award(desk.session))
    twin = {column.name: getattr(first, column.name) for column in Credential.__table__.columns}
    for column in ("award_id", "sitting_id"):
        other = desk.reserve(an_award(desk.session))
        changes = {column.name: getattr(other, column.name) for column in Credential.__table__.columns}
        with pytest.raises(IntegrityError), desk.session.begin_nested():
            desk.session.execute(
                Credential.__table__.update().where(Credential.id == other.id).values({column: twin[column]})
            )
        assert changes[column] != twin[column]


def test_the_fraction_of_the_second_is_not_part_of_the_term(desk: Desk) -> None:
    desk.clock.instant = datetime(2028, 2, 29, 23, 59, 58, 999_999, tzinfo=UTC)
    credential = desk.reserve(an_award(desk.session))
    assert credential.valid_from == datetime(2028, 2, 29, 23, 59, 58, tzinfo=UTC)
    assert credential.valid_until == datetime(2029, 2, 28, 23, 59, 58, tzinfo=UTC)


def test_codes_entries_and_subjects_are_never_used_twice(desk: Desk) -> None:
    reserved = [desk.reserve(an_award(desk.session)) for _ in range(20)]
    assert len({one.code for one in reserved}) == 20
    assert len({one.status_index for one in reserved}) == 20
    assert len({one.subject_id for one in reserved}) == 20
    assert all(codes.read_code(one.code) == one.code for one in reserved)
    indices = [one.status_index for one in reserved]
    assert indices != sorted(indices)


def test_an_entry_that_is_taken_is_drawn_again(desk: Desk) -> None:
    first = desk.reserve(an_award(desk.session))

    class Repeating(type(desk.entropy)):  # type: ignore[misc]
        drawn = 0

        def bits(self, count: int) -> int:
            if count == status_list.INDEX_BITS and self.drawn < 3:
                self.drawn += 1
                return first.status_index
            return super().bits(count)

    desk.entropy = Repeating(1000)
    second = desk.reserve(an_award(desk.session))
    assert desk.entropy.drawn == 3
    assert second.status_index != first.status_index


class Meanwhile(CountingEntropy):
    """Somebody else does something while a reservation is prepared."""

    def __init__(self, act: Callable[[], None]) -> None:
        super().__init__(3000)
        self._act = act

    def bits(self, count: int) -> int:
        if count == codes.RANDOM_BITS:
            self._act()
        return super().bits(count)


def test_an_award_that_is_withdrawn_while_its_credential_is_prepared_gives_none(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    with database.transaction() as session:
        Desk(session, clock, entropy, jobs).reserve(an_award(session))  # there is a list
        award_id = an_award(session)

    def withdraw() -> None:
        with database.transaction() as session:
            withdraw_award(session.get_one(Award, award_id).result_id, session=session, clock=clock, actor=operator())

    with pytest.raises(ChangedMeanwhile), database.transaction(reads_first=True) as session:
        Desk(session, clock, Meanwhile(withdraw), jobs).reserve(award_id)
    with pytest.raises(AwardWithdrawn), database.transaction(reads_first=True) as session:
        Desk(session, clock, entropy, jobs).reserve(award_id)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Credential)) == 1


def test_two_who_draw_the_same_entry_at_one_moment_do_not_both_get_it(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    class Unlucky(CountingEntropy):
        def bits(self, count: int) -> int:
            return 7 if count == status_list.INDEX_BITS else super().bits(count)

    class Overtaken(Unlucky, Meanwhile):
        pass

    def be_faster() -> None:
        with database.transaction() as session:
            Desk(session, clock, Unlucky(2000), jobs).reserve(others_award.pop())

    with database.transaction() as session:
        Desk(session, clock, entropy, jobs).reserve(an_award(session))  # there is a list
        award_id, *others_award = (an_award(session) for _ in range(2))
    with pytest.raises(EntryTaken), database.transaction(reads_first=True) as session:
        Desk(session, clock, Overtaken(be_faster), jobs).reserve(award_id)
    with database.transaction(reads_first=True) as session:
        Desk(session, clock, entropy, jobs).reserve(award_id)
    with database.reading() as session:
        taken = session.scalars(select(Credential.status_index)).all()
    assert (len(taken), len(set(taken)), 7 in taken) == (3, 3, True)


def test_a_reservation_beside_the_erasure_of_its_holder_is_no_deadlock(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs
) -> None:
    """The erasure holds the list, to revoke what there is, before it deletes awards."""
    holds_the_list = Event()
    with database.transaction() as session:
        desk = Desk(session, clock, entropy, jobs)
        desk.publish_key()
        issued = desk.reserve(an_award(session))
        desk.issue(issued)
        award_id, person_id = an_award(session), issued.person_id
        other = session.get_one(Award, award_id)
        result = session.get_one(SkillResult, other.result_id)
        for owned in (other, result, session.get_one(Sitting, result.sitting_id)):
            owned.person_id = person_id

    def reserve() -> None:
        with database.transaction(reads_first=True) as session:
            Desk(session, clock, Meanwhile(lambda: holds_the_list.wait(10)), jobs).reserve(award_id)

    with ThreadPoolExecutor(1) as pool:
        reserving = pool.submit(reserve)
        with database.transaction() as session:
            erase_credentials(person_id, is_revoking=True, session=session, clock=clock, jobs=jobs, actor=operator())
            holds_the_list.set()
            with pytest.raises(TimeoutError):
                reserving.result(timeout=1)
            erase_awards(person_id, [], session=session)
        with pytest.raises(ChangedMeanwhile):
            reserving.result(timeout=10)


def test_the_next_list_is_begun_before_one_is_full(desk: Desk) -> None:
    share = 2 / status_list.ENTRIES
    policies.set_policy(
        CredentialPolicy,
        {"status_list_share": share},
        session=desk.session,
        at=desk.clock.now(),
        actor=operator(),
    )
    lists = [desk.reserve(an_award(desk.session)).status_list for _ in range(5)]
    assert lists == [1, 1, 2, 2, 3]
    assert [row.number for row in desk.session.scalars(select(StatusList).order_by(StatusList.number))] == [1, 2, 3]
    assert [key for key in desk.jobs.enqueued if key.startswith("status:")] == [
        "status:1:1",
        "status:2:1",
        "status:3:1",
    ]


def test_a_withdrawn_award_gives_no_credential(desk: Desk) -> None:
    award_id = an_award(desk.session, withdrawn_at=desk.clock.now())
    with pytest.raises(AwardWithdrawn):
        desk.reserve(award_id)
    assert desk.session.scalar(select(func.count()).select_from(Credential)) == 0


def test_a_specimen_award_gives_a_specimen(desk: Desk) -> None:
    credential = desk.reserve(an_award(desk.session, is_specimen=True, specimen_reasons=["demo-norm"]))
    assert credential.is_specimen
    assert json.loads(credential.unsigned_document)["name"].startswith("SPECIMEN")


@pytest.mark.parametrize("has_an_older_one", [True, False])
def test_one_that_is_moved_renews_only_what_ends_before_it(desk: Desk, *, has_an_older_one: bool) -> None:
    desk.publish_key()
    if has_an_older_one:
        older = desk.issued()
        desk.clock.advance(timedelta(days=200))
    mistaken = desk.issued()
    desk.clock.advance(timedelta(days=100))
    newer = desk.issued()
    if has_an_older_one:
        newer.person_id = older.person_id
    desk.revoke(mistaken)
    award = desk.session.get_one(Award, mistaken.award_id)
    award.withdrawn_at = desk.clock.now()
    desk.session.flush()
    again = write(
        desk.session, "award", id=an_id(), result_id=award.result_id, person_id=newer.person_id, skill=award.skill,
        is_specimen=False, specimen_reasons=[], decided_at=desk.clock.now(),
    )  # fmt: skip

    moved = desk.reserve(again)

    assert moved.valid_until == mistaken.valid_until < newer.valid_until
    assert moved.renews_id == (older.id if has_an_older_one else None)
