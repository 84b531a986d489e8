"""The release before, ours, the one before again and ours: people sit all the while, and nothing acknowledged is lost.

As docs/runbooks/upgrade.md says it: the schema first, under the former release at work; then the processes. Back, the
processes stop first.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

import pytest

from tests.journeys.collaboration import POLICY, Collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.installation import ROOT
from tests.journeys.processes import installed, start
from tests.journeys.releases import policy_known_to, unpack_former
from tests.journeys.test_kill_minus_nine import check_promises, settle

UNAVAILABLE_SECONDS = 10.0
STOP_SECONDS = 30
ENOUGH = 12  # responses acknowledged by a release before it goes
PEOPLE = 300


@pytest.mark.parametrize(
    ("kind", "steps", "rounds"),
    [
        pytest.param("sqlite", 1, 1, marks=pytest.mark.long),
        pytest.param("postgresql", 1, 1, marks=pytest.mark.long),
        pytest.param("sqlite", 1, 5, marks=pytest.mark.long),
        pytest.param("postgresql", 1, 5, marks=pytest.mark.long),
        pytest.param("sqlite", 4, 1, marks=pytest.mark.long),
        pytest.param("postgresql", 4, 1, marks=pytest.mark.long),
    ],
)
def test_a_new_release_comes_and_goes_under_load_and_nothing_acknowledged_is_lost(
    kind, steps, rounds, tmp_path, record_property
):
    former = tmp_path / "former"
    needs = unpack_former(former, steps=steps)
    with installed(kind, tmp_path / "data") as world:
        change = Change(world, former, needs)
        change.go_back()
        with Crowd(world) as crowd:
            change.crowd = crowd
            for _ in range(rounds):
                change.await_responses()
                change.go_on()
                change.await_responses()
                change.go_back()
            change.await_responses()
            change.go_on()
            change.await_responses()
            crowd.leave()
        settle(world, crowd.ledger)
    ledger = crowd.ledger
    figure = f"{change.count} changes of release, {change.killed} processes killed"
    figure += f"; {ledger.acknowledged} acknowledged, {ledger.repeats} repeated"
    figure += f"; no answer for {statistics.median(change.seconds):.1f} s, at most {max(change.seconds):.1f} s"
    line = f"{figure}, of which web needed at most {max(change.own_seconds):.1f} s to start"
    print(line)
    record_property(f"{kind}, {steps} steps", line)
    assert max(change.own_seconds) <= UNAVAILABLE_SECONDS  # on a machine of its own the clock says the same


class Change:
    """From one release to the other and back, with the promises looked at whenever nothing runs."""

    def __init__(self, world: Collaboration, former: Path, needs: str) -> None:
        self.world, self.former, self.needs = world, former, needs
        self.crowd: Crowd | None = None
        self.their_policy = policy_known_to(former, POLICY)
        self.count, self.killed = 0, 0
        self.seconds: list[float] = []  # by the clock, until people were answered again
        self.own_seconds: list[float] = []  # of the web process alone, less what it queued for a processor
        world.make_links(PEOPLE)  # now, because our own models may not fit the former schema

    def await_responses(self) -> None:
        ledger = self.crowd.ledger
        wanted = ledger.acknowledged + ENOUGH
        self.crowd.wait_for(lambda: ledger.acknowledged >= wanted)

    def go_on(self) -> None:
        """The schema is migrated under the former web process; then ours take the place of both."""
        installation = self.world.installation
        self._stop("worker-0")
        installation.tree = ROOT
        self._put_policy(POLICY)
        installation.cli("db", "upgrade")
        self.await_responses()
        began = time.monotonic()
        self._stop("web")
        self._begin(began, stopped=time.monotonic())

    def go_back(self) -> None:
        """Nothing of ours runs while the schema goes back."""
        installation = self.world.installation
        self._stop("worker-0")  # pages go on meanwhile
        began = time.monotonic()
        self._stop("web")
        stopped = time.monotonic()
        installation.cli("db", "downgrade", "--to", self.needs)
        installation.tree = self.former
        self._put_policy(self.their_policy)
        self._begin(began, stopped)

    def _put_policy(self, text: str) -> None:
        (self.world.installation.data / "policy.toml").write_text(text, encoding="utf-8")

    def _begin(self, began: float, stopped: float) -> None:
        """Pages first: a worker that starts beside them would only take processors from them."""
        migrated = time.monotonic()
        self.own_seconds.append(start(self.world.installation, "web")["web"])
        up = time.monotonic()
        self.count += 1
        if self.crowd is not None:
            before = self.crowd.ledger.acknowledged
            self.crowd.wait_for(lambda: self.crowd.ledger.acknowledged > before)
            self.seconds.append(time.monotonic() - began)
            parts = stopped - began, migrated - stopped, up - migrated, time.monotonic() - up
            print("  stop {:.1f} s, schema {:.1f} s, start {:.1f} s, first response {:.1f} s".format(*parts))
        start(self.world.installation, "worker-0")

    def _stop(self, name: str) -> None:
        process = self.world.installation.processes.pop(name)
        process.terminate()
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:  # as systemd would; what was acknowledged must stand that too
            process.kill()
            process.wait()
            self.killed += 1
        if self.crowd is not None and not self.world.installation.processes:
            check_promises(self.crowd.ledger.copy(), self.world)
