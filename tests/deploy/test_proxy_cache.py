"""Certificates behind the shipped proxy: what it answers by itself for a second, and what it never does."""

from __future__ import annotations

import http.client
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.credentials.models import Credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason, Visibility
from app.foundation.access import operator
from tests.app.api.conftest import made_world, world
from tests.app.api.world import OWNER, World
from tests.browser.exhibition import serve
from tests.deploy.front import proxy
from tests.journeys.installation import free_port

__all__ = ["made_world", "world"]

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed; nothing is in front")
PAGE = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"}


@dataclass
class Front:
    """A world behind the proxy, and what reached the application."""

    world: World
    port: int
    asked: Counter[str] = field(default_factory=Counter)

    def get(self, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, headers={**PAGE, "Host": "localhost", **named})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body


@pytest.fixture
def front(world: World, tmp_path: Path) -> Iterator[Front]:
    show(world, Visibility.PUBLIC)
    behind, here = free_port(), Front(world, free_port())
    application = world.app.wsgi_app

    def counted(environ: dict[str, Any], start: Any) -> Any:
        here.asked[f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"] += 1
        return application(environ, start)

    world.app.wsgi_app = counted  # type: ignore[method-assign]
    with ExitStack() as stack:
        stack.enter_context(serve(world.app, behind))
        stack.enter_context(proxy(tmp_path / "proxy", listen=f"127.0.0.1:{here.port}", before=[f"127.0.0.1:{behind}"]))
        yield here


def show(world: World, visibility: Visibility) -> None:
    with world.runtime.transaction() as session:
        session.query(Credential).filter_by(code=world.facts.code).one().visibility = visibility


def begin_a_second() -> None:
    """nginx's clock ticks once a second: what is asked right after a tick is kept for nearly two."""
    time.sleep(1 - time.time() % 1)


def test_of_many_looks_in_a_second_one_reaches_the_application(front: Front):
    path = f"/c/{front.world.facts.code}"
    begin_a_second()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: front.get(path), range(200)))
    assert {answer.status for answer, _ in answers} == {200}
    assert len({body for _, body in answers}) == 1
    assert front.asked.total() <= 3, front.asked  # one a second, on a machine that takes its time
    answer, _ = answers[-1]
    assert answer.headers["Cache-Control"] == "private, no-cache", "browsers ask again each time, as before"
    assert answer.headers["X-Accel-Expires"] is None, "between us and the proxy alone"
    assert answer.headers["Decile-Verdict"] == "specimen"
    assert limits(answer) == []


def test_nobody_reads_how_much_another_may_still_ask(front: Front):
    path = f"/c/{front.world.facts.code}"
    behind = front.world.app.test_client().get(path, headers=PAGE)
    assert "x-ratelimit-remaining" in limits(behind), "else nothing is hidden"
    for headers in ({}, {"Cookie": "a=b"}):
        assert limits(front.get(path, **headers)[0]) == []


def limits(answer: http.client.HTTPResponse | TestResponse) -> list[str]:
    return [name.lower() for name, _ in answer.headers.items() if name.lower().startswith("x-ratelimit")]


def test_what_was_seen_before_is_answered_in_a_line(front: Front):
    path = f"/c/{front.world.facts.code}"
    begin_a_second()
    first, _ = front.get(path)
    again, body = front.get(path, If_None_Match=first.headers["ETag"])
    assert (again.status, body, front.asked.total()) == (304, b"", 1)
    assert again.headers["Cache-Control"] == "private, no-cache"


def test_a_revocation_shows_within_two_seconds(front: Front):
    world, path = front.world, f"/c/{front.world.facts.code}"
    here = world.runtime
    begin_a_second()
    assert front.get(path)[0].headers["Decile-Verdict"] == "specimen"
    with here.transaction() as session:
        row = session.query(Credential).filter_by(code=world.facts.code).one()
        revoke_credential(row.id, RevocationReason.ISSUED_IN_ERROR, session=session, clock=here.clock, jobs=here.jobs,
                          actor=operator())  # fmt: skip
    began = time.monotonic()
    while front.get(path)[0].headers["Decile-Verdict"] == "specimen":
        assert time.monotonic() - began < 2.5
        time.sleep(0.02)


def test_what_one_reader_asked_with_reaches_no_other(front: Front):
    path = f"/c/{front.world.facts.code}"
    begin_a_second()
    assert b"case=4711" in front.get(f"{path}?case=4711")[1]
    for query in ("", "?language=en", "?case=4712"):
        assert b"4711" not in front.get(f"{path}{query}")[1]
    assert front.asked.total() == 4


def test_each_language_and_type_has_an_answer_of_its_own(front: Front):
    path = f"/c/{front.world.facts.code}"
    begin_a_second()
    for _ in range(2):
        assert b'lang="en"' in front.get(path)[1]
        assert b'lang="fr"' in front.get(path, Accept_Language="fr")[1]
        assert front.get(path, Accept="application/json")[1].startswith(b"{")
    assert front.asked.total() == 3


def test_who_sends_a_cookie_is_always_answered_by_the_application_and_for_nobody_else(front: Front):
    path, signed_in = f"/c/{front.world.facts.code}", front.world.browser(OWNER).get_cookie("decile")
    cookie = signed_in.value
    begin_a_second()
    for _ in range(3):
        assert b"My place" in front.get(path, Cookie=f"decile={cookie}")[1]
    assert front.asked.total() == 3
    assert b"My place" not in front.get(path)[1]
    assert front.asked.total() == 4, "nothing of what the holder saw was kept"
    assert b"My place" in front.get(path, Cookie=f"decile={cookie}")[1]
    assert front.asked.total() == 5, "nor is the strangers' page handed to the holder"


def test_what_is_not_shown_is_never_kept(front: Front):
    path = f"/c/{front.world.facts.code}"
    show(front.world, Visibility.PRIVATE)
    assert [front.get(path)[0].status for _ in range(3)] == [404] * 3
    assert front.asked.total() == 3
    show(front.world, Visibility.PUBLIC)
    assert front.get(path)[0].status == 200, "opened, it shows at once"


def test_a_head_is_no_look(front: Front):
    path = f"/c/{front.world.facts.code}"
    begin_a_second()
    assert front.get(path, method="HEAD")[0].status == 200
    assert front.asked == {f"HEAD {path}": 1}


def test_a_language_chosen_by_the_address_sets_its_cookie_each_time(front: Front):
    path = f"/c/{front.world.facts.code}?language=fr"
    begin_a_second()
    for _ in range(2):
        answer, body = front.get(path)
        assert b'lang="fr"' in body
        assert "language=fr" in answer.headers["Set-Cookie"]
    assert front.asked.total() == 2
