"""The power goes at any instant while people sit, and whatever was not synced is gone, in part or whole or torn.

One run is recorded as the disk saw it, and cut at many instants afterwards: each cut leaves a data directory of its
own, which must hold whatever anybody had seen acknowledged by then, and which Decile must go on with.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.foundation.db import Database
from app.transparency import merkle
from app.transparency import queries as log
from app.transparency.errors import NoCheckpoint
from app.transparency.head import LOG_HEAD, LogHead
from app.transparency.models import LogEntry
from tests.disk.remains import Mercy, Remains
from tests.disk.shim import Disk
from tests.journeys import collaboration
from tests.journeys.collaboration import Collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.insisting import InsistingPerson, Ledger
from tests.journeys.installation import Installation
from tests.journeys.invariants import check_effects, is_intact, lost
from tests.journeys.processes import PROCESSES, start
from tests.journeys.test_kill_minus_nine import await_jobs, require_no_faults

SEED = 20261128
PEOPLE = 400  # with a link made before the record begins
STARTED_EVERY = 10  # cuts: on the rest the files are read, on this one Decile runs
NEWCOMER = 100_000  # number of the first who comes after a cut
NUMBERED = select(LogEntry.leaf_hash).where(LogEntry.number.is_not(None)).order_by(LogEntry.number)


@dataclass
class DatedLedger(Ledger):
    """Also by when each was acknowledged: the length of the disk's record just after its answer was seen."""

    now: Callable[[], int] = int
    dated: list[tuple[int, tuple[UUID, int, int, Any] | UUID]] = field(default_factory=list)

    def keep(self, sitting_id: UUID, position: int, sequence: int, value: Any) -> None:
        super().keep(sitting_id, position, sequence, value)
        self.dated.append((self.now(), (sitting_id, position, sequence, value)))

    def complete(self, sitting_id: UUID) -> None:
        super().complete(sitting_id)
        self.dated.append((self.now(), sitting_id))

    def as_of(self, instant: int) -> Ledger:
        """What had been acknowledged by then."""
        then = Ledger()
        for at, seen in sorted(self.dated, key=lambda entry: entry[0]):
            if at > instant:
                break
            then.complete(seen) if isinstance(seen, UUID) else then.keep(*seen)
        return then


@dataclass
class Recorded:
    """A run that is over: the world, what people saw, and the disk's record of it."""

    world: Collaboration
    ledger: DatedLedger
    disk: Disk
    base: Path

    def remains(self, **disk: bool) -> Remains:
        return Remains(self.base, self.disk.root, self.disk.log, **disk)

    def instants(self, cuts: int, chance: random.Random) -> list[int]:
        """Between the first acknowledgement and the end."""
        return sorted(chance.randint(self.ledger.dated[0][0], self.disk.now()) for _ in range(cuts))


def recorded(place: Path, acknowledgements: int) -> Recorded:
    """People sit until so many responses are acknowledged; then everything is stopped."""
    disk = Disk(place / "data", place)
    installation = Installation(disk.root, policy=collaboration.POLICY)
    world = collaboration.prepare(installation)
    world.make_links(PEOPLE)
    world.dispose()
    base = Path(shutil.copytree(disk.root, place / "base"))
    ledger = DatedLedger(now=disk.now)
    with installation:
        without, installation.environment = installation.environment, installation.environment | disk.environment
        start(installation, *PROCESSES)
        with Crowd(world, ledger) as crowd:
            while ledger.acknowledged < acknowledgements:
                wanted = min(acknowledgements, ledger.acknowledged + 50)
                crowd.wait_for(lambda wanted=wanted: ledger.acknowledged >= wanted)
            crowd.leave()
    installation.environment = without
    return Recorded(world, ledger, disk, base)


def check_files(data: Path, promised: Ledger) -> dict[tuple[UUID, int], Any]:
    """What is lost in this directory; the database is whole, and so is the log, up to what was signed."""
    database = Database(f"sqlite:///{data / 'decile.sqlite3'}")
    assert is_intact(database)
    check_log(database, data)
    gone = lost(promised, database)
    database.dispose()
    return gone


def check_log(database: Database, data: Path) -> None:
    """Hashes, tree and signature fit together, and the head beside the keys is one that this log goes on from."""
    size, root = LogHead(data / "keys" / LOG_HEAD).read()
    with database.reading() as session:
        try:
            assert log.verify(session=session).size >= 0
        except NoCheckpoint:
            assert size == 0
        hashes = session.scalars(NUMBERED).all()
    assert size <= len(hashes)
    assert size == 0 or merkle.root(hashes[:size]) == root


@pytest.mark.long
@pytest.mark.parametrize(("acknowledgements", "cuts"), [(300, 12), (2000, 200)])
def test_case_006_when_the_power_goes_nothing_acknowledged_is_lost_and_decile_goes_on(
    acknowledgements, cuts, tmp_path, record_property
):
    run, chance = recorded(tmp_path, acknowledgements), random.Random(SEED)
    remains, unsynced, at_risk = run.remains(), 0, 0
    instants = run.instants(cuts, chance)
    for number, instant in enumerate(instants):
        place, promised = tmp_path / f"cut-{number}", run.ledger.as_of(instant)
        remains.go_on_to(instant)
        unsynced += remains.lay_out(place, list(Mercy)[number % len(Mercy)], chance)
        at_risk += promised.acknowledged
        assert check_files(place, promised) == {}, f"cut {number}"
        if number % STARTED_EVERY == 0:
            go_on(run.world, place, promised, NEWCOMER + number)
        shutil.rmtree(place)
    line = f"{cuts} cuts in a run of {run.ledger.acknowledged} acknowledged responses: {at_risk} at risk, 0 lost"
    line += f"; {unsynced / cuts / 1024:.0f} KiB not synced at a cut, in the mean"
    print(line)
    record_property("power cut", line)
    assert unsynced > 0, "everything was synced at every cut, so this proved nothing"
    assert lost_on_a_lying_disk(run, tmp_path / "lying", instants[:: cuts // 6]) > 0


def go_on(world: Collaboration, data: Path, promised: Ledger, newcomer: int) -> None:
    """Decile starts on what is left, finishes what was begun, and somebody new sits to the end."""
    world.move_to(data)
    with world.installation:
        start(world.installation, *PROCESSES)
        person = InsistingPerson(world, newcomer, promised)
        person.sign_in_with_link()
        person.sit()
        await_jobs(world)
        check_effects(world.runtime.database)
        require_no_faults(world)
        assert lost(promised, world.runtime.database) == {}
    world.dispose()


def lost_on_a_lying_disk(run: Recorded, place: Path, instants: list[int]) -> int:
    """The same run on a disk that says it has synced and has not: this must be seen, or the test is blind."""
    remains, chance, gone = run.remains(believes_syncs=False), random.Random(SEED), 0
    for instant in instants:
        remains.go_on_to(instant)
        remains.lay_out(place, Mercy.NONE, chance)
        gone += len(check_files(place, run.ledger.as_of(instant)))
        shutil.rmtree(place)
    return gone
