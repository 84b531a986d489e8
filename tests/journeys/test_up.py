"""`decile up` as `make up` calls it: one process that starts the others, says where to look, and ends with them."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from sqlalchemy import func, select

from app import composition, up
from app.foundation import schema
from app.foundation.audit import AuditEntry
from app.foundation.db import Database
from app.foundation.running import nothing_running
from app.foundation.settings import Settings
from app.foundation.shipped import ITEM_BANKS
from app.item_bank.models import BankRelease
from tests.journeys.installation import Installation

LINK = r"(/sign-in/link\?token=\S+)"
PATIENCE_SECONDS = 60


@pytest.fixture
def place(tmp_path: Path) -> Installation:
    """An empty data directory and a port; nothing is started."""
    return Installation(tmp_path / "data")


def begin(place: Installation) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*place.program, "up", "--no-demo"],
        cwd=place.tree,
        env=place.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said_until(mark: str, process: subprocess.Popen[str]) -> list[str]:
    def lines() -> Iterator[str]:
        assert process.stdout is not None
        for line in process.stdout:
            yield line
            if line.startswith(mark):
                return

    said = list(lines())
    assert said, "it said nothing"
    assert said[-1].startswith(mark), "".join(said)
    return said


def end(process: subprocess.Popen[str], by: signal.Signals) -> None:
    process.send_signal(by)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


def test_one_command_brings_everything_up_and_a_second_start_changes_nothing(place) -> None:
    """The second start has an address that only a proxy answers: links name it, and nothing waits for it."""
    shipped = len(list(ITEM_BANKS.glob("*/v*/bank.yaml")))
    database = Database(f"sqlite:///{place.data / 'decile.sqlite3'}")
    counted = []
    for by, address in ((signal.SIGINT, place.base_url), (signal.SIGTERM, "https://decile.example")):
        place.environment["DECILE_BASE_URL"] = address
        process = begin(place)
        said = "".join(said_until("Look first at", process))
        links = re.findall(re.escape(address) + LINK, said)
        assert len(links) == 3
        assert f"Decile is up at {address}" in said
        if address == place.base_url:
            with build_opener(HTTPCookieProcessor()).open(f"{address}{links[0]}") as page:
                assert page.status == 200
        end(process, by)
        with nothing_running(place.data), database.reading() as session:  # its children ended with it
            releases = session.scalar(select(func.count()).select_from(BankRelease))
            entries = select(func.count()).where(AuditEntry.kind.in_(("bank.released", "policy.set", "key.published")))
            counted.append((releases, session.scalar(entries)))
    database.dispose()

    assert counted[0] == counted[1]
    assert counted[0][0] == shipped


def test_a_port_that_is_taken_is_said_at_once_and_nothing_is_made(place) -> None:
    with socket.create_server(("127.0.0.1", place.port)):
        process = begin(place)
        said, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert said.startswith(f"Refused: Another program listens at 127.0.0.1:{place.port}.")
    assert list(place.data.iterdir()) == []


def test_where_the_web_process_does_not_start_its_reason_is_said_and_nothing_stays(place) -> None:
    policy = place.data / "policy.toml"
    policy.write_text("[no_such_table]\nvalue = 1\n", encoding="utf-8")
    place.environment["DECILE_POLICY_FILE"] = str(policy)

    process = begin(place)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert "the web process did not start" in said
    assert "no_such_table" in said
    with nothing_running(place.data):
        pass


def test_an_upgrade_is_waited_for_as_long_as_it_takes_and_a_page_is_not(place, monkeypatch) -> None:
    monkeypatch.setattr(up, "STARTUP_SECONDS", 0.3)
    runtime = composition.build_runtime(Settings(data=place.data, base_url=place.base_url, port=place.port))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        try:

            def answer_once() -> None:
                with socket.create_server(("127.0.0.1", place.port)) as server, server.accept()[0] as asked:
                    asked.recv(1000)
                    asked.sendall(b"HTTP/1.0 200 OK\r\n\r\n")

            begins = threading.Timer(1.5, answer_once)
            begins.daemon = True  # a test that fails must not wait for it
            begins.start()
            up._wait_until_up(runtime, {"web": alive})  # the schema is not there yet: five times as long
            begins.join()

            schema.upgrade(runtime.database)
            with pytest.raises(SystemExit, match="nothing answered"):
                up._wait_until_up(runtime, {"web": alive})
        finally:
            alive.kill()
            runtime.database.dispose()
