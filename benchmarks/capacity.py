"""What one sitting and one verification cost: processor time of the real processes, and bytes in the database.

Processor time, unlike seconds, hardly changes when others use the machine. docs/scaling.md multiplies these figures.

    python -m benchmarks.capacity [--sittings 60] [--postgresql]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import requests
from sqlalchemy import select, text

from app.credentials.models import Credential
from tests.journeys.collaboration import Collaboration
from tests.journeys.insisting import InsistingPerson, Ledger
from tests.journeys.invariants import unfinished_jobs
from tests.journeys.processes import installed

TICKS = os.sysconf("SC_CLK_TCK")
READINGS = 300


def processor_ms(world: Collaboration, name: str) -> float:
    """Processor time that one of our processes has used so far."""
    fields = Path(f"/proc/{world.installation.processes[name].pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS * 1000


def stored_bytes(world: Collaboration) -> int:
    database = world.runtime.database
    with database.reading() as session:
        if not database.is_sqlite:
            return int(session.scalar(text("SELECT pg_database_size(current_database())")))
        return int(session.scalar(text("PRAGMA page_count")) * session.scalar(text("PRAGMA page_size")))


def sit(world: Collaboration, numbers: range, ledger: Ledger) -> None:
    for number in numbers:
        person = InsistingPerson(world, number, ledger)
        person.sign_in_with_link()
        person.sit()
    while unfinished_jobs(world.runtime.database):
        time.sleep(0.1)


def measure(world: Collaboration, sittings: int) -> None:
    ledger = Ledger()
    sit(world, range(5), ledger)  # caches filled, code loaded
    before = {name: processor_ms(world, name) for name in ("web", "worker-0")}
    bytes_before, answered_before = stored_bytes(world), ledger.acknowledged
    sit(world, range(5, 5 + sittings), ledger)
    answered = ledger.acknowledged - answered_before
    web, worker = (processor_ms(world, name) - before[name] for name in ("web", "worker-0"))
    grown = stored_bytes(world) - bytes_before
    print(f"sittings {sittings}, acknowledged responses {answered}")
    print(f"web: {web / sittings:.0f} ms of processor per sitting with signing in, {web / answered:.1f} per response")
    print(f"worker: {worker / sittings:.0f} ms per sitting: result, decision, credential, status list")
    print(f"database: {grown / sittings / 1024:.1f} KiB per sitting, finished jobs included")
    verify(world)


def verify(world: Collaboration) -> None:
    with world.runtime.transaction() as session:
        session.execute(text("UPDATE credential SET visibility = 'unlisted' WHERE state = 'issued'"))
    with world.runtime.reading() as session:
        codes = session.scalars(select(Credential.code).where(Credential.signed_document.is_not(None))).all()
    browser, address = requests.Session(), f"{world.installation.base_url}/c/"
    answer = browser.get(address + codes[0])
    assert answer.status_code == 200
    tag = {"If-None-Match": answer.headers["ETag"]} if "ETag" in answer.headers else {}
    for what, headers, wanted in (("page", {}, 200), ("page, not modified", tag, 304)):
        before = processor_ms(world, "web")
        seen = {
            browser.get(address + codes[n % len(codes) if not headers else 0], headers=headers).status_code
            for n in range(READINGS)
        }
        print(
            f"web: {(processor_ms(world, 'web') - before) / READINGS:.2f} ms per verification ({what}); answers {seen}"
        )
        assert not headers or seen == {wanted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sittings", type=int, default=60)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    kind = "postgresql" if options.postgresql else "sqlite"
    print(f"{kind}, load {os.getloadavg()[0]:.0f}, {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as directory, installed(kind, Path(directory) / "data") as world:
        measure(world, options.sittings)


if __name__ == "__main__":
    main()
