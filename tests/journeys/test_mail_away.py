"""The mail server is away, busy, silent or rude while people sit and others wait for a code: only mail waits for it."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from app.assessment.models import Sitting
from app.awarding.models import AwardDecision
from app.credentials.models import Credential
from app.results.models import SkillResult
from tests.journeys import collaboration
from tests.journeys.collaboration import Collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.installation import Installation
from tests.journeys.mail_server import MailServer, Manner
from tests.journeys.people import Person
from tests.journeys.processes import PROCESSES, start
from tests.journeys.test_kill_minus_nine import settle

MANNERS = (Manner.GOOD, Manner.AWAY, Manner.LATER, Manner.HANGS, Manner.RUDE)
ASK_AT_ONCE = 12  # more than the jobs that a worker does side by side
SITTINGS = 3  # completed under each manner
MOST_SECONDS = 5.0  # from the end of a sitting to its credential, on a machine that others use too
PATIENCE_SECONDS = 180


@dataclass
class Seen:
    """What people waited for under one manner."""

    answers: list[float] = field(default_factory=list)
    credentials: list[float] = field(default_factory=list)


@pytest.mark.long
@pytest.mark.parametrize("rounds", [1, 20])
def test_case_089_whatever_the_mail_server_does_results_go_on_and_no_mail_comes_twice(
    rounds, tmp_path, record_property
):
    installation = Installation(tmp_path / "data", policy=collaboration.POLICY)
    with MailServer() as server:
        installation.environment["DECILE_MAIL_URL"] = f"smtp://127.0.0.1:{server.port}"
        world = collaboration.prepare(installation)
        asked, seen = [], {manner: Seen() for manner in MANNERS}
        with installation:
            start(installation, *PROCESSES)
            with Crowd(world) as crowd:
                for number in range(rounds * len(MANNERS)):
                    manner = MANNERS[number % len(MANNERS)]
                    server.behave(manner)
                    asked += [ask_for_a_code(installation, f"{number}-{n}") for n in range(ASK_AT_ONCE)]
                    sit_under(seen[manner], crowd)
                crowd.leave()
            server.behave(Manner.GOOD)
            await_mail(server, installation, set(asked))
            settle(world, crowd.ledger)
        world.dispose()
    for manner, waits in seen.items():
        p99 = np.quantile(waits.answers, 0.99)
        line = f"{manner}: answers p50 {statistics.median(waits.answers) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
        line += f"; from the end to the credential at most {max(waits.credentials):.1f} s"
        print(line)
        record_property("mail", line)
    assert max(max(waits.credentials) for waits in seen.values()) <= MOST_SECONDS
    assert set(server.times_taken().values()) == {1}
    assert sorted(address for address, _ in server.taken) == sorted(asked)


def ask_for_a_code(installation: Installation, name: str) -> str:
    """Somebody who would sign in by mail; their address."""
    person = Person(installation, f"waits-{name}@example.org")
    person.fill_in(person.get("/sign-in"), "/sign-in", email=person.address)
    return person.address


def sit_under(seen: Seen, crowd: Crowd) -> None:
    """Until some sittings are over, and decided; what people waited."""
    answered, before = len(crowd.ledger.seconds), set(crowd.ledger.completed)
    for done in range(1, SITTINGS + 1):
        crowd.wait_for(lambda done=done: len(crowd.ledger.completed - before) >= done)
        began = time.monotonic()
        mine = set(crowd.ledger.completed) - before
        crowd.wait_for(lambda mine=mine: mine <= decided(crowd.world))
        seen.credentials.append(time.monotonic() - began)
    seen.answers += crowd.ledger.seconds[answered:]


def decided(world: Collaboration) -> set[UUID]:
    """Sittings whose award was refused, or whose credential is signed."""
    query = (
        select(Sitting.id)
        .join(SkillResult, SkillResult.sitting_id == Sitting.id)
        .join(AwardDecision, AwardDecision.result_id == SkillResult.id)
        .outerjoin(Credential, Credential.sitting_id == Sitting.id)
        .where((AwardDecision.outcome != "awarded") | Credential.signed_document.is_not(None))
    )
    with world.runtime.reading() as session:
        return set(session.scalars(query))


def await_mail(server: MailServer, installation: Installation, asked: set[str]) -> None:
    """Until everybody has theirs."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while asked - {address for address, _ in server.taken}:
        assert time.monotonic() < deadline, f"{len(asked)} asked, {len(server.taken)} came"
        time.sleep(0.2)
