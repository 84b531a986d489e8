"""After an erasure nothing leads to the person: every table, column, message and log line is searched for them."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from itertools import count

import jsonschema
import pytest
from sqlalchemy import select, update

from app.accounts import queries as accounts
from app.accounts.browser_sessions import Browser
from app.accounts.errors import PersonNotFound
from app.accounts.grant_role import grant_role
from app.accounts.models import ErasedAddress, Person, SignInRequest
from app.accounts.name_second_address import name_second_address
from app.accounts.policy import AccountPolicy
from app.accounts.record_consent import record_consent
from app.accounts.revoke_role import revoke_role
from app.accounts.sign_up import sign_up
from app.accounts.withdraw_consent import withdraw_consent
from app.assessment.errors import RetakeTooSoon, YearlyLimitReached
from app.assessment.models import RetakeTrace, Sitting, SittingAllowance
from app.assessment.start_sitting import start_sitting
from app.credentials.models import Credential, ErasedCredential, IssuerKey
from app.credentials.status_entries import _taken
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import Actor, ProofNotFresh, operator
from app.foundation.audit import AuditEntry
from app.foundation.mail import Message
from app.foundation.rates import RatePolicy
from app.keying.models import Seat
from app.norming.models import NormVersion
from app.privacy.ask_for_erasure import ask_for_erasure
from app.privacy.erase_person import erase_person
from app.privacy.errors import CaseStillOpen, CertificateInDoubt, ChoiceMissing, SignedRecords, StillStaff
from app.privacy.models import Certificates, ErasureRequest
from app.reviews.models import ReviewCase
from app.transparency.models import LogEntry
from app.transparency.queries import verify
from app.worker import JOBS
from tests.app.api.world import ANONYMOUS, EDITOR, OTHER, OWNER, UNPROVEN, World
from tests.app.assessment.builders import Place, SimulatedPerson, take
from tests.app.privacy.traces import EMAIL, days_of, found_again, owner_id, person_of, strings_of
from tests.journeys.at_a_standstill import run_jobs, with_signer
from tests.killed_child import killed_before, rows_of

# The record of acts cannot be edited: the ids in it are random and lead nowhere. Everything else is searched for ids.
RECORD = frozenset({"audit_entry"})


def erase(world: World, certificates: Certificates = Certificates.REVOKE, role: str = OWNER) -> None:
    here = world.runtime
    with here.transaction() as session:
        erase_person(
            world.facts.people[role],
            certificates,
            session=session,
            clock=here.clock,
            entropy=here.entropy,
            links=here.links,
            jobs=here.jobs,
            mailer=here.mailer,
            actor=operator(),
        )


def ask(world: World, certificates: str = "revoke", *, role: str = OWNER, proven: bool = True, **actor):
    here = world.runtime
    proven_at = here.clock.now() - timedelta(minutes=0 if proven else 11)
    who = Actor(world.facts.people[role], role, actor.get("roles", frozenset()), proven_at, proven_at)
    with here.transaction() as session:
        return ask_for_erasure(
            certificates, session=session, clock=here.clock, entropy=here.entropy, jobs=here.jobs, actor=who
        )


def come_back(world: World, email: str = EMAIL):
    """Join anew with an address, as at the door; the new account's id."""
    here, now = world.runtime, world.runtime.clock.now()
    with here.transaction() as session:
        request = SignInRequest(id=here.entropy.uuid(), email=email, language="en", return_path="/", mail_slot=1,
                                asked_at=now, expires_at=now, is_mailed=True, consumed_at=now)  # fmt: skip
        session.add(request)
        session.flush()
        return sign_up(request.id, is_adult=True, language="en", browser=Browser("test"), session=session,
                       clock=here.clock, entropy=here.entropy, links=here.links).person_id  # fmt: skip


def start(world: World, person_id):
    here = world.runtime
    with here.transaction() as session:
        record_consent(person_id, "assessment", 1, session=session, clock=here.clock, entropy=here.entropy,
                       actor=Actor(person_id, "person"))  # fmt: skip
        return start_sitting(person_id, "collaboration", "en", honesty_statement="1", session=session,
                             clock=here.clock, entropy=here.entropy, jobs=here.jobs)  # fmt: skip


@pytest.mark.parametrize("certificates", Certificates)
def test_nothing_of_the_person_stands_in_any_column_of_any_table(world: World, certificates: Certificates):
    strings = strings_of(world)
    before = {table for table, _, _ in found_again(world, strings)}
    assert len(before) >= 24  # the search finds what is there
    erase(world, certificates)
    assert found_again(world, strings, but=RECORD) == []


def test_the_record_keeps_ids_and_no_word_name_address_or_code(world: World):
    words = {string for string in strings_of(world) if not re.fullmatch(r"[0-9a-f-]{32,36}", string)}
    erase(world)
    assert found_again(world, words) == []
    with world.runtime.reading() as session:
        entry = session.query(AuditEntry).filter_by(kind="person.erased").one()
    assert entry.subject not in strings_of_ids(world)
    assert entry.detail == {"sittings": 2, "credentials": 1, "certificates": "revoke"}


def strings_of_ids(world: World) -> set[str]:
    return {str(one) for one in world.facts.people.values()}


def test_case_057_after_an_erasure_the_signed_log_verifies_and_leads_to_nobody(world: World):
    """Entries stay, for the tree is signed; the salts that tied them to a certificate of the person do not."""
    here = with_signer(world.runtime, world.runtime.settings.data)
    JOBS["sign_checkpoint"](here)
    strings = strings_of(world)
    with here.reading() as session:
        before = {row.id: (row.subject, row.entry, row.salt) for row in session.query(LogEntry)}
    theirs = {one for one, (subject, _, _) in before.items() if subject.partition(":")[0] in strings}
    assert any(before[one][2] for one in theirs)
    erase(world)
    JOBS["sign_checkpoint"](here)
    with here.reading() as session:
        after = {row.id: (row.subject, row.entry, row.salt) for row in session.query(LogEntry)}
        assert verify(session=session).size == len(after)
    assert {one: entry for one, (_, entry, _) in before.items()} == {one: after[one][1] for one in before}
    assert [after[one][2] for one in theirs] == [None] * len(theirs)
    assert [string for string in strings if any(string in f"{one}" for one in after.values())] == []


def test_what_we_spooled_for_the_person_is_gone_and_other_mail_stays(world: World):
    erase(world)
    left = list((world.directory / "mail").iterdir())
    assert [file.name for file in left] == ["somebodys-mail.eml"]


def test_no_log_line_names_the_person(world: World, capsys: pytest.CaptureFixture[str]):
    strings = strings_of(world)
    world.browser(OWNER).get("/me")
    erase(world)
    world.browser(OWNER).get("/me")
    written = capsys.readouterr()
    lines = written.out + written.err
    assert "rule=/me" in lines or "/me" in lines
    assert [string for string in strings if string in lines] == []


def test_the_program_of_an_erased_person_is_let_in_nowhere(world: World):
    assert world.call(OWNER, "GET", "/results").status_code == 200
    erase(world)
    assert world.call(OWNER, "GET", "/results").status_code == 401
    assert world.browser(OWNER).get("/me").status_code == 303


def test_other_people_keep_everything(world: World):
    before = {
        name: [row for row in rows if str(world.facts.people[OTHER]) in row] for name, rows in world.rows().items()
    }
    erase(world)
    after = {
        name: [row for row in rows if str(world.facts.people[OTHER]) in row] for name, rows in world.rows().items()
    }
    assert before == after


def test_edge_059_norms_stay_as_they_are(world: World):
    def norms():
        with world.runtime.reading() as session:
            return {norm.id: (norm.sha256, norm.n, norm.state) for norm in session.query(NormVersion)}

    before = norms()
    erase(world)
    assert norms() == before


def test_edge_058_a_revoked_certificate_says_that_it_ended(world: World):
    erase(world, Certificates.REVOKE)
    answer = world.app.test_client().get(f"/c/{world.facts.code}", headers={"Accept": "text/html"})
    assert answer.status_code == 410
    assert "The holder erased their data" in answer.text
    assert "and ended on" in answer.text
    with world.runtime.reading() as session:
        line = session.query(ErasedCredential).one()
    assert (line.revocation_reason, line.revoked_at) == ("holder-request", world.runtime.clock.now())


@pytest.mark.parametrize("page", ["/receipt", "/ask"])
def test_edge_058_what_belongs_to_the_page_says_the_same_of_an_erased_certificate(world: World, page: str):
    erase(world, Certificates.KEEP)
    reader, html = world.app.test_client(), {"Accept": "text/html"}
    answer = reader.get(f"/c/{world.facts.code}{page}", headers=html)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (410, "no-store")
    assert "The holder erased their data" in answer.text
    facts = reader.get(f"/c/{world.facts.code}/receipt.json")
    assert (facts.status_code, facts.json["code"], facts.json["is_over"]) == (410, "credential-erased", False)


def test_the_api_says_of_an_erased_certificate_what_its_page_says_and_takes_it_for_no_guess(world: World):
    erase(world, Certificates.KEEP)
    with world.runtime.transaction() as session:
        few = {"not_found_per_minute": 1}
        policies.set_policy(RatePolicy, few, session=session, at=world.runtime.clock.now(), actor=operator())
    world.app = create_app(world.runtime)
    answers = [world.call(ANONYMOUS, "GET", f"/verify/{world.facts.code}") for _ in range(3)]
    assert [(answer.status_code, answer.json["code"]) for answer in answers] == [(410, "credential-erased")] * 3
    described = world.app.test_client().get("/openapi.json").json
    gone = described["paths"]["/api/v1/verify/{code}"]["get"]["responses"]["410"]
    assert gone["description"].startswith("- credential-erased: ")
    assert gone["content"]["application/problem+json"]["schema"]["$ref"].endswith("/ErasedProblem")
    jsonschema.validate(answers[0].json, described["components"]["schemas"]["ErasedProblem"])
    assert answers[0].json["valid_from"] < answers[0].json["ends_at"]
    assert answers[0].json["is_over"] is False


def test_edge_058_a_kept_line_runs_to_its_end(world: World):
    with world.runtime.reading() as session:
        held = session.query(Credential).one()
    erase(world, Certificates.KEEP)
    facts = world.app.test_client().get(f"/c/{world.facts.code}.json").json
    assert (facts["code"], facts["is_over"]) == ("credential-erased", False)
    assert facts["ends_at"] == held.valid_until.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(("certificates", "is_listed"), [(Certificates.REVOKE, True), (Certificates.KEEP, False)])
def test_the_signed_list_still_says_which_entries_are_revoked(world: World, certificates, is_listed: bool):
    """The file handed out must not become valid again by an erasure, nor invalid by keeping the line."""
    with world.runtime.reading() as session:
        document = session.query(Credential).one().signed_document
    erase(world, certificates)
    run_jobs(with_signer(world.runtime, world.directory / "later"))
    answer = world.app.test_client().post(
        "/verify", data={"file": (io.BytesIO(document.encode()), "c.json")}, headers={"Accept": "application/json"}
    )
    reasons = answer.json["reasons"]
    assert ("revoked" in answer.json["verdict"] or "revoked" in " ".join(reasons)) == is_listed


def test_edge_052_a_certificate_that_was_private_is_unknown_afterwards(world: World):
    with world.runtime.transaction() as session:
        session.execute(update(Credential).values(visibility="private"))
    erase(world)
    html = {"Accept": "text/html"}
    erased = world.app.test_client().get(f"/c/{world.facts.code}", headers=html)
    assert erased.status_code == 404
    assert "The holder erased their data" not in erased.text


def test_an_entry_of_the_status_list_is_never_given_out_twice(world: World):
    with world.runtime.reading() as session:
        held = session.query(Credential).one()
    erase(world, Certificates.KEEP)
    with world.runtime.reading() as session:
        assert _taken(held.status_list, {held.status_index}, session=session)


def test_waits_outlive_the_erasure_for_the_same_address_in_any_spelling(world: World):
    days = days_of(world)
    erase(world)
    with world.runtime.reading() as session:
        traces = session.query(RetakeTrace).all()
        (hashed,) = session.query(ErasedAddress).all()
    assert {trace.started_on for trace in traces} == days
    assert EMAIL not in hashed.subject
    back = come_back(world)
    with pytest.raises(RetakeTooSoon):
        start(world, back)


def test_the_yearly_limit_outlives_erasures_one_after_the_other(world: World):
    """Two sittings before, one after coming back: a third erasure does not open a fourth sitting."""
    erase(world)
    world.runtime.clock.advance(timedelta(days=91))
    back = come_back(world)
    third = start(world, back).sitting_id
    with world.runtime.reading() as session:
        assert not session.get_one(Sitting, third).first_of_skill
    world.facts = replace(world.facts, people={**world.facts.people, OWNER: back})
    erase(world)
    world.runtime.clock.advance(timedelta(days=91))
    with pytest.raises(YearlyLimitReached):
        start(world, come_back(world))


def test_after_the_period_nothing_is_known_of_the_address_at_all(world: World):
    erase(world)
    world.runtime.clock.advance(timedelta(days=366))
    JOBS["forget_traces"](world.runtime)
    with world.runtime.reading() as session:
        assert session.query(RetakeTrace).count() == 0
        assert session.query(ErasedAddress).count() == 0
    assert start(world, come_back(world)).is_new


def test_a_stranger_with_another_address_does_not_wait(world: World):
    erase(world)
    assert start(world, come_back(world, "somebody@else.example.org")).is_new


def test_who_never_sat_leaves_no_hash_of_an_address(world: World):
    erase(world, role=OTHER)
    with world.runtime.reading() as session:
        assert session.query(ErasedAddress).count() == 0


def test_withdrawing_consent_ends_no_wait(world: World):
    here, person_id = world.runtime, owner_id(world)
    world.call(OWNER, "POST", f"/sittings/{world.facts.open_sitting}/leave")
    with here.transaction() as session:
        session.query(SittingAllowance).delete()
        withdraw_consent(
            person_id, "assessment", session=session, clock=here.clock, actor=Actor(person_id, "person"), jobs=here.jobs
        )
    with pytest.raises(RetakeTooSoon):
        start(world, person_id)


def test_asking_ends_every_sign_in_and_the_worker_does_the_rest(world: World):
    ask(world, "keep")
    assert world.browser(OWNER).get("/me").status_code == 303
    assert world.call(OWNER, "GET", "/results").status_code == 401
    run_jobs(with_signer(world.runtime, world.directory / "later"))
    assert person_of(world, owner_id(world)) is None
    with world.runtime.reading() as session:
        assert session.query(ErasureRequest).count() == 0


def test_the_job_may_run_again(world: World):
    request_id = ask(world)
    for _ in range(2):
        JOBS["erase_person"](world.runtime, request_id=str(request_id))
    with world.runtime.reading() as session:
        assert session.query(AuditEntry).filter_by(kind="person.erased").count() == 1


def test_asking_twice_is_one_request_with_the_last_choice(world: World):
    """The page does not say what was chosen before, so it says what it will do only if that is done."""
    assert ask(world, "keep") == ask(world, "revoke")
    with world.runtime.reading() as session:
        assert session.query(ErasureRequest).one().certificates == "revoke"


def test_what_failed_is_carried_out_when_it_is_asked_for_again(world: World):
    """A role came between, was taken back, and the job that failed stands in the way of no other."""
    here, own_id = world.runtime, owner_id(world)
    ask(world)
    ((key, arguments),) = erasures(world)
    with here.transaction() as session:
        grant_role(own_id, "reviewer", session=session, clock=here.clock, actor=operator())
    with pytest.raises(StillStaff):
        JOBS["erase_person"](here, **arguments)
    with here.transaction() as session:
        revoke_role(own_id, "reviewer", session=session, clock=here.clock, actor=operator())
    here.clock.advance(timedelta(days=1))
    ask(world)
    ((_, arguments),) = [one for one in erasures(world) if one[0] != key]
    JOBS["erase_person"](here, **arguments)
    assert person_of(world, own_id) is None


def erasures(world: World) -> list[tuple[str, dict[str, str]]]:
    """Jobs by their keys; under the key of one that failed no other is taken."""
    return [(key, row) for key, (name, row) in world.runtime.jobs.enqueued.items() if name == "erase_person"]


def test_a_browser_left_open_erases_nobody(world: World):
    with pytest.raises(ProofNotFresh):
        ask(world, proven=False)


def test_the_choice_about_certificates_must_be_made(world: World):
    with pytest.raises(ChoiceMissing):
        ask(world, "perhaps")


def test_edge_060_while_a_person_looks_at_a_result_nothing_is_erased(world: World):
    with world.runtime.transaction() as session:
        session.execute(update(ReviewCase).values(state="open", closed_at=None))
    with pytest.raises(CaseStillOpen):
        ask(world)
    with pytest.raises(CaseStillOpen):
        erase(world)
    assert "Take the question back" in world.browser(OWNER).get("/me/erase").text


def _put_in_doubt(world: World, how: str) -> None:
    now = world.runtime.clock.now()
    with world.runtime.transaction() as session:
        held = session.scalars(select(Credential)).one()
        if how == "suspended":
            held.suspend(at=now)
        else:
            key_id = held.key_id if how == "its key was stolen" else held.jwt_key_id
            session.get_one(IssuerKey, key_id).declare_compromised(now, at=now)


@pytest.mark.parametrize("how", ["suspended", "its key was stolen", "the key of its JWT was stolen"])
def test_edge_060_a_certificate_in_doubt_is_not_kept_and_bars_nobody_who_has_it_revoked(world: World, how: str):
    _put_in_doubt(world, how)
    with pytest.raises(CertificateInDoubt):
        ask(world, "keep")
    with pytest.raises(CertificateInDoubt):
        erase(world, Certificates.KEEP)
    page = world.browser(OWNER).get("/me/erase").text
    assert "until that is over it cannot be kept" in page
    assert 'value="revoke"' in page
    assert 'value="keep"' not in page
    ask(world, "revoke")
    run_jobs(with_signer(world.runtime, world.directory / "later"))
    assert person_of(world, owner_id(world)) is None


def test_a_certificate_in_doubt_whose_term_is_over_may_be_kept(world: World):
    """Nobody takes it for a valid one any more, and nobody may ever end its suspension."""
    _put_in_doubt(world, "suspended")
    world.runtime.clock.advance(timedelta(days=366))
    erase(world, Certificates.KEEP)
    assert person_of(world, owner_id(world)) is None


def test_staff_give_up_their_role_first_and_signatories_stay_named(world: World):
    with pytest.raises(StillStaff):
        erase(world, role=UNPROVEN)
    with pytest.raises(SignedRecords):
        erase(world, role=EDITOR)


def test_the_page_says_what_stays_and_carries_the_choice_out(world: World):
    browser = world.browser(OWNER)
    page = browser.get("/me/erase").text
    assert "under a keyed hash of your address" in page
    assert f"is kept for {AccountPolicy().erased_people_days} days" in page
    form = {"csrf_token": re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)}
    assert browser.post("/me/erase", data=form).status_code == 422
    answer = browser.post("/me/erase", data={**form, "certificates": "revoke"}, follow_redirects=True)
    assert "your data is being erased" in answer.text
    with world.runtime.reading() as session:
        assert session.query(ErasureRequest).one().certificates == "revoke"


def test_a_returning_address_is_a_new_person(world: World):
    old = owner_id(world)
    erase(world)
    new = come_back(world)
    assert new != old
    with world.runtime.reading() as session:
        assert session.get_one(Person, new).display_name is None
        assert accounts.lineage_of(new, session=session) is not None


def test_a_sitting_after_coming_back_ends_like_any_other(world: World):
    here = world.runtime
    erase(world)
    here.clock.advance(timedelta(days=91))
    place = Place(here.database, here.clock, here.entropy, here.jobs)
    back = come_back(world)
    start(world, back)
    sitting_id = take(place, back, SimulatedPerson(place, 0.0, 0.0, 9).answer)
    assert place.sitting(sitting_id).state == "completed"


def _kept(url: str) -> dict[str, list[str] | int]:
    """Everything, but of the log the number of entries: they are salted anew each time."""
    rows = rows_of(url)
    return rows | {"log_entry": len(rows["log_entry"])}


@pytest.mark.parametrize("step", [40, pytest.param(1, marks=pytest.mark.long)])
def test_an_erasure_killed_before_any_of_its_statements_is_not_begun_and_can_be_repeated(world, step):
    url = world.runtime.database.url
    world.runtime.database.dispose()
    before = _kept(url)

    def act(database):
        erase(replace(world, runtime=replace(world.runtime, database=database)))

    kills = 0
    for statement in count(1, step):
        if not killed_before(statement, url, act):
            break
        kills += 1
        assert _kept(url) == before
    erased = _kept(url)
    assert erased != before
    assert kills > 50 / step, "too few statements: this proved little"
    print(f"{kills} kills")
    with pytest.raises(PersonNotFound):
        erase(world)
    assert _kept(url) == erased


def test_a_second_address_takes_nothing_from_whoever_else_reads_it(world: World):
    """Anybody may name anybody's mailbox: what is kept of its owner must outlive the namer, what asked it must not."""
    here, other = world.runtime, "judge@elsewhere.example.org"
    at = here.clock.now()
    with here.transaction() as session:
        naming = Actor(owner_id(world), OWNER, frozenset(), at, at)
        name_second_address(
            owner_id(world), other, session=session, clock=here.clock, jobs=here.jobs, links=here.links, actor=naming
        )
        seat = session.scalars(select(Seat)).one()
        session.add(Seat(id=here.entropy.uuid(), panel_id=seat.panel_id, number=2, email=other, language="en", seed=2,
                         invited_at=at))  # fmt: skip
    here.mailer.send(Message(other, "Your code", "Dear judge", key="sign-in:judge"))
    run_jobs(here)
    spool = here.settings.spool_directory
    assert spool is not None
    assert len([file for file in spool.glob("*.eml") if str(owner_id(world)) in file.name]) == 1
    erase(world)
    assert [file.name for file in spool.glob("*.eml") if str(owner_id(world)) in file.name] == []
    assert (spool / "sign-in-judge.eml").exists()
    with here.reading() as session:
        assert session.scalars(select(Seat.email).order_by(Seat.number)).all() == [None, other]
