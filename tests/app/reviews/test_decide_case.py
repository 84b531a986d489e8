"""A reviewer who is not the candidate decides with reasons, and what is decided happens at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.assessment import queries as sittings
from app.assessment.errors import RetakeTooSoon
from app.assessment.former_sittings import taken_before
from app.assessment.models import FrozenSitting, Sitting, SittingAllowance
from app.assessment.norming_rows import responses_for_norming
from app.awarding.models import Award, AwardDecision, Outcome
from app.credentials.errors import CredentialRevoked
from app.credentials.models import Credential
from app.foundation.access import Forbidden, ProofNotFresh
from app.foundation.audit import AuditEntry
from app.results import queries as results
from app.reviews.errors import CaseClosed, CaseIncomplete, OwnCase
from app.reviews.models import ReviewCase, State
from app.reviews.open_held_cases import open_held_cases
from app.reviews.queries import case_for
from app.worker import JOBS
from tests.app.accounts.visitor import newest_mail
from tests.app.api.world import OWNER, World
from tests.app.assessment.builders import Place
from tests.app.reviews.desk import REASONS, a_reviewer, ask, case_row, credential_row, decide, in_the_owners_mailbox
from tests.journeys.at_a_standstill import run_jobs, with_signer


def place_of(world: World) -> Place:
    here = world.runtime
    return Place(here.database, here.clock, here.entropy, here.jobs)


def leave_the_open_sitting(world: World) -> None:
    """So that waits are what stands between the owner and another one."""
    world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave")


def test_confirming_changes_nothing_and_says_why_by_letter(world: World):
    case_id = ask(world)
    decide(world, case_id, "confirm", by=a_reviewer(world))
    run_jobs(world.runtime)
    assert credential_row(world).revoked_at is None
    letter = newest_mail(world.runtime, "olivia@owner.example.org").text
    assert REASONS in letter
    assert "Your result stands." in letter


def test_annulling_takes_the_sitting_the_award_and_the_certificate(world: World, tmp_path):
    case_id = ask(world)
    decide(world, case_id, "annul", by=a_reviewer(world))
    with world.runtime.reading() as session:
        sitting = session.get_one(Sitting, world.facts.ended_sitting)
        award = session.query(Award).one()
    assert (sitting.state, sitting.counts_as_taken) == ("void", False)
    assert award.withdrawn_at is not None
    assert credential_row(world).revocation_reason == "issued-in-error"
    assert "publish_status_list" in world.runtime.jobs.names()
    page = world.browser(OWNER).get(f"/results/{world.facts.ended_sitting}").text
    assert "A person annulled this sitting" in page
    assert "The certificate that this result had earned is revoked." in page


def test_an_annulled_sitting_is_no_row_of_a_norm_and_no_seed_of_a_retake(world: World):
    first = world.facts.ended_sitting
    leave_the_open_sitting(world)
    with world.runtime.reading() as session:
        completed_at = session.get_one(Sitting, first).completed_at
        span = {"after": completed_at - timedelta(days=1), "until": completed_at + timedelta(days=1)}
        before = norm_rows(world, **span)
    decide(world, ask(world), "annul", by=a_reviewer(world))
    after = norm_rows(world, **span)
    assert (first in before, first in after) == (True, False)
    world.runtime.clock.advance(timedelta(days=91))
    again = place_of(world).start(world.facts.people[OWNER])
    assert place_of(world).sitting(again.sitting_id).prior is None


def norm_rows(world: World, **span):
    with world.runtime.reading() as session:
        rows = responses_for_norming("collaboration", "en", **span, session=session)
        return [row.sitting_id for row in rows]


def test_a_resit_lies_outside_waits_and_is_used_up_by_one_sitting(world: World):
    owner, place = world.facts.people[OWNER], place_of(world)
    leave_the_open_sitting(world)
    with pytest.raises(RetakeTooSoon):
        place.start(owner)
    decide(world, ask(world), "re-sit", by=a_reviewer(world))
    granted = place.start(owner).sitting_id
    with world.runtime.reading() as session:
        assert session.query(SittingAllowance).one().sitting_id == granted
    assert credential_row(world).revoked_at is None
    world.call(OWNER, "POST", f"/sittings/{granted}/leave")
    with pytest.raises(RetakeTooSoon):
        place.start(owner)


def test_the_granted_sitting_counts_neither_for_waits_nor_for_the_yearly_limit(world: World):
    owner, place = world.facts.people[OWNER], place_of(world)
    leave_the_open_sitting(world)
    world.runtime.clock.advance(timedelta(days=1))
    decide(world, ask(world), "re-sit", by=a_reviewer(world))
    edition_wait = wait_of(world)
    granted = place.start(owner).sitting_id
    world.call(OWNER, "POST", f"/sittings/{granted}/leave")
    assert wait_of(world) == edition_wait


def wait_of(world: World):
    now = world.runtime.clock.now()
    with world.runtime.reading() as session:
        edition = sittings.latest_edition("collaboration", "en", session=session)
        return taken_before(world.facts.people[OWNER], edition, session=session, at=now)


def test_rescoring_that_comes_out_the_same_leaves_the_result(world: World):
    case_id = ask(world)
    decide(world, case_id, "rescore", by=a_reviewer(world))
    assert case_row(world, case_id).replay_matched is True
    assert credential_row(world).revoked_at is None


def test_rescoring_that_differs_annuls_revokes_and_gives_the_sitting_back(world: World):
    case_id = ask(world)
    with world.runtime.transaction() as session:
        session.get_one(FrozenSitting, world.facts.ended_sitting).median += 0.2
    decide(world, case_id, "rescore", by=a_reviewer(world))
    run_jobs(with_signer(world.runtime, world.directory / "other"))
    assert case_row(world, case_id).replay_matched is False
    assert credential_row(world).revoked_at is not None
    with world.runtime.reading() as session:
        assert session.query(SittingAllowance).count() == 1
    assert "That is a fault of ours" in newest_mail(world.runtime, "olivia@owner.example.org").text


def test_nobody_decides_their_own_case(world: World):
    case_id = ask(world)
    with pytest.raises(OwnCase):
        decide(world, case_id, "confirm", by=a_reviewer(world, OWNER))


def test_nobody_decides_their_own_case_from_a_second_account(world: World):
    case_id, reviewer = ask(world), a_reviewer(world)
    in_the_owners_mailbox(world)
    with pytest.raises(OwnCase):
        decide(world, case_id, "confirm", by=reviewer)
    with pytest.raises(OwnCase), world.runtime.reading() as session:
        case_for(case_id, reviewer.person_id, session=session, at=world.runtime.clock.now())


def test_the_table_itself_refuses_a_case_decided_by_its_own_person(world: World):
    case_id = ask(world)
    with world.runtime.reading() as session:
        row = session.get_one(ReviewCase, case_id)
        change = update(ReviewCase).values(decided_by=row.person_id, state=State.DECIDED, outcome="confirm")
    with pytest.raises(IntegrityError, match="not_in_own_case"), world.runtime.transaction() as session:
        session.execute(change)


def test_only_a_reviewer_decides_and_only_just_after_proving_who_they_are(world: World):
    case_id, reviewer = ask(world), a_reviewer(world)
    with pytest.raises(Forbidden):
        decide(world, case_id, "confirm", by=replace(reviewer, roles=frozenset({"candidate", "norm_approver"})))
    stale = world.runtime.clock.now() - timedelta(minutes=11)
    with pytest.raises(ProofNotFresh):
        decide(world, case_id, "confirm", by=replace(reviewer, second_factor_at=stale))


def test_a_case_is_decided_once(world: World):
    case_id, reviewer = ask(world), a_reviewer(world)
    decide(world, case_id, "confirm", by=reviewer)
    with pytest.raises(CaseClosed):
        decide(world, case_id, "annul", by=reviewer)
    assert credential_row(world).revoked_at is None


@pytest.mark.parametrize(
    ("outcome", "reasons", "minutes"),
    [("pardon", REASONS, 5), ("annul", "Because.", 5), ("annul", REASONS, 0), ("annul", "x" * 2001, 5)],
)
def test_a_decision_has_an_outcome_reasons_and_the_time_it_took(world: World, outcome, reasons, minutes):
    case_id = ask(world)
    with pytest.raises(CaseIncomplete):
        decide(world, case_id, outcome, by=a_reviewer(world), reasons=reasons, minutes=minutes)
    assert case_row(world, case_id).state == "open"


def test_the_record_names_reviewer_outcome_and_time_and_no_words(world: World):
    case_id, reviewer = ask(world), a_reviewer(world)
    decide(world, case_id, "annul", by=reviewer)
    with world.runtime.reading() as session:
        entries = {entry.kind: entry for entry in session.query(AuditEntry).filter(AuditEntry.sequence > 0)}
    decided = entries["case.decided"]
    assert decided.actor_id == reviewer.person_id
    assert decided.detail == {"outcome": "annul", "minutes_spent": 25, "replay_matched": None}
    assert {"sitting.annulled", "award.withdrawn", "credential.revoked"} <= set(entries)
    assert all(REASONS not in str(entry.detail) for entry in entries.values())


def hold(world: World) -> None:
    """As if the two kinds had disagreed: the decision waits, and no award was made."""
    with world.runtime.transaction() as session:
        result = results.result_of_sitting(world.facts.ended_sitting, session=session)
        row = session.query(AwardDecision).filter_by(result_id=result.id).one()
        row.outcome, row.reasons = Outcome.HELD, ["kinds-apart"]
        for table in ("credential", "award"):
            session.connection().exec_driver_sql(f"DELETE FROM {table}")


def test_edge_007_an_award_that_waits_gets_a_case_by_itself_once(world: World):
    hold(world)
    here = world.runtime
    for expected in (1, 0):
        with here.transaction() as session:
            assert open_held_cases(session=session, clock=here.clock, entropy=here.entropy) == expected
    with here.reading() as session:
        (case,) = session.query(ReviewCase).all()
    decide(world, case.id, "confirm", by=a_reviewer(world))
    with here.reading() as session:
        (award,) = session.query(Award).all()
        decision = session.query(AwardDecision).filter_by(result_id=case.result_id).one()
    assert award.is_specimen == bool(award.specimen_reasons)
    assert (decision.outcome, decision.settled_at) == (Outcome.AWARDED, here.clock.now())
    assert "reserve_credential" in here.jobs.names()


def test_edge_007_a_hold_may_end_without_an_award(world: World):
    hold(world)
    case_id = ask(world)
    with pytest.raises(CaseIncomplete):
        decide(world, case_id, "rescore", by=a_reviewer(world))
    decide(world, case_id, "re-sit", by=a_reviewer(world))
    with world.runtime.reading() as session:
        assert session.query(Award).count() == 0
        assert session.query(AwardDecision).one().outcome is Outcome.NOT_AWARDED


def test_case_032_no_job_signs_what_an_annulment_took_before_it_was_signed(world: World):
    with world.runtime.transaction() as session:
        session.execute(update(Credential).values(state="reserved", signed_document=None, issued_at=None))
    decide(world, ask(world), "annul", by=a_reviewer(world))
    worker = with_signer(world.runtime, world.directory / "other")
    row = credential_row(world)
    JOBS["reserve_credential"](worker, award_id=str(row.award_id))
    with pytest.raises(CredentialRevoked):
        JOBS["issue_credential"](worker, credential_id=str(row.id))
    assert credential_row(world).signed_document is None
