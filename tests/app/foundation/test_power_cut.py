"""The power goes while our own way into SQLite writes: what was acknowledged is there, whatever was not synced is gone.

The whole of Decile through the same is tests/journeys/test_power_cut.py.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from tests.disk.remains import Mercy, Remains
from tests.disk.shim import Disk, Operation

SEED = 20261128
NAME = "test.sqlite3"
REPOSITORY = Path(__file__).resolve().parents[3]
ACKNOWLEDGED = 150  # people, before the writers are stopped

Kept = list[tuple[int, UUID]]  # length of the disk's record when a person was acknowledged


class Writing:
    """A disk with our tables on it, and writers in a process of their own."""

    def __init__(self, tables: Path, place: Path) -> None:
        self.disk = Disk(place / "disk", place)
        self.disk.root.mkdir()
        with closing(sqlite3.connect(tables)) as source, closing(sqlite3.connect(self.disk.root / NAME)) as copy:
            source.backup(copy)
        self.base = Path(shutil.copytree(self.disk.root, place / "base"))
        self.acknowledged: Kept = []
        self.refused: list[str] = []

    def until(self, enough: Callable[[Writing], bool], synchronous: str = "") -> Writing:
        """Write until it is enough; asked after every line that the writers say."""
        command = [sys.executable, "-m", "tests.disk.writing", f"sqlite:///{self.disk.root / NAME}", synchronous]
        environment = os.environ | self.disk.environment
        with subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            for line in process.stdout:
                self._hear(line)
                if not process.stdin.closed and enough(self):
                    process.stdin.close()
        assert process.returncode == 0
        return self

    def _hear(self, line: str) -> None:
        at, _, said = line.strip().partition(" ")
        if at == "-":
            self.refused.append(said)
        else:
            self.acknowledged.append((int(at), UUID(said)))

    def lost_after_cuts(self, cuts: int, place: Path, **disk: bool) -> int:
        """How many acknowledged people are missing after cuts at random instants; a torn database loses everybody."""
        chance, lost = random.Random(SEED), 0
        remains = Remains(self.base, self.disk.root, self.disk.log, **disk)
        instants = sorted(chance.randint(self.acknowledged[0][0], self.disk.now()) for _ in range(cuts))
        for number, instant in enumerate(instants):
            remains.go_on_to(instant)
            remains.lay_out(place / str(number), list(Mercy)[number % len(Mercy)], chance)
            promised = {person for at, person in self.acknowledged if at <= instant}
            lost += len(promised - people_in(place / str(number) / NAME))
        return lost


def people_in(file: Path) -> set[UUID]:
    """Everybody who is kept, with their consent; nobody where the file is damaged."""
    with closing(sqlite3.connect(file)) as connection:
        try:
            if connection.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                return set()
            found = connection.execute("SELECT person.id FROM person JOIN consent ON consent.person_id = person.id")
            return {UUID(name) for (name,) in found}
        except sqlite3.DatabaseError:
            return set()


@pytest.fixture
def writing(sqlite_file_with_tables, tmp_path):
    return Writing(sqlite_file_with_tables, tmp_path)


@pytest.mark.parametrize(("people", "cuts"), [(ACKNOWLEDGED, 24), pytest.param(3000, 200, marks=pytest.mark.long)])
def test_case_006_when_the_power_goes_what_was_acknowledged_is_there(writing, people, cuts, tmp_path):
    """And the same record on a disk that only says it has synced loses people, or this test could not see it."""
    writing.until(lambda now: len(now.acknowledged) >= people)
    assert writing.refused == []
    assert writing.lost_after_cuts(cuts, tmp_path / "honest") == 0
    assert writing.lost_after_cuts(cuts, tmp_path / "lying", believes_syncs=False) > 0


@pytest.mark.long
@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_with_less_than_full_synchronous_a_power_cut_loses_what_was_acknowledged(writing, synchronous, tmp_path):
    """What we do not run with, and why; it shows too that the test above would see it."""
    writing.until(lambda now: len(now.acknowledged) >= ACKNOWLEDGED, synchronous)
    assert writing.lost_after_cuts(24, tmp_path / "cut") > 0


@pytest.mark.parametrize("errors", [30, pytest.param(200, marks=pytest.mark.long)])
def test_a_write_that_fails_with_an_input_output_error_is_refused_and_nothing_acknowledged_is_lost(
    writing, errors, tmp_path
):
    """Of the n-th write or sync, wherever it falls: in the log, or in the database when the log is moved there."""
    with writing.disk.fault() as fault:
        chance, struck = random.Random(SEED), 0

        def strike(now: Writing) -> bool:
            nonlocal struck
            if fault.struck or not now.acknowledged[1:]:
                struck += fault.struck
                what = chance.choice([Operation.WRITE, Operation.SYNC])
                fault.arm(chance.randint(1, 40), NAME, what, often=chance.randint(1, 3))
            return struck >= errors

        writing.until(strike)
    assert {person for _, person in writing.acknowledged} <= people_in(writing.disk.root / NAME)
    assert len(writing.refused) >= errors / 4
    assert writing.lost_after_cuts(10, tmp_path / "cut") == 0
