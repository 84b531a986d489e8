"""Responses under load against the real web process: steady rate, saturation, and processor time beside a bare Flask.

    python -m benchmarks.load [--rate 100] [--seconds 60] [--postgresql]
    python -m benchmarks.load --seconds 1800          # the half-hour

A response here is the program's call that stores it, updates the posterior and stores the next item. People sit one
sitting after another; what is asked next is read from the database, so that the server does nothing else. The client
runs on the same processors as the server: latencies and saturation are those of both together. Latency counts from
the moment at which a response was due, so a stall is charged to every response that waited behind it.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, update

from app.assessment.models import Presentation
from app.credentials.models import Credential
from app.credentials.states import Visibility
from app.foundation.db import table_of
from tests.journeys.collaboration import WITHOUT_LIMITS, Collaboration
from tests.journeys.insisting import InsistingPerson, Ledger
from tests.journeys.installation import free_port
from tests.journeys.processes import installed

PEOPLE = 32
MOST_AT_ONCE = 96  # connections of the saturation
_PRESENTATION = table_of(Presentation)
SHOWN = select(_PRESENTATION.c.item_code).where(
    _PRESENTATION.c.sitting_id == bindparam("sitting_id"), _PRESENTATION.c.position == bindparam("position")
)
GOALS = {"sqlite": 0.25, "postgresql": 0.12}
P99_GOAL_MS = 100
HELLO = """
import sys
from flask import Flask, jsonify, request
import waitress
app = Flask("hello")
@app.post("/hello")
def hello():
    return jsonify(hello=request.get_json()["value"])
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=8, _quiet=True)
"""


def processor_ms(pid: int) -> float:
    """Of all threads there are now, to the nanosecond: a hello takes a thirtieth of the kernel's tick."""
    return sum(int(file.read_text().split()[0]) for file in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e6


@dataclass
class Seen:
    """What came back."""

    statuses: Counter[int] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    without_retry_after: int = 0

    def add(self, status: int, milliseconds: float, retry_after: str | None) -> None:
        self.statuses[status] += 1
        if status == 200:
            self.milliseconds.append(milliseconds)
        self.without_retry_after += status == 503 and retry_after is None

    def line(self, seconds: float) -> str:
        p50, p99 = np.percentile(self.milliseconds, [50, 99]) if self.milliseconds else (0.0, 0.0)
        good = self.statuses[200] / seconds
        return f"{good:.0f} responses/s, p50 {p50:.0f} ms, p99 {p99:.0f} ms, answers {dict(self.statuses)}"


class Sitter:
    """One person who is signed in, and always in a sitting unless told to sit only once."""

    def __init__(self, world: Collaboration, number: int) -> None:
        self.world, self.person = world, InsistingPerson(world, number, Ledger())
        self.person.sign_in_with_link()
        self.connection = http.client.HTTPConnection("127.0.0.1", world.installation.port, timeout=60)
        self.body: dict[str, Any] = {}
        self.starts_ms = 0.0
        self.sits_once = self.is_done = False

    def begin(self) -> Sitter:
        web = self.world.installation.processes["web"].pid
        before = processor_ms(web)
        self.sitting_id, self.position = self.person.begin(), 1
        self.starts_ms += processor_ms(web) - before
        self.person.browser.close()  # its connections; a thousand people would use up the server's
        self.headers = {
            "Host": f"localhost:{self.world.installation.port}",
            "Cookie": self._cookies(),
            "User-Agent": str(self.person.browser.headers["User-Agent"]),
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-CSRFToken": self.person.csrf,
        }
        self.prepare()
        return self

    def _cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.person.browser.cookies)

    def _keep_cookies(self, lines: Sequence[str]) -> None:
        """As a browser does. With an old cookie every request would be written down as use, not one in five minutes."""
        changed = {name: cookie.value for line in lines for name, cookie in SimpleCookie(line).items()}
        for cookie in self.person.browser.cookies:
            cookie.value = changed.get(cookie.name, cookie.value)
        self.headers["Cookie"] = self._cookies()

    def prepare(self) -> None:
        """Think of the answer before it is due."""
        place = {"sitting_id": self.sitting_id, "position": self.position}
        with self.world.runtime.database.looking() as connection:
            code = connection.scalar(SHOWN, place)
        value = self.world.answer(str(code), self.person.theta, self.person.chance)
        self.body = {"position": self.position, "client_sequence": 1, "value": value}

    def respond(self, seen: Seen, due: float, connection: http.client.HTTPConnection | None = None) -> float:
        """Seconds to wait before the next attempt, where the server says so."""
        path, connection = f"/sittings/{self.sitting_id}/responses", connection or self.connection
        connection.request("POST", path, json.dumps(self.body), self.headers)
        answer = connection.getresponse()
        body = answer.read()
        retry_after = answer.headers.get("Retry-After")
        seen.add(answer.status, (time.perf_counter() - due) * 1000, retry_after)
        if changed := answer.headers.get_all("Set-Cookie"):
            self._keep_cookies(changed)
        if answer.status != 200:
            return float(retry_after or 0)
        recorded = json.loads(body)
        if recorded["state"] == "open":
            self.position = recorded["current_position"]
            self.prepare()
        elif self.sits_once:
            self.is_done = True
        else:
            self.begin()
        return 0.0


def at_a_rate(sitters: list[Sitter], rate: float, seconds: float) -> Seen:
    """Responses due at even distances, whether or not the former ones were answered."""
    seen, ticket, lock = Seen(), iter(range(int(rate * seconds))), threading.Lock()
    began = time.perf_counter() + 0.1

    def work(sitter: Sitter) -> None:
        while True:
            with lock:
                number = next(ticket, None)
            if number is None:
                return
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            sitter.respond(seen, due)

    _together([threading.Thread(target=work, args=(sitter,)) for sitter in sitters])
    return seen


def as_fast_as_they_can(sitters: list[Sitter], seconds: float) -> Seen:
    seen, until = Seen(), time.perf_counter() + seconds

    def work(sitter: Sitter) -> None:
        while time.perf_counter() < until:
            time.sleep(sitter.respond(seen, time.perf_counter()))

    _together([threading.Thread(target=work, args=(sitter,)) for sitter in sitters])
    return seen


def _together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def shown_certificates(world: Collaboration) -> Sequence[str]:
    """The codes of all that were issued so far, opened to whoever has their link."""
    issued = Credential.signed_document.is_not(None)
    with world.runtime.transaction() as session:
        session.execute(update(Credential).where(issued).values(visibility=Visibility.UNLISTED))
        return session.scalars(select(Credential.code).where(issued).order_by(Credential.code)).all()


class Hello:
    """A bare Flask application behind the same server."""

    def __init__(self) -> None:
        port = free_port()
        self.process = subprocess.Popen([sys.executable, "-c", HELLO, str(port)])
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        _wait_for(self.connection)

    def ask(self, times: int = 1) -> None:
        for number in range(times):
            body = json.dumps({"value": number})
            self.connection.request("POST", "/hello", body, {"Content-Type": "application/json"})
            self.connection.getresponse().read()


def beside_hello(sitter: Sitter, web: int, seconds: float) -> tuple[Seen, float, float]:
    """Server processor milliseconds of a hello and of a response, asked in turn: both find caches equally cold."""
    hello, seen = Hello(), Seen()
    try:
        hello.ask(200)
        hello_before, before, starts_before = processor_ms(hello.process.pid), processor_ms(web), sitter.starts_ms
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            hello.ask()
            sitter.respond(seen, time.perf_counter())
        asked, responses = seen.statuses.total(), seen.statuses[200]
        starts = sitter.starts_ms - starts_before
        return (
            seen,
            (processor_ms(hello.process.pid) - hello_before) / asked,
            (processor_ms(web) - before - starts) / responses,
        )
    finally:
        hello.process.terminate()
        hello.process.wait()


def _wait_for(connection: http.client.HTTPConnection) -> None:
    for _ in range(200):
        try:
            connection.connect()
        except OSError:
            time.sleep(0.05)
        else:
            return


def measure(kind: str, rate: float, seconds: float) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        installed(kind, Path(directory) / "data", WITHOUT_LIMITS) as world,
    ):
        web = world.installation.processes["web"].pid
        sitters = [Sitter(world, number).begin() for number in range(PEOPLE)]
        as_fast_as_they_can(sitters[:2], 3)  # caches filled, code loaded

        few, hello, one = beside_hello(sitters[0], web, min(20.0, seconds))
        print(f"alone: {few.line(min(20.0, seconds))}")
        print(f"server processor: hello {hello:.2f} ms, response {one:.2f} ms: {hello / one:.0%} of a hello's rate per "
              f"processor second (goal {GOALS[kind]:.0%})")  # fmt: skip

        before = processor_ms(web)
        steady = at_a_rate(sitters, rate, seconds)
        used = (processor_ms(web) - before) / 1000 / seconds
        print(f"{rate:.0f}/s for {seconds:.0f} s: {steady.line(seconds)}; web used {used:.0%} of one processor "
              f"(goal p99 {P99_GOAL_MS} ms, 0 errors)")  # fmt: skip

        for count in (8, PEOPLE):
            print(f"{count} people without a pause: {as_fast_as_they_can(sitters[:count], 15).line(15)}")
        crowd = sitters + [Sitter(world, number).begin() for number in range(PEOPLE, MOST_AT_ONCE)]
        full = as_fast_as_they_can(crowd, 15)
        print(
            f"{MOST_AT_ONCE} people without a pause, who wait when told to: {full.line(15)}; "
            f"503 without Retry-After: {full.without_retry_after}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    kind = "postgresql" if options.postgresql else "sqlite"
    print(
        f"{kind}, {os.cpu_count()} processors shared with the client, load average {os.getloadavg()[0]:.1f}", flush=True
    )
    measure(kind, options.rate, options.seconds)


if __name__ == "__main__":
    main()
