"""The same person in many windows at once, over real HTTP: one open sitting, one result, one credential, one truth.

The last bytes of parallel requests are sent together, so that they meet in the server and not on the way.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

from app.accounts.models import BrowserSession, Person, SignInRequest
from app.assessment.models import FrozenSitting, Response, Sitting
from app.assessment.replay_sitting import replay_sitting
from app.awarding.models import Award, AwardDecision, Outcome
from app.credentials.models import Credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import operator
from app.foundation.audit import AuditEntry
from app.results.models import SkillResult
from tests.app.assessment.builders import SKILL
from tests.journeys.collaboration import Collaboration
from tests.journeys.insisting import InsistingPerson, Ledger
from tests.journeys.invariants import lost, stored_responses, unfinished_jobs
from tests.journeys.pages import form_to
from tests.journeys.people import Person as Browser
from tests.journeys.processes import installed
from tests.journeys.together import Answer, prepared, send_together

AT_ONCE, CROWDED = 8, 64
WRITERS, TABS = 32, 2
WRITING_SECONDS = 5.0
PATIENCE_SECONDS = 60
OUTSTANDING = 3.0  # theta
MOST_TRIES = 5
MOST_SITTINGS = 3  # of the shipped policy, in twelve months
WRITES = 8  # from two tabs at one position
CODE, LINK = re.compile(r"\b(\d{3}) ?(\d{3})\b"), re.compile(r"http://\S+/sign-in/\S+")
AS_JSON = {"Accept": "application/json"}
_numbers = count()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def world(request, tmp_path_factory):
    """One installation for all tests of a kind; every test brings people of its own."""
    with installed(request.param, tmp_path_factory.mktemp("parallel") / "data") as world:
        yield world


def in_rounds(few: int, many: int) -> pytest.MarkDecorator:
    """A few in every run, many in a campaign."""
    return pytest.mark.parametrize("rounds", [few, pytest.param(many, marks=pytest.mark.long)])


def in_windows(few: int, many: int, crowded: int) -> pytest.MarkDecorator:
    """A few rounds of eight windows in every run; many of them, and some of sixty-four, in a campaign."""
    long = pytest.mark.long
    sizes = [(few, AT_ONCE), pytest.param(many, AT_ONCE, marks=long), pytest.param(crowded, CROWDED, marks=long)]
    return pytest.mark.parametrize(("rounds", "windows"), sizes)


def somebody(world: Collaboration) -> InsistingPerson:
    person = InsistingPerson(world, next(_numbers), Ledger())
    person.sign_in_with_link()
    return person


def somebody_with_a_credential(world: Collaboration) -> tuple[InsistingPerson, UUID]:
    """Somebody outstanding, and their credential; nearly always the first who sits."""
    for _ in range(MOST_TRIES):
        person = somebody(world)
        person.theta = OUTSTANDING
        sitting_id = person.sit()
        settle(world)
        with world.runtime.reading() as session:
            found = session.scalar(select(Credential.id).where(Credential.sitting_id == sitting_id))
        if found is not None:
            return person, found
    raise AssertionError(f"none of {MOST_TRIES} outstanding people earned a credential")


def message(person: Browser, path: str, **options: Any) -> bytes:
    return prepared(person.browser, "POST", person.installation.base_url + path, **options)


def starting(person: InsistingPerson) -> bytes:
    form = {"csrf_token": person.csrf, "consent_assessment": "1", "honesty": "1"}
    return message(person, f"/skills/{SKILL}/start", data=form)


def responding(person: InsistingPerson, sitting_id: UUID, **body: Any) -> bytes:
    headers = {"X-CSRFToken": person.csrf, **AS_JSON}
    return message(person, f"/sittings/{sitting_id}/responses", json=body, headers=headers)


def at_once(world: Collaboration, messages: list[bytes]) -> list[Answer]:
    answers = send_together(("127.0.0.1", world.installation.port), messages)
    assert [answer.text for answer in answers if answer.status >= 500] == []
    return answers


def leave(person: InsistingPerson, sitting_id: UUID) -> None:
    answer = person.insist("POST", f"/sittings/{sitting_id}/leave", data={"csrf_token": person.csrf})
    assert answer.status_code == 303


def sittings_of(world: Collaboration, person: InsistingPerson) -> list[Sitting]:
    query = select(Sitting).join(Person, Person.id == Sitting.person_id).where(Person.email == person.address)
    with world.runtime.reading() as session:
        return list(session.scalars(query.order_by(Sitting.started_at)))


def how_many(world: Collaboration, *conditions: Any) -> int:
    with world.runtime.reading() as session:
        return session.scalar(select(func.count()).where(*conditions))


def settle(world: Collaboration) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while unfinished_jobs(world.runtime.database):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@in_windows(3, 1000, 20)
def test_case_021_eight_starts_at_once_begin_one_sitting(world, rounds, windows):
    """A second sitting, because recording the consents with the first makes the eight wait for each other anyway."""
    for _ in range(rounds):
        person = somebody(world)
        leave(person, person.begin())
        answers = at_once(world, [starting(person)] * windows)
        assert Counter(answer.status for answer in answers) == {303: windows}
        _, sitting = sittings_of(world, person)
        assert {answer.headers["Location"] for answer in answers} == {f"/sittings/{sitting.id}"}
        assert how_many(world, AuditEntry.kind == "sitting.started", AuditEntry.subject == str(sitting.id)) == 1


@in_windows(2, 1000, 20)
def test_case_022_of_many_who_take_the_last_start_of_the_year_one_succeeds(world, rounds, windows):
    """Each window starts, and leaves at once what it was given: the one start left could be counted again and again."""
    for _ in range(rounds):
        person = somebody(world)
        for _ in range(MOST_SITTINGS - 1):
            leave(person, person.begin())
        together = Barrier(windows)

        def start_and_leave(_window, person=person, together=together):
            together.wait()
            (answer,) = at_once(world, [starting(person)])
            if answer.status == 303:
                leave(person, UUID(answer.headers["Location"].rsplit("/", 1)[-1]))
            return answer.status

        with ThreadPoolExecutor(windows) as pool:
            statuses = set(pool.map(start_and_leave, range(windows)))
        assert 303 in statuses
        assert statuses <= {303, 403}
        assert len(sittings_of(world, person)) == MOST_SITTINGS
        answers = at_once(world, [starting(person)] * windows)
        assert Counter(answer.status for answer in answers) == {403: windows}
        assert len(sittings_of(world, person)) == MOST_SITTINGS


@in_windows(2, 1000, 20)
def test_case_023_eight_completions_at_once_give_one_result_one_credential_and_the_same_answer(world, rounds, windows):
    """Every response is sent by eight windows at once, the last, which completes the sitting, like all before it.

    By chance one of some hundred outstanding people earns nothing: then there is no credential either, once.
    """
    earned = 0
    for _ in range(rounds):
        person = somebody(world)
        person.theta = OUTSTANDING
        sitting_id = person.begin()
        while (page := person.stands(sitting_id))["state"] == "open":
            value = world.answer(page["item"]["code"], person.theta, person.chance)
            body = {"position": page["position"], "client_sequence": 1, "value": value}
            answers = at_once(world, [responding(person, sitting_id, **body)] * windows)
            assert Counter(answer.status for answer in answers) == {200: windows}
            assert len({answer.text for answer in answers}) == 1
        settle(world)
        assert how_many(world, FrozenSitting.sitting_id == sitting_id) == 1
        assert how_many(world, SkillResult.sitting_id == sitting_id) == 1
        of_this = SkillResult.sitting_id == sitting_id
        with world.runtime.reading() as session:
            decided = select(AwardDecision.outcome).where(AwardDecision.result_id == SkillResult.id, of_this)
            is_awarded = session.scalars(decided).one() is Outcome.AWARDED
            assert replay_sitting(sitting_id, session=session).matches
        assert how_many(world, Award.result_id == SkillResult.id, of_this) == is_awarded
        signed = Credential.signed_document.is_not(None)
        assert how_many(world, Credential.sitting_id == sitting_id, signed) == is_awarded
        earned += is_awarded
    print(f"{earned} of {rounds} sittings earned a credential")
    assert earned >= 0.9 * rounds


@pytest.mark.long
@in_windows(1, 1000, 20)
def test_link_and_code_of_one_mail_used_in_many_windows_at_once_sign_in_once(world, rounds, windows):
    """Half of them in the browser that asked, with the code; half in another, with the link."""
    person = somebody(world)
    for _ in range(rounds):
        asking, opening = Browser(world.installation, person.address), Browser(world.installation, person.address)
        former, before = world.installation.mails_so_far(person.address), sign_ins_of(world, person)
        ask_again(world, person)
        page = asking.fill_in(asking.get("/sign-in"), "/sign-in", email=person.address)
        _, mail = world.installation.mail_to(person.address, not_in=former)
        code, link = CODE.search(mail.get_content()), LINK.search(mail.get_content())
        by_code = {**form_to(page.text, "/sign-in/code").fields, "code": "".join(code.groups())}
        shown = opening.get(link[0])
        by_link = {**form_to(shown.text, "/sign-in/confirm").fields, "meant": "yes"}
        messages = [
            message(asking, "/sign-in/code", data=by_code),
            message(opening, "/sign-in/confirm", data=by_link),
        ] * (windows // 2)
        answers = at_once(world, messages)
        assert Counter(answer.status for answer in answers)[303] == 1, Counter(answer.status for answer in answers)
        assert sign_ins_of(world, person) == before + 1


def sign_ins_of(world: Collaboration, person: InsistingPerson) -> int:
    return how_many(world, BrowserSession.person_id == Person.id, Person.email == person.address)


def ask_again(world: Collaboration, person: InsistingPerson) -> None:
    """As if the minute and the hour were over in which asking again is the same request, and few are mailed."""
    with world.writing, world.runtime.transaction() as session:
        session.execute(delete(SignInRequest).where(SignInRequest.email == person.address))


@pytest.mark.long
@in_windows(1, 1000, 20)
def test_many_who_verify_while_it_is_revoked_see_it_valid_or_revoked_and_then_revoked(world, rounds, windows):
    tools = {"clock": world.runtime.clock, "jobs": world.runtime.jobs, "actor": operator()}
    for _ in range(rounds):
        person, credential_id = somebody_with_a_credential(world)
        with world.writing, world.runtime.transaction() as session:
            credential = session.get_one(Credential, credential_id)
            credential.visibility, code = "unlisted", credential.code
        asking = message(person, "/verify", json={"code": code}, headers=AS_JSON)
        with ThreadPoolExecutor(1) as pool:
            answers = pool.submit(at_once, world, [asking] * windows)
            with world.writing, world.runtime.transaction() as session:
                revoke_credential(credential.id, RevocationReason.ISSUED_IN_ERROR, session=session, **tools)
            verdicts = {json.loads(answer.text)["verdict"] for answer in answers.result()}
        assert verdicts <= {"valid", "revoked"}
        (after,) = at_once(world, [asking])
        assert json.loads(after.text)["verdict"] == "revoked"
        settle(world)
        assert how_many(world, AuditEntry.kind == "credential.revoked", AuditEntry.subject == str(credential.id)) == 1


@in_rounds(3, 5000)
def test_case_007_of_writes_from_two_tabs_in_any_order_the_newest_acknowledged_stands(world, rounds):
    """Eight writes with duplicates, shuffled over two tabs that send at once; then a late copy of an old one."""
    person = somebody(world)
    sitting_id, shuffle = person.begin(), random.Random(7)
    for _ in range(rounds):
        page = person.stands(sitting_id)
        if page["state"] != "open":
            sitting_id = (person := somebody(world)).begin()
            page = person.stands(sitting_id)
        position, chance = page["position"], person.chance
        values = {
            sequence: world.answer(page["item"]["code"], float(chance.normal(0, 3)), chance)
            for sequence in range(1, WRITES + 1)
        }
        writes = [*values, *shuffle.sample(sorted(values), WRITES // 2)]
        shuffle.shuffle(writes)
        for tabs in range(0, len(writes), TABS):
            pair = [
                responding(person, sitting_id, position=position, client_sequence=n, value=values[n], confirm=False)
                for n in writes[tabs : tabs + TABS]
            ]
            assert {answer.status for answer in at_once(world, pair)} == {200}
        kept = person.stands(sitting_id)
        assert (kept["client_sequence"], kept["value"]) == (WRITES, values[WRITES])
        person.confirm(sitting_id, position, WRITES + 1, values[WRITES])
        late = {"position": position, "client_sequence": 3, "value": values[3]}
        (answer,) = at_once(world, [responding(person, sitting_id, **late)])
        assert answer.status == 409
        assert lost(person.ledger, world.runtime.database) == {}


def test_case_008_what_comes_after_the_end_changes_nothing_and_is_told_what_counts(world):
    person = somebody(world)
    sitting_id = person.begin()
    while (page := person.stands(sitting_id))["state"] == "open":
        last = page
        value = world.answer(page["item"]["code"], person.theta, person.chance)
        person.confirm(sitting_id, page["position"], 1, value)
    before = {place: kept for place, kept in stored_responses(world.runtime.database).items() if place[0] == sitting_id}
    other = next(
        said
        for said in (world.answer(last["item"]["code"], theta, person.chance) for theta in (-6.0, 6.0))
        if said != value
    )

    stale = {"position": last["position"], "client_sequence": 2, "value": other}
    (as_program,) = at_once(world, [responding(person, sitting_id, **stale)])
    form = person.form(last["position"], 2, other)
    as_person = person.insist("POST", f"/sittings/{sitting_id}/responses", data=form)

    with world.runtime.reading() as session:
        sha256 = session.scalar(select(FrozenSitting.sha256).where(FrozenSitting.sitting_id == sitting_id))
    assert (as_program.status, as_person.status_code) == (409, 409)
    assert sha256[:12] in as_program.text
    assert sha256[:12] in as_person.text
    after = {place: kept for place, kept in stored_responses(world.runtime.database).items() if place[0] == sitting_id}
    assert after == before
    assert how_many(world, AuditEntry.kind == "sitting.continued_elsewhere", AuditEntry.subject == str(sitting_id)) == 2


def test_case_086_many_who_write_at_once_meet_no_fault(world):
    """Thirty-two windows, two of each person, save drafts for five seconds; the worker does its work meanwhile."""
    people = [somebody(world) for _ in range(WRITERS // TABS)]
    sittings = [person.begin() for person in people]
    codes = [person.stands(sitting_id)["item"]["code"] for person, sitting_id in zip(people, sittings, strict=True)]
    value_of = {code: world.answer(code, 0.0, people[0].chance) for code in set(codes)}
    together, statuses = Barrier(WRITERS + 1), Counter()

    def write(window):
        number, tab = divmod(window, TABS)
        person, sitting_id, code = people[number], sittings[number], codes[number]
        seen, sequence = [], tab + 1
        headers = {"X-CSRFToken": person.csrf, "Cookie": f"decile={person.browser.cookies['decile']}", **AS_JSON}
        session = InsistingPerson(world, next(_numbers), person.ledger).browser
        url = f"{world.installation.base_url}/sittings/{sitting_id}/responses/1/draft"
        together.wait()
        until = time.monotonic() + WRITING_SECONDS
        while time.monotonic() < until:
            body = {"client_sequence": sequence, "value": value_of[code]}
            seen.append(session.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS).status_code)
            sequence += TABS
        return seen

    with ThreadPoolExecutor(WRITERS) as pool:
        doing = [pool.submit(write, window) for window in range(WRITERS)]
        together.wait()
        for done in doing:
            statuses.update(done.result())
    print(f"{sum(statuses.values())} writes in {WRITING_SECONDS:.0f} s: {dict(statuses)}")
    assert set(statuses) == {200}
    assert how_many(world, Response.sitting_id.in_(sittings)) == len(sittings)
