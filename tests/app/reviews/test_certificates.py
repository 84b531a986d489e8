"""A person decides about a certificate of a compromised key, on evidence that is computed again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from app.assessment.models import FORGOTTEN, FrozenSitting
from app.awarding.models import Award, AwardDecision, Outcome
from app.credentials.erase_credentials import erase_credentials
from app.credentials.errors import OwnCertificate, ReviewIncomplete, ReviewNotFound
from app.credentials.models import Credential, CredentialReview, WithdrawnSignature
from app.credentials.review_evidence import Objection, evidence_of
from app.credentials.suspend_credential import suspend_credential
from app.foundation.access import Actor, Forbidden, ProofNotFresh, operator
from app.foundation.audit import AuditEntry
from app.foundation.runtime import Runtime
from app.results.models import SkillResult
from app.reviews.decide_certificates import Decided
from app.reviews.errors import ChangeNotPossible
from app.transparency.models import LogEntry
from app.verification.verdict import Verdict
from app.worker import JOBS
from tests.app.accounts.visitor import newest_mail
from tests.app.api.world import OWNER, World
from tests.app.reviews.compromised import WHY, decide_it, letters, review_row, verdict
from tests.app.reviews.desk import a_reviewer, credential_row, in_the_owners_mailbox
from tests.app.reviews.register import by_two, show_it
from tests.journeys.at_a_standstill import run_jobs, with_signer

Here = tuple[World, Runtime]
MAILBOX = "olivia@owner.example.org"


def objections(world: World) -> tuple[Objection, ...]:
    with world.runtime.reading() as session:
        return evidence_of(review_row(world).id, session=session).objections


def change(world: World, table, **values) -> None:
    with world.runtime.transaction() as session:
        session.execute(update(table).values(**values))


def test_what_was_earned_here_is_signed_anew_by_the_worker_and_its_holder_is_told(here: Here):
    world, house = here
    run_jobs(house)
    assert verdict(world) is Verdict.SUSPENDED
    before = credential_row(world)
    assert decide_it(world, "reissue", by=a_reviewer(world)) == Decided(done=1)
    assert credential_row(world).signed_document == before.signed_document  # no key in the process that decided
    run_jobs(house)
    after = credential_row(world)
    assert verdict(world) is Verdict.SPECIMEN  # as it was before: its bank's key is provisional
    assert (after.suspended_at, after.revoked_at) == (None, None)
    assert after.key_id != before.key_id
    assert (after.code, after.valid_from, after.valid_until) == (before.code, before.valid_from, before.valid_until)
    assert (
        json.loads(after.signed_document)["credentialSubject"]
        == json.loads(before.signed_document)["credentialSubject"]
    )
    assert review_row(world).carried_out_at == world.runtime.clock.now()
    assert "Your certificate stands again" in newest_mail(world.runtime, MAILBOX).subject


def kinds(world: World, begin: str) -> list[str]:
    with world.runtime.reading() as session:
        query = select(AuditEntry.kind).where(AuditEntry.kind.like(f"{begin}%"))
        return list(session.scalars(query.order_by(AuditEntry.sequence)))


def log_kinds(world: World) -> list[str]:
    with world.runtime.reading() as session:
        told = session.scalars(select(LogEntry.kind).order_by(LogEntry.at, LogEntry.id)).all()
    return sorted(kind for kind in told if kind in ("suspend", "reinstate"))


def suspend(world: World, reason: str) -> bool:
    clock = world.runtime.clock
    with world.runtime.transaction() as session:
        credential_id = session.scalars(select(Credential.id)).one()
        return suspend_credential(credential_id, reason, session=session, clock=clock, actor=operator())


def compromise(world: World, house: Runtime) -> None:
    """Its key was in other hands from an hour before it was issued."""
    with house.reading() as session:
        row = session.scalars(select(Credential)).one()
    since = row.issued_at - timedelta(hours=1)
    JOBS["compromise_key"](house, key_id=row.key_id, since=since.isoformat(), request=f"compromise:{row.key_id}")
    run_jobs(house)


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=1)], ids=["at once", "a day later"])
def test_the_review_of_a_key_ends_no_suspension_that_two_people_made_before(world: World, tmp_path, after):
    house = with_signer(world.runtime, tmp_path)
    show_it(world)
    by_two(world, "suspend")
    since = credential_row(world).suspended_at
    world.runtime.clock.advance(after)
    compromise(world, house)
    assert decide_it(world, "reissue", by=a_reviewer(world)) == Decided(done=1)
    run_jobs(house)

    row = credential_row(world)
    assert (verdict(world), row.suspended_at) == (Verdict.SUSPENDED, since)
    assert review_row(world).carried_out_at is not None
    assert "still under review" in newest_mail(world.runtime, MAILBOX).subject
    assert log_kinds(world) == ["suspend"]
    by_two(world, "reinstate")
    assert verdict(world) is Verdict.SPECIMEN
    assert log_kinds(world) == ["reinstate", "suspend"]


@pytest.mark.parametrize("after", [timedelta(0), timedelta(days=1)], ids=["at once", "a day later"])
@pytest.mark.parametrize("is_by_two", [True, False], ids=["by two", "by the operator"])
def test_a_suspension_during_the_review_of_a_key_is_recorded_and_outlasts_it(here: Here, after, *, is_by_two):
    world, house = here
    world.runtime.clock.advance(after)
    if is_by_two:
        by_two(world, "suspend")
    else:
        assert suspend(world, "2026-114")
    assert not suspend(world, "2026-115")
    assert kinds(world, "credential.suspended") == ["credential.suspended"]
    decide_it(world, "reissue", by=a_reviewer(world))
    run_jobs(house)
    assert verdict(world) is Verdict.SUSPENDED
    by_two(world, "reinstate")
    assert verdict(world) is Verdict.SPECIMEN


def test_two_people_do_not_suspend_twice(here: Here):
    world, _ = here
    by_two(world, "suspend")
    with pytest.raises(ChangeNotPossible, match="under review already"):
        by_two(world, "suspend")


def test_what_waits_for_the_review_of_another_key_too_does_not_stand_yet(here: Here):
    world, house = here
    decide_it(world, "reissue", by=a_reviewer(world))
    with world.runtime.transaction() as session:  # it is declared after the decision and before the worker signed
        row = session.scalars(select(Credential)).one()
        now = world.runtime.clock.now()
        session.add(
            CredentialReview(id=uuid4(), credential_id=row.id, key_id=row.jwt_key_id, opened_at=now, due_on=now.date())
        )
    run_jobs(house)
    assert verdict(world) is Verdict.SUSPENDED


def test_one_left_withdrawn_is_revoked_at_once_and_the_reason_goes_to_its_holder_alone(here: Here):
    world, house = here
    reviewer = a_reviewer(world)
    assert decide_it(world, "revoke", by=reviewer, reason=WHY) == Decided(done=1)
    row, review = credential_row(world), review_row(world)
    assert (row.revoked_at, row.revocation_reason) == (world.runtime.clock.now(), "key-compromised")
    assert (review.decided_by, review.reason) == (reviewer.person_id, WHY)
    run_jobs(house)
    assert WHY in newest_mail(world.runtime, MAILBOX).text
    with world.runtime.reading() as session:
        details = session.scalars(select(AuditEntry).where(AuditEntry.kind == "credential.review_decided")).all()
    assert [(one.actor_id, one.detail["decision"]) for one in details] == [(reviewer.person_id, "revoke")]
    assert WHY not in str([one.detail for one in details])


def test_without_a_reason_nothing_is_left_withdrawn(here: Here):
    world, _ = here
    with pytest.raises(ReviewIncomplete):
        decide_it(world, "revoke", by=a_reviewer(world), reason=" ")
    with pytest.raises(ReviewIncomplete):
        decide_it(world, "perhaps", by=a_reviewer(world), reason=WHY)
    assert review_row(world).decided_at is None


def test_only_a_reviewer_proven_just_now_decides_and_never_about_their_own(here: Here):
    world, _ = here
    reviewer = a_reviewer(world)
    long_ago = world.runtime.clock.now() - timedelta(hours=2)
    for actor, refusal in (
        (Actor(uuid4(), "candidate", frozenset({"candidate"}), long_ago), Forbidden),
        (replace(reviewer, second_factor_at=long_ago), ProofNotFresh),
        (a_reviewer(world, OWNER), OwnCertificate),
    ):
        with pytest.raises(refusal):
            decide_it(world, "revoke", by=actor, reason=WHY)
    assert review_row(world).decided_at is None


def test_nobody_decides_about_their_own_from_a_second_account(here: Here):
    world, _ = here
    reviewer = a_reviewer(world)
    in_the_owners_mailbox(world)
    with pytest.raises(OwnCertificate):
        decide_it(world, "reissue", by=reviewer)
    assert review_row(world).decided_at is None


def test_a_second_decision_changes_nothing(here: Here):
    world, house = here
    decide_it(world, "reissue", by=a_reviewer(world))
    assert decide_it(world, "revoke", by=a_reviewer(world), reason=WHY) == Decided(before=1)
    run_jobs(house)
    assert credential_row(world).revoked_at is None
    assert review_row(world).decision == "reissue"


def test_an_unknown_one_is_not_found(here: Here):
    world, _ = here
    with pytest.raises(ReviewNotFound):
        decide_it(world, "revoke", by=a_reviewer(world), reason=WHY, ids=[uuid4()])


FORGERIES = {
    Objection.AWARD_WITHDRAWN: (Award, {"withdrawn_at": Award.decided_at}),
    Objection.NOT_AWARDED: (AwardDecision, {"outcome": Outcome.NOT_AWARDED}),
    Objection.OTHER_RESULT: (SkillResult, {"theta": 9.9}),
    Objection.NOT_RECOMPUTABLE: (FrozenSitting, {"responses": FORGOTTEN}),
    Objection.OTHER_FACTS: (Credential, {"is_specimen": False}),
}


def test_what_does_not_follow_from_what_is_stored_is_named_and_not_issued_anew(here: Here):
    world, _ = here
    reviewer = a_reviewer(world)
    assert objections(world) == ()
    for objection, (table, values) in FORGERIES.items():
        with world.runtime.reading() as session:
            former = {name: getattr(session.query(table).first(), name) for name in values}
        change(world, table, **values)
        assert objection in objections(world)
        assert decide_it(world, "reissue", by=reviewer) == Decided(doubted=1)
        assert review_row(world).decided_at is None
        change(world, table, **former)
    assert objections(world) == ()


def test_a_changed_word_of_the_document_is_seen(here: Here):
    world, _ = here
    text = credential_row(world).unsigned_document
    forged = json.loads(text)
    forged["credentialSubject"]["result"][0]["value"] = "99.9"
    others = {"validUntil": "2030-01-01T00:00:00Z", "name": "Top 1% - Everything", "id": "https://elsewhere.example"}
    for document in (forged, *({**json.loads(text), name: value} for name, value in others.items())):
        change(world, Credential, unsigned_document=json.dumps(document))
        assert objections(world) == (Objection.OTHER_FACTS,)
    change(world, Credential, unsigned_document=text)
    assert objections(world) == ()


def test_another_person_than_the_award_names_is_seen(here: Here):
    world, _ = here
    change(world, Credential, person_id=world.facts.people["other candidate"])
    assert objections(world) == (Objection.OTHER_HOLDER,)


def test_the_worker_looks_for_itself_and_signs_nothing_that_stopped_following(here: Here):
    world, house = here
    run_jobs(house)
    before = credential_row(world)
    decide_it(world, "reissue", by=a_reviewer(world))
    change(world, Award, withdrawn_at=Award.decided_at)
    run_jobs(house)
    after, review = credential_row(world), review_row(world)
    assert (after.signed_document, after.suspended_at) == (before.signed_document, before.suspended_at)
    assert (review.decided_at, review.decision, review.carried_out_at) == (None, None, None)
    change(world, Award, withdrawn_at=None)
    assert decide_it(world, "reissue", by=a_reviewer(world)) == Decided(done=1)


def test_a_job_that_runs_twice_signs_once_and_writes_once(here: Here):
    world, house = here
    assert letters(house) == 1  # that a person will look
    decide_it(world, "reissue", by=a_reviewer(world))
    assert letters(house) == 2
    signed = credential_row(world).signed_document
    assert letters(house) == 2
    assert credential_row(world).signed_document == signed
    with house.reading() as session:
        assert len(session.scalars(select(WithdrawnSignature)).all()) == 1


def test_who_decided_and_left_is_named_no_more_and_the_decision_stays(here: Here):
    world, _ = here
    reviewer = a_reviewer(world)
    decide_it(world, "revoke", by=reviewer, reason=WHY)
    with world.runtime.transaction() as session:
        erase_credentials(
            reviewer.person_id,
            is_revoking=False,
            session=session,
            clock=world.runtime.clock,
            jobs=world.runtime.jobs,
            actor=operator(),
        )
    assert (review_row(world).decided_by, review_row(world).decision) == (None, "revoke")
