"""kill -9 in every phase of a recalibration: the norm in force stays, and the new one is whole or not there."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from functools import partial

import pytest
from sqlalchemy import func, select

from app.foundation.job_list import failed_jobs
from app.foundation.jobs import DurableJobs, migrate_jobs
from app.norming import queries, recalibrations
from app.norming.models import NormState, NormVersion
from app.norming.recalibration import Phase, Progress
from app.norming.snapshot import is_as_drafted
from tests.app.foundation.effects import REPOSITORY, a_runtime, client_of, wait_until
from tests.app.norming.recalibrating_worker import LINGERING
from tests.app.norming.test_recalibrate import N, begin, editor, view  # noqa: F401  fixtures

LINGERS_SECONDS = 0.4


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("rounds", [1, 17])  # of six kills each: the second makes 102
def test_killed_in_each_phase_the_old_norm_is_in_force_or_the_new_one_whole(runtime, editor, tmp_path, rounds):  # noqa: F811
    chance = random.Random(20261128)
    migrate_jobs(runtime.database.url)
    house = a_runtime(runtime.database, tmp_path)
    object.__setattr__(house, "jobs", DurableJobs(runtime.database))
    hits = 0
    for _ in range(rounds):
        recalibration_id = begin(house, editor)
        for phase in Phase:
            hits += killed_in(phase, recalibration_id, house, tmp_path, chance)
            require_whole(house)
        process = started(house, tmp_path, "none")
        wait_until(partial(is_over, recalibration_id, house), seconds=120)
        process.terminate()
        process.wait(timeout=30)
        assert view(house, recalibration_id).progress is Progress.DONE
    with house.reading() as session:
        assert session.scalar(select(func.count()).select_from(NormVersion)) == 1 + rounds
    assert failed_jobs(client_of(house)) == ()
    assert hits == rounds * len(Phase), "a kill fell into no running phase, so it proved nothing"


def is_over(recalibration_id, house):
    return not view(house, recalibration_id).is_open


def killed_in(phase, recalibration_id, house, directory, chance):
    """Kill a worker after the work of the phase and before its commit; whether it was there."""
    lingering = directory / LINGERING
    lingering.unlink(missing_ok=True)
    process = started(house, directory, phase)
    wait_until(lambda: lingering.exists() or process.poll() is not None, seconds=120)
    time.sleep(chance.uniform(0, LINGERS_SECONDS / 2))
    process.kill()
    process.wait()
    return is_in(phase, recalibration_id, house)


def started(house, directory, phase):
    arguments = [house.database.url, str(directory), str(phase), str(LINGERS_SECONDS)]
    command = [sys.executable, "-m", "tests.app.norming.recalibrating_worker", *arguments]
    with (directory / "worker.log").open("ab") as log:
        return subprocess.Popen(command, cwd=REPOSITORY, stderr=log)


def is_in(phase, recalibration_id, house):
    found = view(house, recalibration_id)
    step = found.steps[-1] if found.steps else None
    return found.is_open and step is not None and step.phase is phase and step.ended_at is None


def require_whole(house):
    """One norm in force, the old one; every version's numbers are those of its hash."""
    with house.reading() as session:
        versions = list(session.scalars(select(NormVersion)))
        assert all(is_as_drafted(version) for version in versions)
        in_force = [version for version in versions if version.state is NormState.PUBLISHED]
        assert [version.n for version in in_force] == [N]
        assert all(version.preview is not None for version in versions if version.state is NormState.PREVIEWED)
        assert queries.norms(session=session)
        assert recalibrations.latest(session=session)
