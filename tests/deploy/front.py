"""The shipped nginx configuration in front of web processes, without TLS and without the limits for one address."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[2] / "deploy/nginx.conf"
STARTUP_SECONDS = 30
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@contextmanager
def proxy(home: Path, *, listen: str, before: Sequence[str]) -> Iterator[None]:
    """nginx on `listen`, over web processes at these addresses, with whatever it keeps below `home`."""
    home.mkdir()
    (home / "nginx.conf").write_text(configuration(home, listen, before), encoding="utf-8")
    server = subprocess.Popen(["nginx", "-e", home / "error.log", "-c", home / "nginx.conf"])
    try:
        wait_until_it_listens(server, listen, log=home / "error.log")
        yield
    finally:
        server.terminate()
        server.wait()


def wait_until_it_listens(server: subprocess.Popen[bytes], listen: str, *, log: Path) -> None:
    """Return once nginx takes a connection there; fail with what it says if it ended, or never does."""
    host, _colon, port = listen.rpartition(":")
    deadline = time.monotonic() + STARTUP_SECONDS
    while True:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        assert time.monotonic() < deadline, f"nginx does not listen at {listen}"
        time.sleep(0.02)


def configuration(home: Path, listen: str, before: Sequence[str]) -> str:
    """What is shipped from the cache on, for these addresses; connections are counted and refused nowhere."""
    shipped = SHIPPED.read_text(encoding="utf-8")
    own = shipped[shipped.index("proxy_cache_path") :].replace("/var/lib/nginx/decile", f"{home}/cache")
    servers = [f"server {address} max_fails=2 fail_timeout=2s;" for address in before]
    own = own.replace("server 127.0.0.1:8000 max_fails=2 fail_timeout=2s;", "\n    ".join(servers))
    head, tail = own.split("server {\n    listen 80;", 1)[0], own.split("ssl_session_tickets off;", 1)[1]
    lines = [line for line in tail.splitlines() if not line.strip().startswith(("limit_", "http2"))]
    text = (
        "\n".join(lines).replace("X-Forwarded-Proto https", "X-Forwarded-Proto http").replace("$host;", "$http_host;")
    )
    user = "user root; " if os.geteuid() == 0 else ""
    temporary = " ".join(f"{name}_temp_path {home}/{name};" for name in TEMPORARY)
    return (
        f"{user}daemon off; worker_processes 1; pid {home}/pid; error_log {home}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off; {temporary}\n{head}\nserver {{\n    listen {listen};\n{text}\n}}\n"
    )
