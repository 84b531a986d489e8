"""`decile simulate`: thousands of simulated people on all cores, in databases that are thrown away afterwards.

One database is made as the demonstration's is: bank, simulated norm sample, calibration, norm by two people. Each
process then works on a copy of its own, so that no process waits for another's lock; whatever looks at other people's
sittings, such as the likeness of answers, sees those of its process.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing import Manager, get_context
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory
from typing import Any

import app.foundation.job_slots  # noqa: F401  a table of theirs
from app.assessment.queries import latest_edition
from app.demo.cohorts import Someone, everybody
from app.demo.load_demo import BANK, answers_of_bank
from app.demo.make_norms import PLAN, make_norms
from app.demo.simulated_sittings import JobsAtOnce, Taken, take_all
from app.demo.stage import SKILL, Stage
from app.foundation import schema
from app.foundation.access import operator
from app.foundation.clock import SystemClock
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.foundation.shipped import ITEM_BANKS
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills

FILE = "decile.sqlite3"
SAMPLE = 5000  # simulated people behind the norm

TOLD_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Simulated:
    """Every sitting, and what it was judged by."""

    taken: tuple[Taken, ...]
    cut: float
    weights: tuple[float, float]
    correlation: float  # that the composite is pinned with
    stray_shares: tuple[float, float]
    exposure: dict[str, Any] | None
    items: int


def simulate(people: int, *, seed: int, processes: int, told: Callable[[int, int], None]) -> Simulated:
    """Let them all sit; `told` hears how many of how many people are through."""
    everyone = everybody(people, seed)
    with TemporaryDirectory(prefix="decile-simulate-") as directory, Manager() as manager:
        home = Path(directory)
        facts = _prepare(home / "first")
        done: Queue[int] = manager.Queue()
        shards = [everyone[number::processes] for number in range(processes)]
        for number in range(processes):
            shutil.copytree(home / "first", home / str(number))
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            running = [
                pool.submit(_run, str(home / str(number)), shard, seed, done) for number, shard in enumerate(shards)
            ]
            through = 0
            while not all(one.done() for one in running):
                try:
                    through += done.get(timeout=TOLD_SECONDS)
                    told(through, len(everyone))
                except Empty:
                    continue
            taken = [sitting for one in running for sitting in one.result()]
    taken.sort(key=lambda one: (one.number, one.account, one.turn))
    return Simulated(tuple(taken), **facts)


def _runtime(directory: Path) -> Runtime:
    settings = Settings(data=directory)
    clock, database = SystemClock(), Database(f"sqlite:///{directory / FILE}")
    mailer = SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock)
    links = Links(("simulated people only",))
    return Runtime(settings, database, clock, SystemEntropy(), JobsAtOnce(), links, mailer)


def _stage(runtime: Runtime, now: datetime) -> Stage:
    with runtime.reading() as session:
        return Stage(runtime, None, answers_of_bank(session), now)


def _prepare(directory: Path) -> dict[str, Any]:
    """Bank, sample, calibration and norm; what sittings will be judged by."""
    directory.mkdir()
    runtime = _runtime(directory)
    schema.upgrade(runtime.database)
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        release_bank(BANK, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator())
    now = runtime.clock.now()
    stage = _stage(runtime, now)
    make_norms(SAMPLE, stage=stage, told=lambda _: None, plan=PLAN[:1])
    with runtime.reading() as session:
        edition = latest_edition(SKILL, "en", session=session)
        if edition is None or edition.cut is None or edition.composite is None:
            raise LookupError("no norm came of the simulated sample")
        pins = edition.composite
        facts = {
            "cut": edition.cut,
            "weights": tuple(pins["weights"]),
            "correlation": pins["correlation"],
            "stray_shares": tuple(pins.get("stray_shares", (0.0, 0.0))),
            "exposure": edition.exposure,
            "items": len(stage.answers.instrument.codes),
        }
    runtime.database.dispose()
    return facts


def _run(directory: str, shard: tuple[Someone, ...], seed: int, done: Queue[int]) -> list[Taken]:
    """One process: its own people in its own database."""
    runtime = _runtime(Path(directory))
    stage = _stage(runtime, runtime.clock.now())
    found: list[Taken] = []
    start = stage.now + timedelta(days=1)
    for taken in take_all(shard, stage.answers, runtime=runtime, start=start, seed=seed):
        found.extend(taken)
        done.put(1)
    runtime.database.dispose()
    return found
