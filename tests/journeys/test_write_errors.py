"""Writes and syncs of database, its log and the worker's files fail with EIO while people sit: refused, never faked.

The processes stand on a disk that fails when told to (tests/disk). After the faults they are started anew once, because
what a failed sync left in the files must be what is read back.
"""

from __future__ import annotations

import random

import pytest

from tests.disk.shim import Disk, Operation
from tests.journeys import collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.installation import Installation
from tests.journeys.processes import PROCESSES, start
from tests.journeys.test_kill_minus_nine import check_promises, settle
from tests.journeys.test_power_cut import check_log

SEED = 20261128
MOST = 200  # operations that are let through before one fails
PLACES = ("sqlite3-wal", "sqlite3-wal", "sqlite3-wal", ".sqlite3", "/keys/", "")
QUIET = 8  # responses between the last fault and the end
AT_ONCE = (1, 1, 1, 2, 5, 20)  # faults in a row


@pytest.mark.long
@pytest.mark.parametrize("faults", [20, 200])
def test_whatever_write_fails_nothing_is_acknowledged_that_is_not_kept(faults, tmp_path, record_property):
    disk, chance, struck = Disk(tmp_path / "data", tmp_path), random.Random(SEED), 0
    installation = Installation(disk.root, policy=collaboration.POLICY)
    world = collaboration.prepare(installation)
    with installation:
        without, installation.environment = installation.environment, installation.environment | disk.environment
        start(installation, *PROCESSES)
        with Crowd(world) as crowd, disk.fault() as fault:
            while struck < faults:
                seen = crowd.ledger.acknowledged
                what = chance.choice([Operation.WRITE, Operation.SYNC])
                fault.arm(chance.randint(1, MOST), chance.choice(PLACES), what, often=chance.choice(AT_ONCE))
                crowd.wait_for(lambda seen=seen: fault.struck or crowd.ledger.acknowledged > seen + QUIET)
                struck += fault.struck
            fault.disarm()
            crowd.leave()
            for name in PROCESSES:
                installation.kill(name)
            check_promises(crowd.ledger.copy(), world)
            installation.environment = without
            start(installation, *PROCESSES)
            print(installation.cli("jobs", "retry", "--all"))
            settle(world, crowd.ledger, ("web",))  # the library tells at length why a regular job could not be queued
            check_log(world.runtime.database, disk.root)
        world.dispose()
    ledger = crowd.ledger
    line = f"{struck} writes and syncs failed; {ledger.acknowledged} acknowledged, {ledger.repeats} repeated, 0 lost"
    print(line)
    record_property("write errors", line)
    assert ledger.repeats > 0, "nobody was refused, so this proved nothing"
