"""The levels of load L1 to L6, with a thousand people who did not begin together, against the real processes.

    python -m benchmarks.levels [--seconds 300] [--people 1000] [--levels 1 2 3 4 5 6] [--postgresql] [--proxy]

L1  everybody answers once in ten seconds
L2  96 people without a pause: the most that is taken, and what is said beyond it
L3  500 people begin within ten seconds
L4  500 people come to their end within a minute; how long until the result, and until the certificate is in the log
L5  L1 while two clients look at one certificate again and again, then at another one each time, at most a thousand
    times a second; with --proxy also through the shipped nginx in front, which keeps an answer for a second
L6  L1 while the worker recalibrates over a million responses of another skill

Connections are few and shared, as a proxy in front keeps them. Latency counts from the moment at which a request was
due. The client runs on the same processors as the server.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue
from uuid import UUID

import numpy as np
from sqlalchemy import select

from app.assessment.models import Sitting
from app.credentials.models import Credential
from app.foundation.access import operator
from app.norming import recalibrations
from app.norming.phases import calibrate
from app.results.models import SkillResult
from app.transparency.models import LogEntry
from benchmarks import recalibration
from benchmarks.load import MOST_AT_ONCE, Seen, Sitter, as_fast_as_they_can, shown_certificates
from tests.deploy.front import proxy
from tests.journeys.collaboration import WITHOUT_LIMITS, Collaboration
from tests.journeys.installation import free_port
from tests.journeys.invariants import unfinished_jobs
from tests.journeys.processes import installed

CONNECTIONS = 64
EVERY_SECONDS = 10  # one answer of each person
SHORTEST = 12  # answers of a sitting: whoever gave fewer is not near the end
SPREAD = 14  # answers of a usual sitting here
PATIENCE_SECONDS = 180
MOST_LOOKS = 1000  # a second, by both clients
RECALIBRATED = 1_000_000 // recalibration.ITEMS


def each_in_turn(
    world: Collaboration, due: Sequence[float], act: Callable[[int, float, http.client.HTTPConnection], object]
) -> None:
    """`act(number, when it was due, a connection)` for every second of `due`, counted from now, over few threads."""
    tickets: SimpleQueue[int | None] = SimpleQueue()
    for number in [*range(len(due)), *[None] * CONNECTIONS]:
        tickets.put(number)
    began = time.perf_counter() + 0.2

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", world.installation.port, timeout=120)
        while (number := tickets.get()) is not None:
            time.sleep(max(0.0, began + due[number] - time.perf_counter()))
            act(number, began + due[number], connection)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def spread(values: Sequence[float], unit: str = "ms") -> str:
    p50, p99, p999 = np.percentile(values, [50, 99, 99.9])
    return f"p50 {p50:.0f}, p99 {p99:.0f}, p99.9 {p999:.0f}, longest {max(values):.0f} {unit}"


def gather(world: Collaboration, people: int) -> list[Sitter]:
    """So many people, each at another place of their sitting."""
    began = time.perf_counter()
    sitters = [Sitter(world, number).begin() for number in range(people)]
    unseen = Seen()

    def advance(number: int, due: float, connection: http.client.HTTPConnection) -> None:
        for _ in range(number % SPREAD):
            time.sleep(sitters[number].respond(unseen, due, connection))

    each_in_turn(world, [number / 8 for number in range(people)], advance)
    print(f"{people} people came in {time.perf_counter() - began:.0f} s", flush=True)
    return sitters


def answering(world: Collaboration, sitters: list[Sitter], seconds: float) -> Seen:
    """L1, for so long."""
    seen, rate = Seen(), len(sitters) / EVERY_SECONDS
    due = [number / rate for number in range(int(rate * seconds))]
    each_in_turn(world, due, lambda number, at, over: sitters[number % len(sitters)].respond(seen, at, over))
    return seen


def show(level: str, seen: Seen, more: str = "") -> None:
    print(f"{level}: {spread(seen.milliseconds)}; answers {dict(seen.statuses)}{more}", flush=True)


def beginning(world: Collaboration, people: int, seconds: float) -> list[Sitter]:
    """L3."""
    sitters = [Sitter(world, 100_000 + number) for number in range(people)]
    took: list[float] = []

    def begin(number: int, due: float, _connection: http.client.HTTPConnection) -> None:
        sitters[number].begin()
        took.append((time.perf_counter() - due) * 1000)

    began = time.perf_counter()
    each_in_turn(world, [number * seconds / people for number in range(people)], begin)
    print(
        f"L3, {people} beginnings due within {seconds:.0f} s: all after {time.perf_counter() - began:.1f} s (goal 15); "
        f"{spread(took)} (goal p99 2,000)",
        flush=True,
    )
    return sitters


def ending(world: Collaboration, sitters: list[Sitter], seconds: float) -> None:
    """L4: everybody close to the end first, then one after the other to it."""
    before, seen = Seen(), Seen()
    for sitter in sitters:
        sitter.sits_once = True

    def approach(number: int, due: float, connection: http.client.HTTPConnection) -> None:
        for _ in range(SHORTEST - 1):
            time.sleep(sitters[number].respond(before, due, connection))

    def end(number: int, _due: float, connection: http.client.HTTPConnection) -> None:
        while not sitters[number].is_done:
            time.sleep(sitters[number].respond(seen, time.perf_counter(), connection))

    each_in_turn(world, [number / 8 for number in range(len(sitters))], approach)
    with numbered_entries(world) as numbered_at:
        each_in_turn(world, [number * seconds / len(sitters) for number in range(len(sitters))], end)
        to_result, to_signed, to_log = _await_certificates(
            world, {sitter.sitting_id for sitter in sitters}, numbered_at
        )
    show(f"L4, {len(sitters)} sittings ended within {seconds:.0f} s, each response", seen)
    print(f"  to the result: {spread(to_result, 's')} (goal p99 1)")
    print(f"  to the signed certificate: {spread(to_signed, 's')}; {len(to_signed)} of them")
    print(f"  to its number in the log: {spread(to_log, 's')} (goal 30)", flush=True)


@contextmanager
def numbered_entries(world: Collaboration) -> Iterator[dict[str, float]]:
    """When each entry of the log was first seen with a number, by its subject."""
    seen: dict[str, float] = {}
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.25):
            with world.runtime.reading() as session:
                query = select(LogEntry.subject).where(LogEntry.kind == "issue", LogEntry.number.is_not(None))
                for subject in session.scalars(query):
                    seen.setdefault(subject, time.time())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _await_certificates(
    world: Collaboration, sitting_ids: set[UUID], numbered_at: dict[str, float]
) -> tuple[list[float], list[float], list[float]]:
    """Seconds from the end of each sitting to its result, to the signature and to the number in the log."""
    _until(lambda: not unfinished_jobs(world.runtime.database), "jobs still wait")
    with world.runtime.reading() as session:
        ended = {one.id: one.completed_at for one in session.scalars(select(Sitting)) if one.id in sitting_ids}
        reported = {one.sitting_id: one.reported_at for one in session.scalars(select(SkillResult))}
        issued = [one for one in session.scalars(select(Credential)) if one.sitting_id in sitting_ids]
    _until(lambda: all(str(one.id) in numbered_at for one in issued), "certificates have no number in the log")
    return (
        [(reported[sitting_id] - at).total_seconds() for sitting_id, at in ended.items()],
        [(one.issued_at - ended[one.sitting_id]).total_seconds() for one in issued],
        [numbered_at[str(one.id)] - ended[one.sitting_id].timestamp() for one in issued],
    )


def _until(happened: Callable[[], bool], complaint: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{complaint} after {PATIENCE_SECONDS} s")
        time.sleep(0.5)


def looked_at(world: Collaboration, sitters: list[Sitter], seconds: float, port: int, *, others: bool) -> None:
    """L5: two clients look at certificates as fast as they are answered, up to the most, while everybody sits."""
    codes = shown_certificates(world)
    looks, over = Seen(), threading.Event()

    def look(first: int) -> None:
        connection, due = http.client.HTTPConnection("127.0.0.1", port, timeout=60), time.perf_counter()
        for number in itertools.count(first, 2):
            if over.wait(max(0.0, due - time.perf_counter())):
                return
            due = max(due + 2 / MOST_LOOKS, time.perf_counter() - 1)  # who was held up makes up for a second
            began = time.perf_counter()
            path = f"/c/{codes[number % len(codes) if others else 0]}"
            connection.request("GET", path, headers={"Host": f"localhost:{world.installation.port}"})
            answer = connection.getresponse()
            answer.read()
            looks.add(answer.status, (time.perf_counter() - began) * 1000, answer.headers.get("Retry-After"))

    threads = [threading.Thread(target=look, args=(first,)) for first in range(2)]
    for thread in threads:
        thread.start()
    seen = answering(world, sitters, seconds)
    over.set()
    for thread in threads:
        thread.join()
    which = f"{len(codes)} certificates in turn" if others else "one certificate again and again"
    through = "" if port == world.installation.port else ", through the proxy"
    show(f"L5, L1 beside looks at {which}{through}", seen, f"; looks: {looks.line(seconds)}")


def recalibrating(world: Collaboration, sitters: list[Sitter]) -> None:
    """L6: a million responses of another skill are brought in first; the worker does the rest."""
    runtime = world.runtime
    recalibration.bring_in(recalibration.SETTERS, recalibration.SEED, runtime.database)
    calibrate(
        recalibration.SKILL, actor=operator(), database=runtime.database, clock=runtime.clock, entropy=runtime.entropy
    )
    recalibration.bring_in(RECALIBRATED, recalibration.SEED + 1, runtime.database)
    begun, seen = time.monotonic(), Seen()
    recalibration_id = recalibration.begin(runtime.database, runtime.jobs)
    ended: list[float] = []

    def watch() -> None:
        while not ended:
            with runtime.reading() as session:
                found = recalibrations.recalibration(recalibration_id, session=session)
            if not found.is_open:
                ended.append(time.monotonic() - begun)
            time.sleep(0.2)

    thread = threading.Thread(target=watch)
    thread.start()
    while not ended:
        part = answering(world, sitters, 10)
        seen.statuses += part.statuses
        seen.milliseconds += part.milliseconds
    thread.join()
    show(f"L6, L1 beside a recalibration of {RECALIBRATED * recalibration.ITEMS:,} responses, {ended[0]:.0f} s", seen)


def measure(kind: str, people: int, seconds: float, rush: int, levels: set[int], *, proxied: bool) -> None:
    with (
        tempfile.TemporaryDirectory() as directory,
        installed(kind, Path(directory) / "data", WITHOUT_LIMITS) as world,
    ):
        sitters = gather(world, people)
        if 1 in levels:
            show(f"L1, {people / EVERY_SECONDS:.0f}/s for {seconds:.0f} s", answering(world, sitters, seconds))
        if 5 in levels:
            with ExitStack() as stack:
                ports = [world.installation.port]
                if proxied:
                    ports.append(free_port())
                    before, listen = [f"127.0.0.1:{ports[0]}"], f"127.0.0.1:{ports[1]}"
                    stack.enter_context(proxy(Path(directory) / "proxy", listen=listen, before=before))
                for port, others in itertools.product(ports, (False, True)):
                    looked_at(world, sitters, min(seconds, 30), port, others=others)
        if 6 in levels:
            recalibrating(world, sitters)
        if 2 in levels:
            full = as_fast_as_they_can(sitters[:MOST_AT_ONCE], 30)
            print(f"L2: {full.line(30)}; 503 without Retry-After: {full.without_retry_after}", flush=True)
        if levels & {3, 4}:
            newcomers = beginning(world, rush, 10)
        if 4 in levels:
            ending(world, newcomers, 60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rush", type=int, default=500, help="people of L3 and L4")
    parser.add_argument("--levels", type=int, nargs="+", default=list(range(1, 7)))
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--proxy", action="store_true", help="L5 also through nginx, which has to be installed")
    given = parser.parse_args()
    kind = "postgresql" if given.postgresql else "sqlite"
    print(f"{kind}, {os.cpu_count()} processors shared with the client, load {os.getloadavg()[0]:.1f}", flush=True)
    measure(kind, given.people, given.seconds, given.rush, set(given.levels), proxied=given.proxy)


if __name__ == "__main__":
    main()
