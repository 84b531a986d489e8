"""Two accounts of one person become one: counted together, nothing earned or taken by it, and two people behind it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.accounts.errors import AccountMerged
from app.accounts.models import ApiToken, BrowserSession, Passkey, Person, RoleGrant
from app.accounts.restrictions import Cause
from app.assessment.errors import RetakeTooSoon
from app.assessment.models import Sitting
from app.awarding.models import AwardDecision
from app.credentials.models import Credential
from app.foundation.access import Actor, Forbidden, ProofNotFresh, operator
from app.foundation.runtime import Runtime
from app.privacy.drop_merge import drop_merge
from app.privacy.errors import (
    AnotherMergeSeen,
    MergeIncomplete,
    MergeNotHeard,
    MergeNotOpen,
    MergeNotPossible,
    MergeOpen,
    OwnMerge,
)
from app.privacy.models import AccountMerge, Certificates, ErasureRequest
from app.privacy.restrict_person import restrict_person
from app.privacy.timeline import timeline
from app.results.models import SkillResult
from app.reviews.ask_for_review import ask_for_review
from app.reviews.errors import CaseIncomplete, MergedByYou, SecondPersonNeeded
from app.reviews.models import Reason, ReviewCase
from tests.app.accounts.visitor import Visitor, newest_mail
from tests.app.api.world import EDITOR, OTHER, OWNER, RECRUITER, UNPROVEN, World
from tests.app.assessment.builders import SimulatedPerson, take
from tests.app.privacy.merging import (
    HEARING,
    MAILBOX,
    WHY,
    address_of,
    ask_merge,
    carry_out,
    everything_earned,
    kinds_about,
    merge_row,
    merged,
    place_of,
    preview_of,
    reviewers,
    sit_again,
    sitting_row,
)
from tests.app.privacy.test_erase_person import erase
from tests.app.reviews.desk import a_reviewer, decide
from tests.app.reviews.register import ask_change
from tests.journeys.at_a_standstill import run_jobs, with_signer


@pytest.fixture
def world(tidy_world: World) -> World:
    return tidy_world


@pytest.fixture
def house(world: World, tmp_path: Path) -> Runtime:
    """Its worker."""
    return with_signer(world.runtime, tmp_path)


def cases(world: World) -> list[ReviewCase]:
    with world.runtime.reading() as session:
        return list(session.scalars(select(ReviewCase)))


def test_edge_064_what_one_account_could_not_have_begun_is_void_and_its_award_stands_until_a_person_decides(
    world: World, house: Runtime
):
    one_too_many = sit_again(world, house)
    before = everything_earned(world)
    assert len(before[1]) == 2
    told = preview_of(world)
    assert [(row.sitting.id, row.sitting.is_beyond) for row in told.rows] == [
        (world.facts.ended_sitting, False),
        (world.facts.open_sitting, False),
        (one_too_many, True),
    ]  # in order of time, whichever account they stood on
    assert told.rows[2].goes_before_a_person
    merge_id = merged(world)
    assert everything_earned(world) == before  # no award withdrawn, none made, no certificate touched in any byte
    voided = sitting_row(world, one_too_many)
    assert (voided.state, voided.person_id) == ("void", world.facts.people[OWNER])
    assert sitting_row(world, world.facts.open_sitting).state == "open"
    (case,) = cases(world)
    assert (case.sitting_id, case.reason, case.person_id) == (
        one_too_many, Reason.BEYOND_LIMIT, world.facts.people[OWNER]
    )  # fmt: skip
    assert merge_row(world, merge_id).effects["cases"] == [str(case.id)]
    assert kinds_about(world, one_too_many)[-1] == "sitting.beyond_limit"
    assert "account.merged" in kinds_about(world, world.facts.people[OTHER])


@pytest.mark.long
def test_edge_064_everything_stands_on_the_account_that_stays_and_the_norm_counts_the_first_sitting_alone(
    world: World, house: Runtime
):
    one_too_many = sit_again(world, house)
    merged(world)
    owner, other = world.facts.people[OWNER], world.facts.people[OTHER]
    with world.runtime.reading() as session:
        for table in (Sitting, SkillResult, Credential):
            assert session.scalar(select(func.count()).where(table.person_id == other)) == 0
        first = session.scalars(select(Sitting.id).where(Sitting.person_id == owner, Sitting.first_of_skill)).all()
    assert first == [world.facts.ended_sitting]
    assert one_too_many not in first


def test_edge_064_waits_and_limit_are_counted_over_both_accounts(world: World, house: Runtime):
    place = place_of(world)
    sit_again(world, house, theta=-1.0)
    with world.runtime.transaction() as session:  # the owner's second sitting never was
        session.get_one(Sitting, world.facts.open_sitting).annul()
    world.runtime.clock.advance(timedelta(days=24))
    assert not [row for row in preview_of(world).rows if row.sitting.is_beyond]
    merged(world)  # on the thirty-first day after the other account's sitting, the second of one person
    owner = world.facts.people[OWNER]
    with pytest.raises(RetakeTooSoon):  # thirty days were enough for either account by itself
        place.start(owner)
    world.runtime.clock.advance(timedelta(days=58))
    with pytest.raises(RetakeTooSoon):
        place.start(owner)
    world.runtime.clock.advance(timedelta(days=1))
    assert place.start(owner).is_new


@pytest.mark.long
@pytest.mark.parametrize(("outcome", "state", "withdrawn"), [("confirm", "completed", 0), ("annul", "void", 1)])
def test_edge_064_the_person_who_looks_lets_it_count_after_all_or_withdraws(
    world: World, house: Runtime, outcome: str, state: str, withdrawn: int
):
    one_too_many = sit_again(world, house)
    merged(world)
    for role in (RECRUITER, EDITOR):  # who asked for the merge, and who carried it out
        with pytest.raises(MergedByYou):
            decide(world, cases(world)[0].id, outcome, by=a_reviewer(world, role))
    reviewer = a_reviewer(world, UNPROVEN)
    with pytest.raises(CaseIncomplete):
        decide(world, cases(world)[0].id, "re-sit", by=reviewer)
    decide(world, cases(world)[0].id, outcome, by=reviewer)
    assert sitting_row(world, one_too_many).state == state
    awards, held = everything_earned(world)
    assert sum(one[-1] is not None for one in awards) == withdrawn
    assert sum(one[-2] is not None for one in held) == withdrawn
    assert sitting_row(world, world.facts.ended_sitting).state == "completed"


@pytest.mark.long
def test_edge_064_who_objects_to_a_void_sitting_asks_a_person_though_the_decision_is_old(world: World, house: Runtime):
    one_too_many = sit_again(world, house, theta=-1.0)
    with world.runtime.transaction() as session:
        long_ago = world.runtime.clock.now() - timedelta(days=300)
        session.execute(update(AwardDecision).values(decided_at=long_ago))
    merged(world)
    assert cases(world) == []  # nothing was awarded, so nothing is put before anybody unasked
    world.runtime.clock.advance(timedelta(days=30))
    here = world.runtime
    with here.transaction() as session:
        case_id = ask_for_review(one_too_many, "other", "The first one was lost.", session=session, clock=here.clock,
                                 entropy=here.entropy, jobs=here.jobs,
                                 actor=Actor(world.facts.people[OWNER], "owner"))  # fmt: skip
    decide(world, case_id, "confirm", by=a_reviewer(world, UNPROVEN))
    row = sitting_row(world, one_too_many)
    assert (row.state, row.beyond_limit_at) == ("completed", None)


@pytest.mark.long
def test_edge_064_both_addresses_are_written_to_before_and_after_in_their_languages(world: World, house: Runtime):
    sit_again(world, house)
    other = address_of(world, OTHER)
    with world.runtime.transaction() as session:
        session.get_one(Person, world.facts.people[OTHER]).language = "fr"
    first, _ = reviewers(world)
    merge_id = ask_merge(world, by=first)
    run_jobs(house)
    for mailbox, subject in ((MAILBOX, "Are these two accounts yours?"), (other, "Ces deux comptes")):
        asked = newest_mail(world.runtime, mailbox)
        assert subject in asked.subject
        assert WHY in asked.text
    assert other not in newest_mail(world.runtime, MAILBOX).text  # of the other address a mask is shown
    world.runtime.clock.advance(HEARING)
    carry_out(world, merge_id, by=reviewers(world)[1])
    run_jobs(house)
    done, closed = newest_mail(world.runtime, MAILBOX), newest_mail(world.runtime, other)
    one_too_many = merge_row(world, merge_id).effects["beyond"][0]
    for letter, words in ((done, "sign in with it as before"), (closed, "est fermé\u00a0: connectez-vous désormais")):
        assert words in letter.text.replace("\n", " ")
        assert f"/results/{one_too_many}/review" in letter.text
        assert letter.text.count(WHY) == 1
    assert "no rule takes it away" in done.text


def test_edge_064_the_closed_account_opens_no_door_and_gives_no_right(world: World, house: Runtime):
    other, address = world.facts.people[OTHER], address_of(world, OTHER)
    merged(world)
    with world.runtime.reading() as session:
        for opener in (BrowserSession, ApiToken, Passkey, RoleGrant):
            assert session.scalar(select(func.count()).where(opener.person_id == other)) == 0
        assert session.get_one(Person, other).merged_into_id == world.facts.people[OWNER]
        assert accounts.person_by_email(address, session=session).id == world.facts.people[OWNER]
        assert accounts.person(world.facts.people[OWNER], session=session).roles == frozenset()
    visitor = Visitor(world.app, world.runtime)
    visitor.ask(address)
    refused = visitor.sign_in(address)
    assert refused.status_code == 403
    assert "was merged into another account of yours" in refused.text
    assert MAILBOX not in refused.text
    with pytest.raises(AccountMerged):  # a request that was on its way
        place_of(world).start(other)
    assert world.call(OTHER, "GET", "/results").status_code == 401


def test_edge_064_one_person_alone_merges_nothing(world: World, house: Runtime):
    first, second = reviewers(world)
    merge_id = ask_merge(world, by=first)
    with pytest.raises(MergeNotHeard):  # both may object first
        carry_out(world, merge_id, by=second)
    world.runtime.clock.advance(HEARING)
    first, second = reviewers(world)
    with pytest.raises(SecondPersonNeeded):
        carry_out(world, merge_id, by=first)
    with world.runtime.transaction() as session:  # made a reviewer for the occasion
        session.execute(update(RoleGrant).where(RoleGrant.person_id == second.person_id).values(
            granted_at=world.runtime.clock.now()))  # fmt: skip
    with pytest.raises(SecondPersonNeeded):
        carry_out(world, merge_id, by=second)
    with pytest.raises(IntegrityError), world.runtime.transaction() as session:
        session.execute(update(AccountMerge).values(applied_by=first.person_id))
    assert merge_row(world, merge_id).applied_at is None
    assert sitting_row(world, world.facts.ended_sitting).person_id == world.facts.people[OWNER]


@pytest.mark.long
def test_only_reviewers_proven_just_now_and_never_about_themselves(world: World, house: Runtime):
    first, _ = reviewers(world)
    stale = world.runtime.clock.now() - timedelta(hours=2)
    with pytest.raises(Forbidden):
        ask_merge(world, by=Actor(first.person_id, "x", frozenset({"candidate"}), stale, stale))
    with pytest.raises(ProofNotFresh):
        ask_merge(world, by=replace(first, second_factor_at=stale))
    with pytest.raises(OwnMerge):
        ask_merge(world, by=first, leaving=RECRUITER)


@pytest.mark.long
@pytest.mark.parametrize("evidence", [[], ["names-alike"], ["names-alike", "answers-alike"], ["a rumour"]])
def test_edge_064_an_accusation_or_a_likeness_is_no_proof(world: World, house: Runtime, evidence: list[str]):
    first, _ = reviewers(world)
    with pytest.raises(MergeIncomplete):
        ask_merge(world, by=first, evidence=evidence)


@pytest.mark.long
def test_one_mailbox_is_checked_by_the_program(world: World, house: Runtime):
    first, _ = reviewers(world)
    with pytest.raises(MergeIncomplete):
        ask_merge(world, by=first, evidence=["one-mailbox"])
    with world.runtime.transaction() as session:
        session.get_one(Person, world.facts.people[OTHER]).email = "olivia+two@owner.example.org"
    assert ask_merge(world, by=first, evidence=["one-mailbox", "names-alike"])


@pytest.mark.long
def test_edge_064_what_stands_against_a_merge_is_named_and_nothing_is_asked_for(world: World, house: Runtime):
    first, _ = reviewers(world)
    here, people = world.runtime, world.facts.people

    def refused(**accounts_named: str) -> tuple[str, ...]:
        with pytest.raises(MergeNotPossible) as refusal:
            ask_merge(world, by=first, **accounts_named)
        return refusal.value.because

    assert refused(leaving=OWNER) == ("same-account",)
    assert refused(leaving=EDITOR) == ("role",)
    with here.transaction() as session:
        session.get_one(Person, people[OTHER]).email = "olga@demo.decile.invalid"
    assert refused() == ("simulated",)
    with here.transaction() as session:
        session.get_one(Person, people[OTHER]).email = "olga@example.org"
        session.add(ErasureRequest(id=here.entropy.uuid(), person_id=people[OTHER], certificates=Certificates.KEEP,
                                   asked_at=here.clock.now()))  # fmt: skip
    assert refused() == ("erasure-asked",)
    with here.transaction() as session:
        session.delete(session.scalars(select(ErasureRequest)).one())
        restrict_person(people[OTHER], Cause.LEGAL_HOLD, "A court.", session=session, clock=here.clock,
                        entropy=here.entropy, actor=operator())  # fmt: skip
    assert refused() == ("restricted-legal-hold",)


@pytest.mark.long
def test_edge_064_no_open_sitting_is_lost_and_none_stands_twice(world: World, house: Runtime):
    first, _ = reviewers(world)
    place = place_of(world)
    begun = place.start(world.facts.people[OTHER]).sitting_id
    with pytest.raises(MergeNotPossible) as refusal:
        ask_merge(world, by=first)
    assert set(refusal.value.because) == {"two-open", "open-beyond"}
    with world.runtime.transaction() as session:
        session.get_one(Sitting, world.facts.open_sitting).annul()
    merged(world)
    owner = world.facts.people[OWNER]
    value = SimulatedPerson(place, 1.0, 1.0).answer(place.shown(begun)[0].item_code)
    assert place.respond(owner, begun, 1, value).state == "open"  # gone on with on the account that stays


@pytest.mark.long
def test_a_change_of_the_register_and_what_is_on_its_way_come_first(world: World, house: Runtime):
    first, _ = reviewers(world)
    ask_change(world, "suspend", by=first)
    place = place_of(world)
    assert preview_of(world).objections == ("change-open",)
    take(place, world.facts.people[OTHER], SimulatedPerson(place, 3.0, 3.0, 1).answer)
    assert set(preview_of(world).objections) == {"change-open", "undecided"}


@pytest.mark.long
def test_a_merge_is_carried_out_once_as_it_was_looked_at_or_dropped(world: World, house: Runtime):
    first, second = reviewers(world)
    merge_id = ask_merge(world, by=first)
    with pytest.raises(MergeOpen):
        ask_merge(world, by=first, staying=OTHER, leaving=OWNER)
    world.runtime.clock.advance(HEARING)
    _, second = reviewers(world)
    seen = preview_of(world).sha256
    sit_again(world, house, theta=-1.0)
    with pytest.raises(AnotherMergeSeen):
        carry_out(world, merge_id, by=second, seen=seen)
    carry_out(world, merge_id, by=second)
    rows = world.rows()
    with pytest.raises(MergeNotOpen):
        carry_out(world, merge_id, by=second)
    assert world.rows() == rows


@pytest.mark.long
def test_a_dropped_merge_changes_nothing_and_both_are_told(world: World, house: Runtime):
    first, second = reviewers(world)
    merge_id = ask_merge(world, by=first)
    here = world.runtime
    with here.transaction() as session:
        drop_merge(merge_id, session=session, clock=here.clock, jobs=here.jobs, actor=second)
    run_jobs(house)
    assert "stay as they are" in newest_mail(here, MAILBOX).subject
    with pytest.raises(MergeNotOpen):
        carry_out(world, merge_id, by=second)
    here.clock.advance(timedelta(days=31))
    first, second = reviewers(world)
    lapsed = ask_merge(world, by=first)
    here.clock.advance(timedelta(days=31))
    with pytest.raises(MergeNotOpen):
        carry_out(world, lapsed, by=reviewers(world)[1])


@pytest.mark.long
def test_after_a_merge_the_copy_holds_both_and_the_erasure_leaves_neither(world: World, house: Runtime):
    sit_again(world, house)
    other, address = world.facts.people[OTHER], address_of(world, OTHER)
    merged(world)
    with world.runtime.reading() as session:
        kinds = [one.kind for one in timeline(world.facts.people[OWNER], session=session, links=world.runtime.links)]
    assert kinds.count("account.merged") == 2
    with world.runtime.transaction() as session:
        session.delete(session.scalars(select(ReviewCase)).one())
    erase(world)
    with world.runtime.reading() as session:
        assert session.get(Person, other) is None
        assert session.scalars(select(AccountMerge)).all() == []
    spool = "".join(file.read_text(errors="replace") for file in (world.directory / "mail").glob("*.eml"))
    assert address not in spool
