"""Web, web and data on three hosts behind the shipped proxy: hosts are cut off and killed while people sit.

What anybody saw acknowledged stays, and nothing happens twice. As root, with `ip` and nginx; else it skips and says so.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest
import redis

from tests.deploy import hosts
from tests.deploy.front import proxy
from tests.journeys import collaboration
from tests.journeys.crowd import Crowd
from tests.journeys.installation import ROOT, Installation
from tests.journeys.invariants import lost, unfinished_jobs
from tests.journeys.test_kill_minus_nine import settle

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(bool(hosts.what_is_missing()), reason=hosts.what_is_missing() or "all is there"),
]
PORT = 8078
WEB, WORKERS = ("web-1", "web-2"), ("worker-0", "worker-1")
ENOUGH = 25  # acknowledged responses, after which something has been shown
PATIENCE_SECONDS = 60


class ThreeHosts(Installation):
    """The roles on their hosts. The workers share the directory of the keys; each web host has one of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory / "worker", database_url=hosts.DATABASE_URL, policy=collaboration.POLICY)
        self.base_url = f"http://{hosts.FRONT}:{PORT}"
        self.environment |= {
            "DECILE_BASE_URL": self.base_url,
            "DECILE_REDIS_URL": hosts.REDIS_URL,
            "DECILE_TRUSTED_PROXIES": "1",
            "DECILE_PORT": "8000",
        }
        self._directory = directory

    def start(self, role: str, name: str | None = None) -> None:
        name = name or role
        host, data = (name, self._directory / name) if role == "web" else ("data", self.data)
        own = {"DECILE_HOST": hosts.ADDRESSES[host], "DECILE_DATA": str(data)}
        data.mkdir(exist_ok=True)
        with (self.data / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                hosts.on(host, sys.executable, "-m", "app.cli", role),
                cwd=ROOT, env={**self.environment, **own}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def wait_until_up(self) -> None:
        """Until both web hosts answer for themselves."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for name in WEB:
            while True:
                assert time.monotonic() < deadline, (self.data / f"{name}.log").read_text()[-3000:]
                try:
                    address = f"http://{hosts.ADDRESSES[name]}:8000/healthz"
                    with urlopen(Request(address, headers={"Host": urlsplit(self.base_url).netloc}), timeout=1):
                        break
                except (URLError, OSError):
                    time.sleep(0.1)

    def requests_served(self, name: str) -> int:
        return (self.data / f"{name}.log").read_text().count('"event": "request"')


@pytest.fixture
def world(tmp_path):
    """The three hosts, at work."""
    with ExitStack() as stack:
        stack.enter_context(hosts.network())
        stack.enter_context(hosts.data_host(tmp_path / "data-host"))
        installation = ThreeHosts(tmp_path)
        world = collaboration.prepare(installation)
        stack.callback(world.dispose)
        stack.callback(installation.stop)
        for name in WEB:
            installation.start("web", name)
        for name in WORKERS:
            installation.start("worker", name)
        installation.wait_until_up()
        before = [f"{hosts.ADDRESSES[name]}:8000" for name in reversed(WEB)]
        stack.enter_context(proxy(tmp_path / "proxy", listen=f"{hosts.FRONT}:{PORT}", before=before))
        yield world


def test_hosts_are_cut_off_and_killed_and_nothing_acknowledged_is_lost_or_doubled(world, record_property):
    installation = world.installation
    with Crowd(world) as crowd:
        goes_on(crowd)
        served = {name: installation.requests_served(name) for name in WEB}
        assert min(served.values()) > 0, "one of the web hosts was never asked, so this proved nothing"
        with hosts.cut_off("web-2"):
            goes_on(crowd)
        with hosts.cut_off("data"):
            time.sleep(4)
        goes_on(crowd)
        for name in WORKERS:
            crowd.wait_for(lambda: bool(unfinished_jobs(world.runtime.database)))
            installation.kill(name)
        under_way = len(unfinished_jobs(world.runtime.database))
        for name in WORKERS:
            installation.start("worker", name)
        installation.kill("web-1")
        goes_on(crowd)
        installation.start("web", "web-1")
        installation.wait_until_up()
        goes_on(crowd)
        crowd.leave()
    # names of processes differ from those of one host
    settle(world, crowd.ledger, processes=(*WEB, *WORKERS))
    limits = redis.Redis(host=hosts.ADDRESSES["data"]).keys("LIMITS*")
    assert limits, "the web hosts did not share their limits"
    told_of_another = replace(crowd.ledger.copy(), kept={**crowd.ledger.kept, (uuid4(), 1): (1, 0)})
    assert lost(told_of_another, world.runtime.database), "a response that nobody stored was not missed"
    assert under_way > 0, "no kill fell into the work of the workers, so this proved nothing"
    figures = f"{crowd.ledger.acknowledged} acknowledged, {crowd.ledger.repeats} repeats, first {served} requests"
    print(figures)
    record_property("three hosts", figures)


def goes_on(crowd: Crowd) -> None:
    """People's responses are acknowledged, now."""
    wanted = crowd.ledger.copy().acknowledged + ENOUGH
    crowd.wait_for(lambda: crowd.ledger.acknowledged >= wanted)
