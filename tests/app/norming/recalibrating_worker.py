"""A worker that recalibrates, to be killed: it lingers in one phase, between the work and its commit, and says so.

In this process itself, so that a kill falls into the phase that it is meant for.

Run as a program: `python -m tests.app.norming.recalibrating_worker URL DIRECTORY PHASE SECONDS`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from uuid import UUID

from app import composition  # noqa: F401  with it come the tables of every context
from app.foundation.db import Database
from app.foundation.job_runner import JobRunner
from app.norming import recalibrate
from tests.app.foundation.effects import QUICK, a_runtime

LINGERING = "lingering"  # a file that says it does

if __name__ == "__main__":
    url, directory, phase, seconds = sys.argv[1:]
    committed = recalibrate.Place.commit

    def linger(place, work):
        """As ever, but slow to commit."""

        def slowly(session):
            outcome = work(session)
            if place.view.phase == phase:
                session.flush()
                (Path(directory) / LINGERING).touch()
                time.sleep(float(seconds))
            return outcome

        committed(place, slowly)

    recalibrate.Place.commit = linger

    def recalibrate_here(runtime, recalibration_id):
        tools = {"database": runtime.database, "clock": runtime.clock, "entropy": runtime.entropy}
        recalibrate.recalibrate(UUID(recalibration_id), **tools)

    jobs = {"recalibrate": recalibrate_here}
    JobRunner(a_runtime(Database(url), Path(directory)), jobs, pace=QUICK).run()
