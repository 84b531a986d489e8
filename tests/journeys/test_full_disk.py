"""The disk fills up while people sit: nothing is acknowledged that is not kept, and room alone lets people go on.

One job needs more: what was tried in vain waits on the dead list, as docs/runbooks/database_full.md says. One whose end
could not be written is put back by its worker, which is never started anew here.

The disk is a small file system in memory, so the test needs the right to mount one.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.journeys.crowd import Crowd
from tests.journeys.processes import installed
from tests.journeys.test_kill_minus_nine import check_promises, settle

MEBIBYTES = 32
RECOVERY_SECONDS = 10.0
REFUSALS = 5  # that people must have met, or the disk was not full


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    """A file system of so many mebibytes."""
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEBIBYTES}m", "none", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system of its own, as root has it")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves no byte free, however little others give back meanwhile."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


@pytest.mark.long
@pytest.mark.parametrize("rounds", [6, 50])
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small file system")
def test_case_088_a_full_disk_acknowledges_nothing_that_it_cannot_keep_and_its_pages_recover_by_themselves(
    rounds, tmp_path, record_property
):
    seconds = []
    with (
        small_disk(tmp_path / "disk") as disk,
        installed("sqlite", disk / "data") as world,
        Crowd(world) as crowd,
    ):
        for _ in range(rounds):
            seen = crowd.ledger.acknowledged
            crowd.wait_for(lambda seen=seen: crowd.ledger.acknowledged > seen + 5)
            ballast = fill(disk)
            refused = crowd.ledger.repeats
            crowd.wait_for(lambda refused=refused, disk=disk: fill(disk) and crowd.ledger.repeats > refused + REFUSALS)
            promised = crowd.ledger.copy()
            check_promises(promised, world)
            ballast.unlink()
            began = time.monotonic()
            crowd.wait_for(lambda promised=promised: crowd.ledger.acknowledged > promised.acknowledged)
            seconds.append(time.monotonic() - began)
        crowd.leave()
        figure = f"{rounds} times full; {crowd.ledger.acknowledged} acknowledged, {crowd.ledger.repeats} refused or cut"
        line = (
            f"{figure}; answered again after {sorted(seconds)[len(seconds) // 2]:.2f} s, at most {max(seconds):.2f} s"
        )
        print(line)
        record_property("full disk", line)
        assert max(seconds) <= RECOVERY_SECONDS
        print(world.installation.cli("jobs", "retry", "--all"))
        settle(world, crowd.ledger, ("web",))  # the library tells at length why a regular job could not be queued
