"""PostgreSQL is stopped dead and started again while people sit: nothing acknowledged is lost, by nobody's help.

A server of its own, because others share the usual one. It is the server that dies here, not the machine under it.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.journeys import collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.installation import Installation
from tests.journeys.processes import PROCESSES, start
from tests.journeys.test_kill_minus_nine import settle
from tests.postgres_server import kill_backends, postgres_server, restart_at_once, temporary_root

RECOVERY_SECONDS = 5.0
RESPONSES = 8  # between one fault and the next


@pytest.mark.long
@pytest.mark.parametrize("rounds", [6, 100])
def test_case_091_the_database_server_dies_again_and_again_and_nothing_acknowledged_is_lost(
    rounds, tmp_path, record_property
):
    home = temporary_root() / f"decile-pg-dies-{tmp_path.name}"
    with postgres_server(home) as server:
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE dies"))
        engine.dispose()
        installation = Installation(
            tmp_path / "data", database_url=server.replace("/postgres?", "/dies?"), policy=collaboration.POLICY
        )
        world = collaboration.prepare(installation)
        with installation:
            start(installation, *PROCESSES)
            with Crowd(world) as crowd:
                seconds = [one_fault(number, crowd, home, server) for number in range(rounds)]
                crowd.leave()
            settle(world, crowd.ledger, ("web",))  # the worker may say why a job was tried again
        world.dispose()
    ledger = crowd.ledger
    line = f"{rounds} faults; {ledger.acknowledged} acknowledged, {ledger.repeats} repeated"
    line += f"; answered again after {sorted(seconds)[len(seconds) // 2]:.2f} s, at most {max(seconds):.2f} s"
    print(line)
    record_property("database restarts", line)


def one_fault(number: int, crowd: Crowd, home: Path, server: str) -> float:
    """Restart it, or end every connection, in turn; seconds until somebody is answered again."""
    wanted = crowd.ledger.acknowledged + RESPONSES
    crowd.wait_for(lambda: crowd.ledger.acknowledged >= wanted)
    if number % 2:
        kill_backends(server, "dies")
    else:
        restart_at_once(home)
    began, before = time.monotonic(), crowd.ledger.acknowledged
    crowd.wait_for(lambda: crowd.ledger.acknowledged > before)
    return time.monotonic() - began
