"""What a certificate's page costs the server, beside a bare Flask hello under the same server in the same run.

    python benchmarks/verify_page.py                    SQLite
    python benchmarks/verify_page.py --postgresql       a PostgreSQL of its own
    python benchmarks/verify_page.py --requests 500     fewer

Counted is the processor time of the server process (user and system), not the clock: requests per second of it. `cold`
asks for another certificate each time, none of which the process has seen; `hot` for the same one; `304` for the same
one with its ETag. Then a list of 1,000 codes, and how soon two server processes know of a revocation.
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import multiprocessing
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from pathlib import Path

import waitress
from flask import Flask

from app.credentials import did
from app.credentials.models import Credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason, Visibility
from app.factory import create_app
from app.foundation import policies
from app.foundation.access import operator
from app.foundation.clock import SystemClock
from app.foundation.db import Base, Database
from app.foundation.entropy import SystemEntropy
from app.foundation.links import Links
from app.foundation.logs import configure_logs
from app.foundation.mail import SpoolMailer
from app.foundation.rates import RatePolicy
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.transparency.head import LOG_HEAD, LogHead
from app.transparency.sign_checkpoint import number_entries, sign_checkpoint
from tests.app.credentials.awards import Desk
from tests.app.credentials.documents import SeedSigner
from tests.fakes import CollectedJobs
from tests.journeys.installation import free_port
from tests.postgres_server import fresh_postgres_database

HTML = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", "Accept-Language": "en"}
TICKS = os.sysconf("SC_CLK_TCK")
UNLIMITED = 10_000_000
LIST_LENGTH = 1000
GOALS = {"cold": {"sqlite": 30, "postgresql": 16}, "hot": 65, "304": 80}


def a_runtime(url: str, directory: Path) -> Runtime:
    settings = Settings(data=directory, secret_keys=("k" * 40,), base_url="http://localhost")
    clock = SystemClock()
    return Runtime(
        settings=settings,
        database=Database(url),
        clock=clock,
        entropy=SystemEntropy(),
        jobs=CollectedJobs(),
        links=Links(settings.secret_keys),
        mailer=SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock),
    )


def filled(runtime: Runtime, count: int) -> list[str]:
    """The codes of so many issued certificates; nobody is limited."""
    Base.metadata.create_all(runtime.database.writing)
    found = []
    with runtime.transaction() as session:
        rates = {limit.name: UNLIMITED for limit in fields(RatePolicy)}
        policies.set_policy(RatePolicy, rates, session=session, at=runtime.clock.now(), actor=operator())
        desk = Desk(session, runtime.clock, runtime.entropy, runtime.jobs)
        for _ in range(count):
            credential = desk.issued()
            credential.visibility = Visibility.UNLISTED
            found.append(credential.code)
    while True:
        with runtime.transaction() as session:
            if not number_entries(session=session):
                break
    with runtime.transaction() as session:  # the log's minute is over, as it is for nearly every certificate
        signer, head = SeedSigner("did:web:localhost#2026-11-0a0b0c0d"), LogHead(runtime.settings.data / LOG_HEAD)
        signer.algorithm = did.LOG
        sign_checkpoint("localhost/log", session=session, clock=runtime.clock, signer=signer, head=head)
    runtime.database.dispose()
    return found


def _hello() -> Flask:
    app = Flask("hello")
    app.add_url_rule("/", view_func=lambda: "<!doctype html><html lang=en><title>hello</title><h1>hello</h1>")
    return app


def _serve(url: str | None, directory: Path, port: int) -> None:
    configure_logs(logging.WARNING)
    app = create_app(a_runtime(url, directory)) if url else _hello()
    waitress.serve(app, host="127.0.0.1", port=port, threads=4, _quiet=True)


@contextmanager
def server(url: str | None, directory: Path) -> Iterator[tuple[int, int]]:
    """The port and process id of a server of its own."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, directory, port), daemon=True)
    process.start()
    try:
        for _ in range(300):
            try:
                ask(http.client.HTTPConnection("127.0.0.1", port), "/healthz")
            except OSError:
                time.sleep(0.1)
            else:
                break
        yield port, process.pid or 0
    finally:
        process.terminate()
        process.join()


def ask(connection: http.client.HTTPConnection, path: str, **headers: str) -> http.client.HTTPResponse:
    connection.request("GET", path, headers={**HTML, **headers})
    answer = connection.getresponse()
    answer.read()
    return answer


def cpu_seconds(pid: int) -> float:
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / TICKS


def per_cpu_second(pid: int, count: int, act: Callable[[int], object]) -> float:
    before = cpu_seconds(pid)
    for number in range(count):
        act(number)
    return count / (cpu_seconds(pid) - before)


def pages(hello: tuple[int, int], decile: tuple[int, int], codes: list[str], engine: str) -> None:
    (hello_port, hello_pid), (port, pid) = hello, decile
    bare = http.client.HTTPConnection("127.0.0.1", hello_port)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    warm, hot, *fresh = codes
    for _ in range(50):
        ask(bare, "/")
        etag = ask(connection, f"/c/{warm}").getheader("ETag") or ""
    many = len(fresh)
    floor = per_cpu_second(hello_pid, 3 * many, lambda _: ask(bare, "/"))
    told("hello", floor, floor, None)
    told("cold", per_cpu_second(pid, many, lambda n: ask(connection, f"/c/{fresh[n]}")), floor, GOALS["cold"][engine])
    etag = ask(connection, f"/c/{hot}").getheader("ETag") or ""
    told("hot", per_cpu_second(pid, many, lambda _: ask(connection, f"/c/{hot}")), floor, GOALS["hot"])
    again = ask(connection, f"/c/{hot}", **{"If-None-Match": etag})
    assert again.status == 304, again.status
    unchanged = per_cpu_second(pid, many, lambda _: ask(connection, f"/c/{hot}", **{"If-None-Match": etag}))
    told("304", unchanged, floor, GOALS["304"])
    after = per_cpu_second(hello_pid, 3 * many, lambda _: ask(bare, "/"))
    told("hello again", after, floor, None)


def told(name: str, rate: float, floor: float, goal: int | None) -> None:
    share = 100 * rate / floor
    verdict = "" if goal is None else f"goal {goal} %: {'reached' if share >= goal else 'MISSED'}"
    print(f"{name:<12} {rate:8.0f} per CPU second {share:6.1f} %  {verdict}")


def batch(port: int, pid: int, codes: list[str]) -> None:
    sent = json.dumps({"codes": (codes * LIST_LENGTH)[:LIST_LENGTH]})
    connection, before, started = http.client.HTTPConnection("127.0.0.1", port), cpu_seconds(pid), time.perf_counter()
    connection.request("POST", "/api/v1/verify/batch", sent, {"Content-Type": "application/json"})
    answer = json.loads(connection.getresponse().read())
    assert len(answer["entries"]) == LIST_LENGTH
    spent, cpu = time.perf_counter() - started, cpu_seconds(pid) - before
    print(
        f"a list of {LIST_LENGTH} ({min(len(codes), LIST_LENGTH)} different): {spent:.2f} s, {cpu:.2f} s of CPU; <= 10"
    )


def revocation(ports: list[int], code: str, runtime: Runtime) -> None:
    """Seconds from the commit of a revocation until each process says so; both had the page before."""
    connections = [http.client.HTTPConnection("127.0.0.1", port) for port in ports]
    etags = [ask(connection, f"/c/{code}").getheader("ETag") or "" for connection in connections for _ in range(3)][::3]
    with runtime.transaction() as session:
        row = session.query(Credential).filter_by(code=code).one()
        revoke_credential(
            row.id,
            RevocationReason.ISSUED_IN_ERROR,
            session=session,
            clock=runtime.clock,
            jobs=runtime.jobs,
            actor=operator(),
        )
    started = time.perf_counter()
    for number, (connection, etag) in enumerate(zip(connections, etags, strict=True), 1):
        while ask(connection, f"/c/{code}", **{"If-None-Match": etag}).getheader("Decile-Verdict") != "revoked":
            assert time.perf_counter() - started < 60
        print(f"process {number} knew of the revocation after {time.perf_counter() - started:.3f} s; <= 1")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1500)
    parser.add_argument("--postgresql", action="store_true")
    given = parser.parse_args()
    engine = "postgresql" if given.postgresql else "sqlite"
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = (
            stack.enter_context(fresh_postgres_database())
            if given.postgresql
            else f"sqlite:///{directory / 'bench.sqlite3'}"
        )
        runtime = a_runtime(url, directory)
        codes = filled(runtime, given.requests + 2)
        machine = f"{platform.machine()}, Python {platform.python_version()}"
        print(f"{machine}, waitress, {engine}, {given.requests} requests each")
        hello = stack.enter_context(server(None, directory))
        first, second = (stack.enter_context(server(url, directory)) for _ in range(2))
        pages(hello, first, codes, engine)
        batch(*first, codes)
        revocation([first[0], second[0]], codes[1], runtime)
        runtime.database.dispose()


if __name__ == "__main__":
    main()
