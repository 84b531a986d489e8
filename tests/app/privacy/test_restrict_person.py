"""A person's data is only kept: after a death, on a legal hold, while something is disputed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from app.accounts import queries as accounts
from app.accounts.close_merged_account import close_merged_account
from app.accounts.consents import NORM_USE, offer_of
from app.accounts.errors import (
    AccountMerged,
    AccountRestricted,
    AlreadyRestricted,
    NotRestricted,
    RestrictionReasonNeeded,
)
from app.accounts.issue_api_token import issue_api_token
from app.accounts.models import ApiToken, BrowserSession, ErasedAddress, Letter, Person, PersonRestriction, RoleGrant
from app.accounts.record_consent import record_consent
from app.accounts.restrictions import Cause
from app.assessment.close_expired_sittings import close_expired_sittings
from app.assessment.models import Response, RetakeTrace, Sitting
from app.credentials.models import Credential, ExpiryReminder, ReminderOptOut
from app.credentials.policy import CredentialPolicy
from app.credentials.remind_of_expiry import remind_of_expiry
from app.foundation import policies
from app.foundation.access import Actor, operator, system
from app.foundation.audit import AuditEntry
from app.foundation.mail import Message
from app.operations.apply_retention import apply_retention
from app.privacy.errors import OnLegalHold
from app.privacy.models import ErasureRequest
from app.privacy.restrict_person import lift_restriction, restrict_person
from app.worker import JOBS
from tests.app.accounts.visitor import Visitor
from tests.app.api.world import EDITOR, OTHER, OWNER, World
from tests.app.assessment.builders import SKILL
from tests.app.privacy.test_commands import run
from tests.app.privacy.test_erase_person import ask, come_back, erase
from tests.app.privacy.traces import EMAIL, owner_id, person_of

WHY = "The court of Lyon asked for it, file 26/0417."


def restrict(world: World, cause: Cause, reason: str = WHY) -> bool:
    here = world.runtime
    with here.transaction() as session:
        return restrict_person(
            owner_id(world), cause, reason, session=session, clock=here.clock, entropy=here.entropy, actor=operator()
        )


def lift(world: World, reason: str = "The court closed the file.") -> None:
    here = world.runtime
    with here.transaction() as session:
        lift_restriction(owner_id(world), reason, session=session, clock=here.clock, entropy=here.entropy,
                         jobs=here.jobs, actor=operator())  # fmt: skip


def count(world: World, table) -> int:
    with world.runtime.reading() as session:
        return len(session.scalars(select(table)).all())


def kinds(world: World) -> list[tuple[str, str]]:
    with world.runtime.reading() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.kind.like("person.restrict%"))).all()
    return [(row.kind, row.detail["cause"]) for row in rows]


def show_page(world: World) -> str:
    with world.runtime.transaction() as session:
        row = session.scalars(select(Credential)).one()
        row.visibility = "unlisted"
        return f"/c/{row.code}"


def test_edge_061_a_restricted_person_is_not_let_in_and_everything_is_there_when_it_is_lifted(world: World):
    page = show_page(world)
    assert restrict(world, Cause.DEATH, "His sister showed the certificate.") is False
    assert world.browser(OWNER).get("/me/timeline").headers["Location"].startswith("/sign-in")
    visitor = Visitor(world.app, world.runtime)
    visitor.ask(EMAIL)
    refused = visitor.sign_in(EMAIL)
    assert refused.status_code == 403
    assert "This account is at rest" in refused.text
    with world.runtime.reading() as session:
        held = [
            session.scalars(select(table).where(table.person_id == owner_id(world))).all()
            for table in (BrowserSession, ApiToken)
        ]
    assert held == [[], []]
    assert world.app.test_client().get(page).status_code == 200  # as its holder had left it
    lift(world)
    again = Visitor(world.app, world.runtime)
    assert again.sign_in(EMAIL).status_code in (200, 302, 303)
    assert again.open("/me/timeline").status_code == 200
    assert kinds(world) == [("person.restricted", "death"), ("person.restriction_lifted", "death")]


def test_no_token_is_made_for_an_account_that_was_put_to_rest_or_merged_a_moment_ago(world: World):
    """Who asks was recognised before; what ended their sign-ins was done before their transaction began."""
    now = world.runtime.clock.now()
    actor = Actor(owner_id(world), "owner", frozenset({"candidate"}), signed_in_at=now)
    restrict(world, Cause.DEATH)
    with pytest.raises(AccountRestricted):
        _make_a_token(world, actor)
    lift(world)
    with world.runtime.transaction() as session:
        session.get_one(Person, owner_id(world)).merged_into_id = world.facts.people[OTHER]
    with pytest.raises(AccountMerged):
        _make_a_token(world, actor)
    with world.runtime.reading() as session:
        assert session.query(ApiToken).filter_by(person_id=owner_id(world)).count() == 0


def _make_a_token(world: World, actor: Actor) -> None:
    here = world.runtime
    with here.transaction() as session:
        issue_api_token(
            "late", ["results:read"], 30, browser_token=None, session=session, clock=here.clock, entropy=here.entropy,
            jobs=here.jobs, actor=actor,
        )  # fmt: skip


def test_edge_061_under_a_legal_hold_nothing_is_erased_or_forgotten_until_it_is_lifted(world: World):
    ask(world)  # the erasure was asked for, and the hold came before the worker
    with world.runtime.reading() as session:
        request_id = str(session.scalars(select(ErasureRequest.id)).one())
    restrict(world, Cause.LEGAL_HOLD)
    JOBS["erase_person"](world.runtime, request_id=request_id)
    with pytest.raises(OnLegalHold):
        erase(world)
    kept = count(world, Response)
    world.runtime.clock.advance(timedelta(days=3 * 365))
    _retention(world)
    assert count(world, Response) == kept > 0
    lift(world)
    assert person_of(world, owner_id(world)) is not None
    arguments = [row for name, row in world.runtime.jobs.enqueued.values() if name == "erase_person"]
    assert len(arguments) == 2  # asked for again at the end of the hold
    JOBS["erase_person"](world.runtime, **arguments[-1])
    assert person_of(world, owner_id(world)) is None


def _retention(world: World) -> None:
    here = world.runtime
    with here.transaction() as session:
        apply_retention(session=session, clock=here.clock, actor=system())


def test_edge_061_in_a_dispute_nothing_is_forgotten_until_it_is_lifted_and_the_person_may_still_erase(world: World):
    restrict(world, Cause.DISPUTE)
    world.runtime.clock.advance(timedelta(days=3 * 365))
    kept = count(world, Response)
    _retention(world)
    assert count(world, Response) == kept > 0
    lift(world)
    _retention(world)
    assert count(world, Response) < kept
    restrict(world, Cause.DISPUTE)
    erase(world)  # it asks for more than a restriction
    assert person_of(world, owner_id(world)) is None


@pytest.mark.parametrize("cause", [Cause.LEGAL_HOLD, Cause.DISPUTE])
def test_letters_stay_until_it_is_lifted_those_of_a_merged_account_too_and_other_peoples_go(world: World, cause: Cause):
    here, people = world.runtime, world.facts.people
    with here.transaction() as session:
        close_merged_account(people[OTHER], people[OWNER], session=session, at=here.clock.now())
    for role in (OWNER, OTHER, EDITOR):
        with here.reading() as session:
            to = session.get_one(Person, people[role]).email
        here.mailer.send(Message(to, "A subject", "Words.", key=f"case:{role}", person_id=people[role]))
    restrict(world, cause)
    here.clock.advance(timedelta(days=731))
    JOBS["forget_traces"](here)
    with here.reading() as session:
        assert set(session.scalars(select(Letter.person_id))) == {people[OWNER], people[OTHER]}
    lift(world)
    JOBS["forget_traces"](here)
    assert count(world, Letter) == 0


def test_what_an_erasure_left_of_who_came_back_stays_until_it_is_lifted_and_a_strangers_goes(world: World):
    here = world.runtime
    erase(world)
    back, days = come_back(world), count(world, RetakeTrace)
    world.facts = replace(world.facts, people={**world.facts.people, OWNER: back})
    stranger, until = here.entropy.uuid(), here.clock.now()
    with here.transaction() as session:
        session.add(ErasedAddress(subject="s", lineage_id=stranger, kept_until_at=until))
        session.add(RetakeTrace(lineage_id=stranger, skill=SKILL, started_on=until.date(), ended_on=until.date(),
                                had_norm=True, kept_until_at=until))  # fmt: skip
    restrict(world, Cause.LEGAL_HOLD)
    here.clock.advance(timedelta(days=2 * 365))
    JOBS["forget_traces"](here)
    assert (count(world, ErasedAddress), count(world, RetakeTrace)) == (1, days)
    lift(world)
    JOBS["forget_traces"](here)
    assert (count(world, ErasedAddress), count(world, RetakeTrace)) == (0, 0)


def test_without_a_hold_retention_and_erasure_go_on(world: World):
    restrict(world, Cause.DEATH)
    world.runtime.clock.advance(timedelta(days=3 * 365))
    before = count(world, Response)
    _retention(world)
    assert count(world, Response) < before
    erase(world)  # the family asked for it
    assert person_of(world, owner_id(world)) is None
    assert count(world, PersonRestriction) == 0


def test_pages_are_hidden_where_the_policy_names_the_cause_and_open_again_after(world: World):
    page, here = show_page(world), world.runtime
    with here.transaction() as session:
        values = {"hidden_when_restricted": ["dispute"]}
        policies.set_policy(CredentialPolicy, values, session=session, at=here.clock.now(), actor=operator())
    reader = world.app.test_client()
    assert reader.get(page).status_code == 200
    assert restrict(world, Cause.DISPUTE) is True
    share = f"/s/{world.facts.share_token}"
    assert (reader.get(page).status_code, reader.get(share).status_code) == (404, 404)
    assert reader.get(page).text == reader.get("/c/" + page[3:]).text
    lift(world)
    assert (reader.get(page).status_code, reader.get(share).status_code) == (200, 200)


def _version_of(kind: str) -> int:
    offer = offer_of(kind)
    assert offer is not None
    return offer.version


def test_nothing_is_made_of_a_restricted_persons_data(world: World):
    here = world.runtime
    with here.transaction() as session:
        session.execute(delete(ReminderOptOut))
        session.execute(delete(ExpiryReminder))
        record_consent(owner_id(world), NORM_USE, _version_of(NORM_USE), session=session, clock=here.clock,
                       entropy=here.entropy, actor=Actor(owner_id(world), "owner"))  # fmt: skip
        session.execute(delete(RoleGrant))
        assert accounts.may_enter_norm(owner_id(world), session=session)
    restrict(world, Cause.DISPUTE)
    here.clock.advance(timedelta(days=330))
    with here.transaction() as session:
        assert close_expired_sittings(session=session, clock=here.clock, jobs=here.jobs) == 0
        assert remind_of_expiry(session=session, clock=here.clock, jobs=here.jobs) == 0
        assert not accounts.may_enter_norm(owner_id(world), session=session)
        assert session.get_one(Sitting, world.facts.open_sitting).state == "open"
    lift(world)
    with here.transaction() as session:
        assert close_expired_sittings(session=session, clock=here.clock, jobs=here.jobs) == 1
        assert remind_of_expiry(session=session, clock=here.clock, jobs=here.jobs) == 1
        assert len(session.scalars(select(ExpiryReminder)).all()) == 1


def test_edge_061_the_operator_reads_what_becomes_of_an_erasure_that_was_asked_for_before(world: World):
    ask(world)
    why = ("--reason", WHY)
    assert "waits for the end of this" in run(world, "restrict", EMAIL, "--cause", "legal-hold", *why).output
    refused = run(world, "erase", EMAIL, "--certificates", "revoke", "--yes")
    assert "this request is not kept" in str(refused.exception)
    assert "carried out now" in run(world, "lift-restriction", EMAIL, *why).output
    assert "it goes on" in run(world, "restrict", EMAIL, "--cause", "dispute", *why).output
    arguments = [row for name, row in world.runtime.jobs.enqueued.values() if name == "erase_person"]
    JOBS["erase_person"](world.runtime, **arguments[0])
    assert person_of(world, owner_id(world)) is None


def test_one_restriction_at_a_time_each_with_a_reason(world: World):
    for reason in ("", "  "):
        with pytest.raises(RestrictionReasonNeeded):
            restrict(world, Cause.DEATH, reason)
    with pytest.raises(NotRestricted):
        lift(world)
    restrict(world, Cause.DEATH)
    with pytest.raises(AlreadyRestricted):
        restrict(world, Cause.LEGAL_HOLD)
    with pytest.raises(RestrictionReasonNeeded):
        lift(world, " ")
    with world.runtime.reading() as session:
        row = session.scalars(select(PersonRestriction).where(PersonRestriction.lifted_at.is_(None))).one()
    another = PersonRestriction(id=world.runtime.entropy.uuid(), person_id=row.person_id, cause="death", reason=WHY,
                                restricted_at=row.restricted_at)  # fmt: skip
    with pytest.raises(IntegrityError), world.runtime.transaction() as session:
        session.add(another)


def test_the_operator_restricts_lists_and_lifts(world: World):
    done = run(world, "restrict", EMAIL, "--cause", "death", "--reason", "Told by her brother.")
    assert done.exit_code == 0, done.output
    assert "show what the holder chose" in done.output
    assert "death" in run(world, "restrictions").output
    assert run(world, "lift-restriction", EMAIL, "--reason", "It was a mistake.").exit_code == 0
    listed = run(world, "restrictions").output
    assert "lifted" in listed
    assert "It was a mistake." in listed
    assert '"cause": "death"' in run(world, "restrictions", "--json").output
