"""What is chosen and stored before anything is signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.awarding.models import Award
from app.credentials import codes, conformance, queries, status_list
from app.credentials.errors import AwardWithdrawn
from app.credentials.models import Credential, StatusList
from app.credentials.policy import CredentialPolicy
from app.credentials.states import CredentialState, Visibility
from app.foundation import policies
from app.foundation.access import operator
from tests.app.credentials.awards import Desk, an_award, an_id, write


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
