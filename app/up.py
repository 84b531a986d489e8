"""`decile up`: a whole Decile on one machine with one command, and links to look around with.

What takes longest before the first page is loading the web process, so that begins first and everything else is done
beside it; nothing heavy is imported here before.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.error import URLError
from urllib.request import urlopen

import click

from app.foundation import running
from app.foundation.listening import listening_at
from app.foundation.settings import PREFIX, Settings

if TYPE_CHECKING:
    from app.foundation.runtime import Runtime

STARTUP_SECONDS = 60
STOP_SECONDS = 10

Children: TypeAlias = dict[str, subprocess.Popen[bytes]]


def up(settings: Settings, *, with_demo: bool = True) -> int:
    """Start web and worker, load banks and demo, wait for Ctrl-C; the exit code says whether all ended cleanly.

    Raises
    ------
    AddressUnusable, PortTaken
    """
    _require_free_port(settings)
    children: Children = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script that starts it beside itself had it ignored
    with running.marked_as_running(settings.data):
        try:
            children["web"] = _start("web", settings, "--upgrade")
            runtime = _prepare(settings, children)
            children["worker"] = _start("worker", settings)
            _say_it_is_up(settings)
            if with_demo:
                _load_demo(runtime, children)
            _greet(runtime)
            return _watch(list(children.values()))
        except KeyboardInterrupt:
            return 0
        finally:
            _stop(list(children.values()))


def _require_free_port(settings: Settings) -> None:
    host, port = settings.host, settings.port
    with listening_at(host, port, setting=PREFIX, example=", or as PORT=8001 make up"):
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what was stopped just now does not count
                probe.bind(address)


def _prepare(settings: Settings, children: Children) -> Runtime:
    """Keys, and once the web process has brought the database up to date and answers, the item banks."""
    from app import composition  # noqa: PLC0415  loaded while the web process loads
    from app.load_item_banks import load_item_banks  # noqa: PLC0415

    runtime = composition.build_runtime(settings)
    composition.init_signing_keys(runtime)
    _wait_until_up(runtime, children)
    load_item_banks(runtime)
    return runtime


def _start(role: str, settings: Settings, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli", role, *arguments]
    environment = dict(os.environ)
    if role == "worker" and settings.metrics_port:
        environment["DECILE_METRICS_PORT"] = str(settings.metrics_port + 1)  # the web process has the first
    with _log_file(role, settings).open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def _log_file(role: str, settings: Settings) -> Path:
    return settings.data / f"{role}.log"


def _wait_until_up(runtime: Runtime, children: Children) -> None:
    """Wait while the database is brought up to date, however long that takes, then `STARTUP_SECONDS` for a page."""
    settings, deadline = runtime.settings, None
    while deadline is None or time.monotonic() < deadline:
        for role, child in children.items():
            if child.poll() is not None:
                raise SystemExit(f"decile: the {role} process did not start: {_last_line(role, settings)}")
        try:
            with urlopen(_health_address(settings), timeout=1):  # noqa: S310  our own address  # nosec B310
                return
        except (URLError, OSError):
            time.sleep(0.05)
        if deadline is None and _is_up_to_date(runtime):
            deadline = time.monotonic() + STARTUP_SECONDS
    at = f"{settings.host}:{settings.port}"
    raise SystemExit(f"decile: nothing answered at {at} within {STARTUP_SECONDS} seconds.")


def _health_address(settings: Settings) -> str:
    """Asked where the web process listens: the address that people use may be a proxy's, or not be there yet."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104  compared, not bound  # nosec B104
    at = f"[{host}]" if ":" in host else host
    return f"http://{at}:{settings.port}/healthz"


def _is_up_to_date(runtime: Runtime) -> bool:
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from app.foundation import schema  # noqa: PLC0415

    try:
        with runtime.reading() as session:
            return schema.is_at_head(session.connection())
    except SQLAlchemyError:  # it is just being made
        return False


def _last_line(role: str, settings: Settings) -> str:
    lines = _log_file(role, settings).read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else "it said nothing"


def _say_it_is_up(settings: Settings) -> None:
    click.echo(f"\nDecile is up at {settings.base_url}   (Ctrl-C stops it)")
    click.echo(f"Mail is in {settings.spool_directory or 'your mailbox'}, logs are in {settings.data}\n")


def _load_demo(runtime: Runtime, children: Children) -> None:
    """Once, in a process of its own: the pages are there already, and its memory is given back."""
    from app.demo import queries as demo  # noqa: PLC0415

    with runtime.reading() as session:
        if demo.is_loaded(session=session):
            return
        real = demo.real_content(session=session)
    if real is not None:
        click.echo(f"No demonstration: there is {real} here, and simulated people are never put beside real ones.\n")
        return
    click.echo("The pages work already. Loading the demonstration, once: 5,000 simulated people, labelled everywhere…")
    began, others = time.monotonic(), list(children.values())
    children["demo"] = child = _start("demo", runtime.settings, "load")
    while child.poll() is None and all(other.poll() is None for other in others):
        time.sleep(0.05)
    if child.poll() is not None:
        del children["demo"]
        log = _log_file("demo", runtime.settings)
        failed = f"The demonstration was not loaded; {log} says why: {_last_line('demo', runtime.settings)}\n"
        click.echo(failed if child.returncode else f"Loaded in {time.monotonic() - began:.0f} seconds.\n")


def _greet(runtime: Runtime) -> None:
    from app.welcome import greet  # noqa: PLC0415

    greet(runtime)


def _watch(children: list[subprocess.Popen[bytes]]) -> int:
    while True:
        for child in children:
            code = child.poll()
            if code is not None:
                return code or 1
        time.sleep(0.2)


def _stop(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    for child in children:
        try:
            child.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            os.waitpid(child.pid, 0)
