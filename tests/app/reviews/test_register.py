"""Two reviewers set right what the register says of one certificate."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Person, RoleGrant
from app.assessment.errors import SittingEntangled
from app.assessment.models import Sitting, SittingAllowance
from app.assessment.read_under_line import Line, read_under_line
from app.awarding.models import Award
from app.credentials import status_list
from app.credentials.errors import NotReversible, OwnCertificate
from app.credentials.models import Credential, IssuerKey, StatusList
from app.credentials.states import RevocationReason
from app.foundation.access import Actor, Forbidden, ProofNotFresh, operator
from app.foundation.runtime import Runtime
from app.norming.models import NormGroup, NormRollback, NormVersion
from app.norming.rules import RollbackReason
from app.operations.apply_retention import apply_retention
from app.operations.record_checks import records
from app.privacy.erase_person import erase_person
from app.privacy.models import Certificates
from app.results.models import SkillResult
from app.reviews.awards_under_norm import AwardsUnderNorm, Under, awards_under_norm
from app.reviews.drop_change import drop_change
from app.reviews.errors import (
    ChangeIncomplete,
    ChangeNotOpen,
    ChangeNotPossible,
    ChangeOpen,
    SecondPersonNeeded,
)
from app.reviews.models import RegisterChange, ReviewCase
from app.transparency.models import LogEntry
from app.verification.verdict import Verdict
from tests.app.accounts.visitor import newest_mail
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, World
from tests.app.reviews.desk import a_reviewer, ask, credential_row, decide, in_the_owners_mailbox
from tests.app.reviews.register import (
    WHY,
    apply_it,
    ask_change,
    by_two,
    change_row,
    let_it_stand_alone,
    revoke_it,
    show_it,
    two_reviewers,
    verdict,
)
from tests.app.reviews.test_views import token
from tests.journeys.at_a_standstill import run_jobs, with_signer

MAILBOX = "olivia@owner.example.org"
IN_ERROR = RevocationReason.ISSUED_IN_ERROR


@pytest.fixture
def house(world: World, tmp_path: Path) -> Runtime:
    """Its worker."""
    show_it(world)
    return with_signer(world.runtime, tmp_path)


def log_kinds(world: World) -> list[str]:
    with world.runtime.reading() as session:
        told = session.execute(select(LogEntry.kind, LogEntry.entry).order_by(LogEntry.at, LogEntry.id)).all()
    return [kind for kind, _ in told if kind in ("revoke", "reverse", "suspend", "reinstate")]


def is_listed(world: World) -> bool:
    """Whether the signed status list says it is revoked."""
    row = credential_row(world)
    with world.runtime.reading() as session:
        signed = session.get_one(StatusList, row.status_list).signed_document
    bits = status_list.decode(json.loads(signed)["credentialSubject"]["encodedList"])
    return status_list.is_set(bits, row.status_index)


def check(world: World, name: str) -> str:
    with world.runtime.reading() as session:
        return next(one.state.value for one in records(session) if one.name == name)


def test_edge_062_a_revocation_reversed_by_two_people_stands_again_with_the_same_end_and_both_stay_in_the_log(
    world: World, house: Runtime
):
    before = credential_row(world)
    revoke_it(world, IN_ERROR)
    run_jobs(house)
    assert (verdict(world), is_listed(world)) == (Verdict.REVOKED, True)
    world.runtime.clock.advance(timedelta(minutes=5))
    first, second = two_reviewers(world)
    change_id = ask_change(world, "reverse", by=first)
    assert verdict(world) is Verdict.REVOKED  # one person alone changes nothing
    apply_it(world, change_id, by=second)
    run_jobs(house)
    after = credential_row(world)
    assert (verdict(world), is_listed(world)) == (Verdict.SPECIMEN, False)  # as it was: its bank's key is provisional
    assert (after.valid_from, after.valid_until) == (before.valid_from, before.valid_until)
    assert (after.code, after.signed_document) == (before.code, before.signed_document)
    assert log_kinds(world) == ["revoke", "reverse"]
    told = newest_mail(world.runtime, MAILBOX)
    assert "valid again" in told.subject
    assert WHY.split(";", maxsplit=1)[0] in told.text.replace("\n", " ")
    with world.runtime.reading() as session:
        granted = session.scalars(select(SittingAllowance)).one()
    assert (granted.person_id, granted.skill, granted.sitting_id) == (before.person_id, before.skill, None)
    row = change_row(world, change_id)
    assert (row.asked_by, row.applied_by) == (first.person_id, second.person_id)


def test_what_fell_with_an_annulment_stands_again_with_it(world: World, house: Runtime):
    case_id = ask(world)
    decide(world, case_id, "annul", by=a_reviewer(world, OTHER))
    with world.runtime.reading() as session:
        assert session.scalars(select(Award.withdrawn_at)).one() is not None
    by_two(world, "reverse")
    with world.runtime.reading() as session:
        assert session.scalars(select(Award.withdrawn_at)).one() is None
        assert session.get_one(Sitting, world.facts.ended_sitting).state == "completed"


def test_who_annulled_does_not_answer_the_appeal(world: World, house: Runtime):
    first, second = two_reviewers(world)
    decide(world, ask(world), "annul", by=second)
    change_id = ask_change(world, "reverse", by=first)
    with pytest.raises(SecondPersonNeeded):
        apply_it(world, change_id, by=second)


@pytest.mark.parametrize("reason", [RevocationReason.MISCONDUCT, RevocationReason.ADMINISTRATIVE])
def test_these_reasons_may_be_found_wrong(world: World, house: Runtime, reason: RevocationReason):
    revoke_it(world, reason)
    by_two(world, "reverse")
    assert credential_row(world).revoked_at is None


@pytest.mark.parametrize(
    "reason", [RevocationReason.HOLDER_REQUEST, RevocationReason.REPLACED, RevocationReason.KEY_COMPROMISED]
)
def test_these_reasons_are_not_reversed(world: World, house: Runtime, reason: RevocationReason):
    revoke_it(world, reason)
    first, _ = two_reviewers(world)
    with pytest.raises(NotReversible):
        ask_change(world, "reverse", by=first)
    with pytest.raises(NotReversible):  # a form that was opened before
        _ask_in_spite(world, first)


def _ask_in_spite(world: World, first: Actor) -> None:
    _, second = two_reviewers(world)
    now = world.runtime.clock.now()
    with world.runtime.transaction() as session:
        change = RegisterChange(id=world.runtime.entropy.uuid(), credential_id=credential_row(world).id, kind="reverse",
                                reason=WHY, asked_at=now, asked_by=first.person_id,
                                lapses_at=now + timedelta(days=1))  # fmt: skip
        session.add(change)
        session.flush()
        change_id = change.id
    apply_it(world, change_id, by=second)


def test_a_signature_of_a_key_that_was_stolen_since_is_not_brought_back(world: World, house: Runtime):
    revoke_it(world, IN_ERROR)
    first, _ = two_reviewers(world)
    with world.runtime.transaction() as session:
        session.execute(update(IssuerKey).values(compromised_at=world.runtime.clock.now()))
    with pytest.raises(NotReversible):
        ask_change(world, "reverse", by=first)


def test_revoked_again_after_a_reversal_the_log_tells_of_both_and_the_records_agree(world: World, house: Runtime):
    revoke_it(world, IN_ERROR)
    world.runtime.clock.advance(timedelta(minutes=5))
    by_two(world, "reverse")
    assert check(world, "revocations") == "ok"
    world.runtime.clock.advance(timedelta(minutes=5))
    revoke_it(world, RevocationReason.MISCONDUCT)
    assert log_kinds(world) == ["revoke", "reverse", "revoke"]
    assert check(world, "revocations") == "ok"
    with world.runtime.transaction() as session:  # somebody clears it past the program
        session.execute(update(Credential).values(revoked_at=None, revocation_reason=None))
    assert check(world, "revocations") == "fail"


def test_one_person_alone_changes_nothing(world: World, house: Runtime):
    revoke_it(world, IN_ERROR)
    first, second = two_reviewers(world)
    change_id = ask_change(world, "reverse", by=first)
    with pytest.raises(SecondPersonNeeded):
        apply_it(world, change_id, by=first)
    with world.runtime.transaction() as session:  # made a reviewer for the occasion
        late = world.runtime.clock.now() + timedelta(seconds=1)
        session.execute(update(RoleGrant).where(RoleGrant.person_id == second.person_id).values(granted_at=late))
    with pytest.raises(SecondPersonNeeded):
        apply_it(world, change_id, by=second)
    two_reviewers(world)
    with world.runtime.transaction() as session:  # two accounts of one mailbox
        session.get_one(Person, first.person_id).email = "one@staff.example.org"
        session.get_one(Person, second.person_id).email = "one+two@staff.example.org"
    with pytest.raises(SecondPersonNeeded):
        apply_it(world, change_id, by=second)
    with pytest.raises(IntegrityError), world.runtime.transaction() as session:
        session.execute(update(RegisterChange).values(applied_by=first.person_id))
    assert verdict(world) is Verdict.REVOKED


def test_only_reviewers_proven_just_now_and_never_the_holder(world: World, house: Runtime):
    revoke_it(world, IN_ERROR)
    first, second = two_reviewers(world)
    holder = a_reviewer(world, OWNER)
    stale = world.runtime.clock.now() - timedelta(hours=2)
    for actor, refusal in (
        (replace(first, roles=frozenset({"candidate"})), Forbidden),
        (replace(first, second_factor_at=stale), ProofNotFresh),
        (holder, OwnCertificate),
    ):
        with pytest.raises(refusal):
            ask_change(world, "reverse", by=actor)
    change_id = ask_change(world, "reverse", by=first)
    two_reviewers(world)
    with pytest.raises(OwnCertificate):
        apply_it(world, change_id, by=holder)
    with pytest.raises(ProofNotFresh):
        apply_it(world, change_id, by=replace(second, second_factor_at=stale))


def test_a_second_account_of_the_holder_neither_asks_nor_applies_nor_drops(world: World, house: Runtime):
    revoke_it(world, IN_ERROR)
    first, second = two_reviewers(world)
    change_id = ask_change(world, "reverse", by=first)
    in_the_owners_mailbox(world, EDITOR)
    for act in (
        lambda: ask_change(world, "reverse", by=second),
        lambda: apply_it(world, change_id, by=second),
    ):
        with pytest.raises(OwnCertificate):
            act()
    with pytest.raises(OwnCertificate), world.runtime.transaction() as session:
        drop_change(change_id, session=session, clock=world.runtime.clock, actor=second)
    assert change_row(world, change_id).applied_at is None


def test_nobody_answers_an_appeal_against_their_own_decision_from_a_second_account(world: World, house: Runtime):
    first, second = two_reviewers(world)
    decide(world, ask(world), "annul", by=first)
    with world.runtime.transaction() as session:
        session.get_one(Person, first.person_id).email = "one@staff.example.org"
        session.get_one(Person, second.person_id).email = "one+two@staff.example.org"
    third = a_reviewer(world, OTHER)
    change_id = ask_change(world, "reverse", by=third)
    with pytest.raises(SecondPersonNeeded):
        apply_it(world, change_id, by=second)


def test_one_change_at_a_time_with_a_reason_and_until_its_days_are_over(world: World, house: Runtime):
    revoke_it(world, IN_ERROR)
    first, second = two_reviewers(world)
    for kind, reason in (("reverse", "Too short."), ("perhaps", WHY)):
        with pytest.raises(ChangeIncomplete):
            ask_change(world, kind, by=first, reason=reason)
    change_id = ask_change(world, "reverse", by=first)
    with pytest.raises(ChangeOpen):
        ask_change(world, "reverse", by=second)
    world.runtime.clock.advance(timedelta(days=8))
    now = world.runtime.clock.now()
    with pytest.raises(ChangeNotOpen):
        apply_it(world, change_id, by=replace(second, second_factor_at=now))
    ask_change(world, "reverse", by=replace(first, second_factor_at=now))


def test_a_change_that_was_dropped_is_applied_no_more(world: World, house: Runtime):
    first, second = two_reviewers(world)
    change_id = ask_change(world, "suspend", by=first)
    here = world.runtime
    with here.transaction() as session:
        drop_change(change_id, session=session, clock=here.clock, actor=second)
    with pytest.raises(ChangeNotOpen):
        apply_it(world, change_id, by=second)
    assert verdict(world) is Verdict.SPECIMEN


def test_two_people_suspend_withdraw_and_end_a_review_and_each_has_its_letter(world: World, house: Runtime):
    by_two(world, "suspend")
    assert verdict(world) is Verdict.SUSPENDED
    run_jobs(house)
    assert "under review" in newest_mail(world.runtime, MAILBOX).subject
    with pytest.raises(ChangeNotPossible):
        by_two(world, "suspend")
    by_two(world, "reinstate")
    assert verdict(world) is Verdict.SPECIMEN
    world.runtime.clock.advance(timedelta(seconds=1))
    by_two(world, "withdraw")
    assert verdict(world) is Verdict.REVOKED
    run_jobs(house)
    letter = newest_mail(world.runtime, MAILBOX)
    assert "withdrawn" in letter.subject
    assert "why in one phrase: it was issued in error." in letter.text
    with world.runtime.reading() as session:
        assert session.scalars(select(Award.withdrawn_at)).one() == world.runtime.clock.now()


def credentials_by_age(world: World) -> list[Credential]:
    with world.runtime.reading() as session:
        return list(session.scalars(select(Credential).order_by(Credential.reserved_at)))


def to_other(world: World) -> str:
    with world.runtime.reading() as session:
        return session.get_one(Person, world.facts.people[OTHER]).email


@pytest.fixture
def alone(world: World, house: Runtime) -> Runtime:
    """Its worker, and a sitting that may be moved."""
    let_it_stand_alone(world)
    return house


def test_edge_063_a_certificate_on_the_wrong_account_is_revoked_there_and_issued_to_the_right_one(
    world: World, alone: Runtime
):
    before = credential_row(world)
    world.runtime.clock.advance(timedelta(minutes=5))
    by_two(world, "move", to=to_other(world))
    run_jobs(alone)
    former, moved = credentials_by_age(world)
    assert (former.id, former.revocation_reason) == (before.id, RevocationReason.ADMINISTRATIVE)
    assert (former.person_id, former.signed_document) == (before.person_id, before.signed_document)  # never deleted
    assert (moved.person_id, moved.is_issued, moved.revoked_at) == (world.facts.people[OTHER], True, None)
    assert (moved.valid_from, moved.valid_until) == (before.valid_from, before.valid_until)
    assert (moved.sitting_id, moved.renews_id) == (before.sitting_id, None)
    assert len({moved.code, moved.subject_id, before.code, before.subject_id}) == 4
    with world.runtime.reading() as session:
        assert session.get_one(Sitting, before.sitting_id).person_id == world.facts.people[OTHER]
        awards = session.scalars(select(Award).order_by(Award.decided_at)).all()
    assert [(one.person_id == before.person_id, one.withdrawn_at is None) for one in awards] == [
        (True, False),
        (False, True),
    ]
    assert log_kinds(world) == ["revoke"]
    assert check(world, "issues") == check(world, "revocations") == "ok"
    assert "by mistake" in newest_mail(world.runtime, MAILBOX).subject
    assert "moves to your account" in newest_mail(world.runtime, to_other(world)).subject


def test_what_was_moved_is_the_other_persons_on_every_page(world: World, alone: Runtime):
    by_two(world, "move", to=to_other(world))
    run_jobs(alone)
    page = f"/results/{world.facts.ended_sitting}"
    assert (world.browser(OWNER).get(page).status_code, world.browser(OTHER).get(page).status_code) == (404, 200)
    assert (
        "Your certificate: Collaboration"
        in world.browser(OTHER).get(f"/credentials/{credentials_by_age(world)[1].code}").text
    )
    former = world.browser(OWNER).get(f"/credentials/{world.facts.code}").text
    assert "REVOKED on" in former
    assert "for an administrative reason" in former


def test_moved_to_nobody_or_to_the_holder_is_not_asked_for(world: World, alone: Runtime):
    first, _ = two_reviewers(world)
    for address in ("", "nobody@nowhere.example.org", MAILBOX):
        with pytest.raises(ChangeIncomplete):
            ask_change(world, "move", by=first, to=address)
    other = a_reviewer(world, OTHER)
    with pytest.raises(OwnCertificate):
        ask_change(world, "move", by=other, to=to_other(world))


def test_what_began_from_a_former_posterior_is_not_moved(world: World, alone: Runtime):
    first, _ = two_reviewers(world)
    for sitting_id in (world.facts.ended_sitting, world.facts.open_sitting):  # its own beginning, and what followed
        with world.runtime.transaction() as session:
            session.get_one(Sitting, sitting_id).prior = {"mean": [0, 0]}
        with pytest.raises(SittingEntangled):
            ask_change(world, "move", by=first, to=to_other(world))
        with world.runtime.transaction() as session:
            session.get_one(Sitting, sitting_id).prior = None
    ask_change(world, "move", by=first, to=to_other(world))


def test_a_revocation_by_moving_is_not_reversed_while_the_other_stands(world: World, alone: Runtime):
    by_two(world, "move", to=to_other(world))
    with pytest.raises(ChangeNotPossible):
        by_two(world, "reverse")


def test_a_revocation_by_moving_is_not_reversed_once_the_other_is_withdrawn(world: World, alone: Runtime):
    by_two(world, "move", to=to_other(world))
    run_jobs(alone)
    moved = credentials_by_age(world)[1]
    by_two(replace(world, facts=replace(world.facts, code=moved.code)), "withdraw")
    with pytest.raises(ChangeNotPossible, match="another person's"):
        by_two(world, "reverse")
    by_two(replace(world, facts=replace(world.facts, code=moved.code)), "reverse")
    assert [one.revoked_at is None for one in credentials_by_age(world)] == [False, True]


def test_the_page_says_why_a_revocation_by_moving_is_not_reversed(world: World, alone: Runtime):
    by_two(world, "move", to=to_other(world))
    assert "Another certificate stands for the same assessment." in refusal_of_reversal(world)
    run_jobs(alone)
    by_two(replace(world, facts=replace(world.facts, code=credentials_by_age(world)[1].code)), "withdraw")
    assert "its result is another person’s since" in refusal_of_reversal(world)


def refusal_of_reversal(world: World) -> str:
    """The desk's page after somebody asked there."""
    world.sign_in_again(RECRUITER, proven=True)
    browser = world.browser(RECRUITER)
    form = {"csrf_token": token(browser.get("/desk/register")), "code": world.facts.code}
    return browser.post("/desk/register", data=form | {"kind": "reverse", "reason": WHY}).text


def test_nothing_is_moved_to_who_decided_the_case_about_it(world: World, alone: Runtime):
    first, second = two_reviewers(world)
    case_id = ask(world)
    decide(world, case_id, "confirm", by=a_reviewer(world, OTHER))
    with pytest.raises(ChangeNotPossible, match="decided the case"):
        ask_change(world, "move", by=first, to=to_other(world))
    with world.runtime.transaction() as session:
        session.execute(update(ReviewCase).values(decided_by=second.person_id))
    change_id = ask_change(world, "move", by=first, to=to_other(world))
    with world.runtime.transaction() as session:
        session.execute(update(ReviewCase).values(decided_by=world.facts.people[OTHER]))
    with pytest.raises(ChangeNotPossible, match="decided the case"):
        apply_it(world, change_id, by=second)
    assert credential_row(world).revoked_at is None


@pytest.mark.parametrize("who", [OWNER, OTHER])
def test_either_of_both_can_be_erased_after_a_move(world: World, alone: Runtime, who: str):
    by_two(world, "move", to=to_other(world))
    run_jobs(alone)
    here = alone
    with here.transaction() as session:
        erase_person(world.facts.people[who], Certificates.KEEP, session=session, clock=here.clock,
                     entropy=here.entropy, links=here.links, jobs=here.jobs, mailer=here.mailer,
                     actor=operator())  # fmt: skip
    left = credentials_by_age(world)
    if who == OWNER:  # what was theirs by mistake goes, what the other answered stays
        assert [(one.person_id, one.revoked_at) for one in left] == [(world.facts.people[OTHER], None)]
    else:  # both say what the other answered
        assert left == []


def roll_back(world: World, *, by_sd: float) -> NormVersion:
    """The norm of the certificate gives way to one of other people, whose line lies so much higher."""
    now = world.runtime.clock.now()
    first, second = (world.facts.people[role] for role in (RECRUITER, EDITOR))
    with world.runtime.transaction() as session:
        bad = session.get_one(NormVersion, world.facts.norm)
        facts = {column.key: getattr(bad, column.key) for column in inspect(NormVersion).columns}
        cut = bad.cut + by_sd * bad.latent_sd
        session.execute(update(NormVersion).where(NormVersion.id == bad.id).values(state="superseded"))
        founders = NormGroup(id=world.runtime.entropy.uuid(), skill=bad.skill, language=bad.language,
                             described_as="founders", population={"en": "founders"})  # fmt: skip
        other = NormVersion(**facts | {"id": world.runtime.entropy.uuid(), "norm_group_id": founders.id,
                                       "label": "the norm before", "cut": cut})  # fmt: skip
        session.add_all([founders, other])
        session.flush()
        session.add(NormRollback(id=world.runtime.entropy.uuid(), norm_id=bad.id, former_id=other.id,
                                 former_sha256=other.sha256, reason=RollbackReason.LEAKED_ITEMS, asked_at=now,
                                 asked_by=first, lapses_at=now, confirmed_at=now, confirmed_by=second))  # fmt: skip
        session.flush()
        session.expunge_all()
    return other


def read_again(world: World) -> AwardsUnderNorm:
    with world.runtime.reading() as session:
        return awards_under_norm(world.facts.norm, session=session)


def test_edge_013_awards_under_a_norm_that_was_rolled_back_are_read_again_and_run_to_their_end_unless_two_people_decide(
    world: World, house: Runtime
):
    before = read_again(world)
    assert (before.other, before.awards, [row.under for row in before.rows]) == (None, 1, [Under.UNKNOWN])
    roll_back(world, by_sd=9.0)
    page = read_again(world)
    (row,) = page.rows
    assert (row.under, page.is_rolled_back, page.counts[Under.REFUSED]) == (Under.REFUSED, True, 1)
    assert row.confidence_under < 0.01
    assert verdict(world) is Verdict.SPECIMEN  # looking changes nothing, and nothing follows by itself
    by_two(world, "suspend")
    assert verdict(world) is Verdict.SUSPENDED
    by_two(world, "reinstate")
    by_two(world, "withdraw")
    run_jobs(house)
    assert verdict(world) is Verdict.REVOKED
    assert read_again(world).awards == 0
    assert "withdrawn" in newest_mail(world.runtime, MAILBOX).subject


def test_a_sitting_read_against_its_own_line_says_what_it_said(world: World):
    with world.runtime.reading() as session:
        sitting = session.get_one(Sitting, world.facts.ended_sitting)
        own = Line(sitting.release_id, sitting.calibration_id, sitting.composite, sitting.cut,
                   sitting.cut_standard_error)  # fmt: skip
        again = read_under_line(sitting.id, own, session=session)
        stated = session.scalars(select(SkillResult).where(SkillResult.sitting_id == sitting.id)).one()
    assert again == stated.decision_confidence


def test_what_was_forgotten_or_is_of_another_bank_cannot_be_read_again(world: World, house: Runtime):
    roll_back(world, by_sd=0.0)
    assert [row.under for row in read_again(world).rows] == [Under.AWARDED]
    world.runtime.clock.advance(timedelta(days=3 * 365))
    with house.transaction() as session:
        while apply_retention(session=session, clock=house.clock, actor=operator()).sittings:
            pass
    (row,) = read_again(world).rows
    assert (row.confidence_under, row.under) == (None, Under.UNKNOWN)
