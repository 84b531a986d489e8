"""The same person in many windows at once, over real HTTP: one open sitting, one result, one credential, one truth.

The last bytes of parallel requests are sent together, so that they meet in the server and not on the way.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.accounts.models import Person
from app.assessment.models import FrozenSitting, Response, Sitting
from app.assessment.replay_sitting import replay_sitting
from app.awarding.models import Award, AwardDecision
from app.credentials.models import Credential
from app.foundation.audit import AuditEntry
from app.results.models import SkillResult
from tests.app.assessment.builders import SKILL
from tests.journeys.collaboration import Collaboration
from tests.journeys.insisting import InsistingPerson, Ledger
from tests.journeys.invariants import lost, stored_responses, unfinished_jobs
from tests.journeys.processes import installed
from tests.journeys.together import Answer, prepared, send_together

AT_ONCE = 8
WRITERS, TABS = 32, 2
WRITING_SECONDS = 5.0
PATIENCE_SECONDS = 60
MOST_SITTINGS = 3  # of the shipped policy, in twelve months
WRITES = 8  # from two tabs at one position
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


def somebody(world: Collaboration) -> InsistingPerson:
    person = InsistingPerson(world, next(_numbers), Ledger())
    person.sign_in_with_link()
    return person


def message(person: InsistingPerson, path: str, **options: Any) -> bytes:
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


@in_rounds(3, 100)
def test_case_021_eight_starts_at_once_begin_one_sitting(world, rounds):
    """A second sitting, because recording the consents with the first makes the eight wait for each other anyway."""
    for _ in range(rounds):
        person = somebody(world)
        leave(person, person.begin())
        answers = at_once(world, [starting(person)] * AT_ONCE)
        assert Counter(answer.status for answer in answers) == {303: AT_ONCE}
        _, sitting = sittings_of(world, person)
        assert {answer.headers["Location"] for answer in answers} == {f"/sittings/{sitting.id}"}
        assert how_many(world, AuditEntry.kind == "sitting.started", AuditEntry.subject == str(sitting.id)) == 1


@in_rounds(2, 100)
def test_case_022_of_many_who_take_the_last_start_of_the_year_one_succeeds(world, rounds):
    """Each window starts, and leaves at once what it was given: the one start left could be counted again and again."""
    for _ in range(rounds):
        person = somebody(world)
        for _ in range(MOST_SITTINGS - 1):
            leave(person, person.begin())
        together = Barrier(AT_ONCE)

        def start_and_leave(_window, person=person, together=together):
            together.wait()
            (answer,) = at_once(world, [starting(person)])
            if answer.status == 303:
                leave(person, UUID(answer.headers["Location"].rsplit("/", 1)[-1]))
            return answer.status

        with ThreadPoolExecutor(AT_ONCE) as pool:
            statuses = set(pool.map(start_and_leave, range(AT_ONCE)))
        assert 303 in statuses
        assert statuses <= {303, 403}
        assert len(sittings_of(world, person)) == MOST_SITTINGS
        answers = at_once(world, [starting(person)] * AT_ONCE)
        assert Counter(answer.status for answer in answers) == {403: AT_ONCE}
        assert len(sittings_of(world, person)) == MOST_SITTINGS


@in_rounds(2, 200)
def test_case_023_eight_completions_at_once_give_one_result_one_credential_and_the_same_answer(world, rounds):
    """Every response is sent by eight windows at once, the last, which completes the sitting, like all before it."""
    for _ in range(rounds):
        person = somebody(world)
        person.theta = 3.0
        sitting_id = person.begin()
        while (page := person.stands(sitting_id))["state"] == "open":
            value = world.answer(page["item"]["code"], person.theta, person.chance)
            body = {"position": page["position"], "client_sequence": 1, "value": value}
            answers = at_once(world, [responding(person, sitting_id, **body)] * AT_ONCE)
            assert Counter(answer.status for answer in answers) == {200: AT_ONCE}
            assert len({answer.text for answer in answers}) == 1
        settle(world)
        assert how_many(world, FrozenSitting.sitting_id == sitting_id) == 1
        assert how_many(world, SkillResult.sitting_id == sitting_id) == 1
        of_this = SkillResult.sitting_id == sitting_id
        assert how_many(world, AwardDecision.result_id == SkillResult.id, of_this) == 1
        assert how_many(world, Award.result_id == SkillResult.id, of_this) == 1
        signed = Credential.signed_document.is_not(None)
        assert how_many(world, Credential.sitting_id == sitting_id, signed) == 1
        with world.runtime.reading() as session:
            assert replay_sitting(sitting_id, session=session).matches


@in_rounds(3, 200)
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
