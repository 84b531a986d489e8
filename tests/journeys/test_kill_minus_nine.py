"""Web and worker are killed with kill -9 while people sit: nothing acknowledged is lost, nothing happens twice.

People repeat what was not acknowledged, as a browser would, and go on. After every kill, before anything is started
again, the database must hold whatever anybody saw acknowledged; at the end all invariants must hold.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.foundation.db import Database
from tests.journeys import collaboration
from tests.journeys.collaboration import Collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.insisting import Ledger
from tests.journeys.invariants import check_all, is_intact, lost, unfinished_jobs
from tests.journeys.processes import PROCESSES, installed, start

SEED = 20261123
RESTART_SECONDS = 5.0
PATIENCE_SECONDS = 120
TARGETS = (("web", "worker-0"), ("web",), ("worker-0",))
MOST_RESPONSES = 10  # that a kill waits for, if it does not wait for a completed sitting
MOST_PAUSE_SECONDS = 0.4  # after that; a chain of jobs takes about as long


@dataclass
class Figures:
    """What a campaign did."""

    kills: dict[str, int] = field(default_factory=lambda: {"web": 0, "worker-0": 0})
    at_risk: int = 0
    cut_off: int = 0
    jobs_under_way: int = 0
    seconds_to_restart: dict[str, list[float]] = field(default_factory=lambda: {"web": [], "worker-0": []})

    def lines(self) -> Iterator[str]:
        yield f"kills: {self.kills['web']} of web, {self.kills['worker-0']} of the worker"
        yield f"acknowledged responses at risk: {self.at_risk}; requests cut off: {self.cut_off}"
        yield f"unfinished jobs found after kills of the worker: {self.jobs_under_way}"
        for name, seconds in self.seconds_to_restart.items():
            yield f"restart of {name}: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s"


def check_promises(promised: Ledger, world: Collaboration) -> None:
    """While nothing of ours runs. On SQLite through a read-only connection, which neither checkpoints nor repairs."""
    url = world.runtime.settings.resolved_database_url
    if world.runtime.database.is_sqlite:
        url = url.replace("sqlite:///", "sqlite:///file:", 1) + "?mode=ro&uri=true"
    eyes = Database(url)
    assert is_intact(eyes)
    assert lost(promised, eyes) == {}
    eyes.dispose()


def kill_again_and_again(world: Collaboration, crowd: Crowd, kills: int, responses: int = 1) -> Figures:
    """Each kill waits for `responses`, for some more or a completed sitting, then for a random moment."""
    chance, figures, before = random.Random(SEED), Figures(), 0
    for number in range(kills):
        targets = TARGETS[number % len(TARGETS)]
        crowd.wait_for(lambda before=before: crowd.ledger.acknowledged >= before + responses)
        await_a_moment(crowd, chance)
        if "worker-0" in targets:
            crowd.wait_for(lambda: bool(unfinished_jobs(world.runtime.database)))
        if "web" in targets:
            crowd.wait_for(lambda: crowd.ledger.in_flight > 0)
            figures.cut_off += crowd.ledger.in_flight
        for name in targets:
            world.installation.kill(name)
            figures.kills[name] += 1
        promised = crowd.ledger.copy()
        figures.at_risk += promised.acknowledged - before
        before = promised.acknowledged
        check_promises(promised, world)
        if number % 25 == 24:
            print(f"{number + 1} kills, {figures.at_risk} acknowledged, none lost", flush=True)
        figures.jobs_under_way += len(unfinished_jobs(world.runtime.database)) if "worker-0" in targets else 0
        for name, seconds in start(world.installation, *targets).items():
            figures.seconds_to_restart[name].append(seconds)
    return figures


def await_a_moment(crowd: Crowd, chance: random.Random) -> None:
    now = crowd.ledger.copy()
    if chance.random() < 0.5:
        wanted = now.acknowledged + chance.randint(1, MOST_RESPONSES)
        crowd.wait_for(lambda: crowd.ledger.acknowledged >= wanted)
    else:
        crowd.wait_for(lambda: len(crowd.ledger.completed) > len(now.completed))
    time.sleep(chance.uniform(0, MOST_PAUSE_SECONDS))


def settle(world: Collaboration, ledger: Ledger, processes: tuple[str, ...] = PROCESSES) -> None:
    """Until every job has run, then check everything."""
    await_jobs(world)
    figures = check_all(ledger, world.runtime.database)
    print(", ".join(f"{count} {what}" for what, count in figures.items()))
    assert figures["awards"] > figures["sittings"] / 2
    require_no_faults(world, processes)


def await_jobs(world: Collaboration) -> None:
    """Until none waits or runs. A worker that was stopped again and again has much left: fewer is patience anew."""
    fewest, deadline = None, 0.0
    while keys := unfinished_jobs(world.runtime.database):
        if fewest is None or len(keys) < fewest:
            fewest, deadline = len(keys), time.monotonic() + PATIENCE_SECONDS
        assert time.monotonic() < deadline, keys
        time.sleep(0.1)


def require_no_faults(world: Collaboration, processes: tuple[str, ...] = PROCESSES) -> None:
    """No process had one that nobody foresaw."""
    for name in processes:
        log = (world.installation.data / f"{name}.log").read_text()
        assert "Traceback" not in log
        assert '"status": 500' not in log


def require_quick_restarts(figures: Figures) -> None:
    """The goal of a campaign."""
    for seconds in figures.seconds_to_restart.values():
        assert statistics.median(seconds) <= RESTART_SECONDS


@pytest.mark.parametrize(
    ("kind", "kills"),
    [
        ("sqlite", 3),
        ("postgresql", 1),
        pytest.param("sqlite", 200, marks=pytest.mark.long),
        pytest.param("postgresql", 100, marks=pytest.mark.long),
    ],
)
def test_case_005_whatever_is_killed_nothing_acknowledged_is_lost_and_nothing_happens_twice(
    kind, kills, tmp_path, record_property
):
    """Also cases 023 and 033: one credential for each award, each planned in the record before it was issued."""
    with installed(kind, tmp_path / "data") as world, Crowd(world) as crowd:
        figures = kill_again_and_again(world, crowd, kills)
        crowd.leave()
        settle(world, crowd.ledger)
    for line in figures.lines():
        print(line)
        record_property(kind, line)
    assert figures.cut_off > 0, "no kill cut a request off, so this proved nothing"
    assert figures.jobs_under_way > 0, "no kill fell into the work of the worker, so this proved nothing"
    if kills > len(TARGETS):  # of a few restarts beside other tests the median says nothing
        require_quick_restarts(figures)


@pytest.mark.long
def test_of_a_hundred_thousand_acknowledged_responses_five_hundred_kills_lose_none(tmp_path):
    """An hour or more: eight people at a time, who sit again and again, 200 responses or more before every kill."""
    with (
        installed("sqlite", tmp_path / "data", collaboration.WITHOUT_LIMITS) as world,
        Crowd(world, at_once=8, sittings=30) as crowd,
    ):
        figures = kill_again_and_again(world, crowd, 500, responses=200)
        print("\n".join(figures.lines()), flush=True)
        crowd.leave()
        settle(world, crowd.ledger)
    assert figures.at_risk >= 100_000
    assert figures.cut_off > 0
    assert figures.jobs_under_way > 0
    require_quick_restarts(figures)


@pytest.mark.parametrize("copies", [1, pytest.param(100, marks=pytest.mark.long)])
def test_a_copy_of_the_files_taken_at_any_instant_goes_on_where_it_was(tmp_path, copies):
    """All processes are stopped dead, database and log copied, and Decile started on the copy."""
    with installed("sqlite", tmp_path / "data-0") as world, Crowd(world) as crowd:
        chance = random.Random(SEED)
        for number in range(1, copies + 1):
            await_a_moment(crowd, chance)
            move_to_a_copy(world, tmp_path / f"data-{number}", crowd.ledger)
        crowd.leave()
        settle(world, crowd.ledger)


def move_to_a_copy(world: Collaboration, copy: Path, ledger: Ledger) -> None:
    """Stop everything, copy, kill the original; from then on the same address is served from the copy."""
    installation = world.installation
    with world.writing:
        for process in installation.processes.values():
            os.killpg(process.pid, signal.SIGSTOP)
        promised = ledger.copy()
        shutil.copytree(installation.data, copy, ignore=shutil.ignore_patterns("*-shm"))
        for name in PROCESSES:
            installation.kill(name)
        world.move_to(copy)
        check_promises(promised, world)
    start(installation, *PROCESSES)
