"""Whom the shipped proxy counts as one visitor."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.front import SHIPPED, TEMPORARY, wait_until_it_listens
from tests.journeys.installation import free_port

pytestmark = pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed; nothing is in front")
BURST = 3


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """nginx with the shipped zones, of one request a second, taking the visitor's address from a header."""
    zones = SHIPPED.read_text(encoding="utf-8").partition("proxy_cache_path")[0].replace("50r/s", "1r/s")
    user = "user root; " if os.geteuid() == 0 else ""
    temporary = " ".join(f"{name}_temp_path {tmp_path}/{name};" for name in TEMPORARY)
    port = free_port()
    (tmp_path / "page").write_text("here")
    (tmp_path / "nginx.conf").write_text(
        f"{user}daemon off; worker_processes 1; pid {tmp_path}/pid; error_log {tmp_path}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off; {temporary}\n{zones}\nserver {{\n    listen 127.0.0.1:{port};\n"
        f"set_real_ip_from 127.0.0.1; real_ip_header X-Visitor; root {tmp_path};\n"
        f"limit_req zone=decile burst={BURST} nodelay;\n}}\n}}\n"
    )
    server = subprocess.Popen(["nginx", "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"])
    try:
        wait_until_it_listens(server, f"127.0.0.1:{port}", log=tmp_path / "error.log")
        yield port
    finally:
        server.terminate()
        server.wait()


def answers(port: int, address: str) -> list[int]:
    """To twice the burst, each from an address of its own."""
    found = []
    for number in range(1, 2 * BURST + 3):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/page", headers={"X-Visitor": address.format(number)})
        found.append(connection.getresponse().status)
        connection.close()
    return found


@pytest.mark.parametrize(
    ("address", "together"),
    [
        ("2001:db8:1:2::{}", True),
        ("2001:db8:a0a:a0a:a0a::{}", True),  # bytes of line feeds
        ("2001:db8:1:{}::7", False),
        ("203.0.113.{}", False),
    ],
)
def test_an_ipv6_household_is_one_visitor_and_an_ipv4_address_is_one(port: int, address: str, *, together: bool):
    assert (503 in answers(port, address)) is together
