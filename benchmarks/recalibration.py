"""What a recalibration costs from end to end: packed responses in the database, to a previewed norm.

    python benchmarks/recalibration.py                    100,000 people
    python benchmarks/recalibration.py --people 1000000   a million

A self-report skill of 24 statements with five categories whose scale another 5,000 people set; thirty days that can be
left out. The job of the worker does the work, in this process, on SQLite. Seconds are of the clock, beside processor
seconds of all threads; memory is the most this process ever held. The yardstick is the calibration alone.
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np

from app import worker  # noqa: F401  with it come the tables of every context
from app.accounts.models import Person, RoleGrant
from app.foundation.access import Actor, operator
from app.foundation.clock import SystemClock
from app.foundation.db import Base, Database
from app.foundation.entropy import SystemEntropy
from app.foundation.jobs import Jobs
from app.norming import recalibrations
from app.norming.import_responses import import_responses
from app.norming.mapping import SampleMapping
from app.norming.phases import calibrate
from app.norming.recalibrate import recalibrate
from app.norming.recalibration import Choice, Source
from app.norming.sample_file import SampleFile
from app.norming.start_recalibration import start_recalibration
from scoring.items import ItemParameters
from scoring.simulation import simulate_responses

SEED, ITEMS, DAYS, SETTERS = 20_261_128, 24, 30, 5_000
SKILL, EDITOR = "patience-trial", UUID(int=0xE)
KIB_PER_MIB = 1024


class NoJobs:
    """The job is run here."""

    def enqueue(self, name: str, key: str, *, session: object, arguments: object) -> None:
        """Nothing to remember."""


def sample_of(people: int, seed: int) -> SampleFile:
    rng = np.random.default_rng(seed)
    centres = np.linspace(-1.5, 2.0, ITEMS)
    items = ItemParameters(np.full(ITEMS, 1.5), centres[:, None] + np.array([-1.5, -0.5, 0.5, 1.5]))
    at_once = 50_000
    parts = [
        simulate_responses(items, rng.normal(0, 1, min(at_once, people - k)), rng).astype(np.int8)
        for k in range(0, people, at_once)
    ]
    days = tuple(f"2026-06-{1 + k * DAYS // people:02d}" for k in range(people))
    return SampleFile(np.concatenate(parts), columns(), people, {}, f"{seed:064d}", {"day": days})


def columns() -> tuple[str, ...]:
    return tuple(f"P{k:02d}" for k in range(ITEMS))


def mapping() -> SampleMapping:
    return SampleMapping.model_validate(
        {
            "instrument": "Simulated statements",
            "items": {code: {"en": f"Statement {code}"} for code in columns()},
            "codes": [1, 2, 3, 4, 5],
            "language": "en",
            "age": {"column": "age", "from": 18, "to": 100},
            "collected": {"from": "2026-01-10", "to": "2026-09-30"},
            "consent": "Simulated",
            "person": "none",
            "blocks": {"day": "day"},
            "simulated": True,
        }
    )


def bring_in(people: int, seed: int, database: Database) -> None:
    with database.transaction() as session:
        import_responses(
            sample_of(people, seed), mapping(), skill=SKILL, population="Simulated people", file_name="simulated.csv",
            session=session, clock=SystemClock(), entropy=SystemEntropy(), actor=operator(),
        )  # fmt: skip


def begin(database: Database, jobs: Jobs) -> UUID:
    now = datetime.now(UTC)
    with database.transaction() as session:
        session.add(Person(id=EDITOR, email="e@example.org", language="en", known_since_at=now, adult_confirmed_at=now))
        session.flush()
        session.add(RoleGrant(person_id=EDITOR, role="norm_editor", granted_at=now))
        sample_id = recalibrations.latest_sample_id(SKILL, session=session)
        actor = Actor(EDITOR, "e", frozenset({"norm_editor"}), now)
        return start_recalibration(
            SKILL, Choice(Source.SAMPLE, sample_id=sample_id), session=session, clock=SystemClock(),
            entropy=SystemEntropy(), jobs=jobs, actor=actor,
        )  # fmt: skip


def measure(people: int, directory: Path) -> None:
    database = Database(f"sqlite:///{directory / 'bench.sqlite3'}")
    Base.metadata.create_all(database.writing)
    tools = {"database": database, "clock": SystemClock(), "entropy": SystemEntropy()}
    bring_in(SETTERS, SEED, database)
    calibrate(SKILL, actor=operator(), **tools)
    bring_in(people, SEED + 1, database)
    recalibration_id = begin(database, NoJobs())
    held_before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB
    started, processor = time.monotonic(), time.process_time()
    recalibrate(recalibration_id, **tools)
    whole, processor = time.monotonic() - started, time.process_time() - processor
    with database.reading() as session:
        found = recalibrations.recalibration(recalibration_id, session=session)
    print(f"{people:,} people x {ITEMS} items: {found.progress} in {whole:.1f} s, {processor:.1f} s of processor time")
    for step in found.steps:
        print(f"  {step.phase:12} {step.seconds or 0:6.1f} s")
    print(f"  memory at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // KIB_PER_MIB} MiB", end="")
    print(f" ({held_before} MiB before, with the sample just made)")
    if found.reason_text:
        print(f"  {found.reason_text}")
    database.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    given = parser.parse_args()
    print(platform.platform(), platform.processor())
    with tempfile.TemporaryDirectory() as directory:
        measure(given.people, Path(directory))
