"""`decile up`: a whole Decile on one machine with one command, and links to look around with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import click

from app import composition
from app.accounts.make_sign_in_link import make_sign_in_link
from app.assessment.open_pilot import open_pilot
from app.foundation import schema
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills

ITEM_BANKS = Path(__file__).resolve().parents[1] / "item_banks"
STARTUP_SECONDS = 60
STOP_SECONDS = 10
TRY_OUT_PEOPLE = (
    ("a candidate", "candidate@try.decile.invalid", ()),
    ("a norm editor", "editor@try.decile.invalid", ("norm_editor",)),
    ("a norm approver", "approver@try.decile.invalid", ("norm_approver",)),
)


def up(runtime: Runtime) -> int:
    """Prepare, start web and worker, wait for Ctrl-C; the exit code says whether both ended cleanly."""
    prepare(runtime)
    children = {role: _start(role, runtime) for role in ("web", "worker")}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _wait_until_up(runtime, children)
        _greet(runtime)
        return _watch(list(children.values()))
    except KeyboardInterrupt:
        return 0
    finally:
        _stop(list(children.values()))


def prepare(runtime: Runtime) -> None:
    """Database, keys, policies and item banks; doing it again changes nothing."""
    runtime.settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    schema.upgrade(runtime.database)
    composition.init_signing_key(runtime)
    composition.load_policy_file(runtime)
    load_item_banks(runtime)


def load_item_banks(runtime: Runtime) -> None:
    """Release every bank of the checkout and open a pilot for each skill that has no norm yet."""
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        for path in sorted(ITEM_BANKS.glob("*/v*/bank.yaml")):
            release = release_bank(
                path.parent, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator()
            )
            open_pilot(release.id, session=session, clock=runtime.clock)


def _start(role: str, runtime: Runtime) -> subprocess.Popen[bytes]:
    with _log_file(role, runtime).open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "app.cli", role], stdout=log, stderr=log)


def _log_file(role: str, runtime: Runtime) -> Path:
    return runtime.settings.data / f"{role}.log"


def _wait_until_up(runtime: Runtime, children: dict[str, subprocess.Popen[bytes]]) -> None:
    base_url, deadline = runtime.settings.base_url, time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        for role, child in children.items():
            if child.poll() is not None:
                raise SystemExit(_last_line(role, runtime))
        try:
            with urlopen(f"{base_url}/healthz", timeout=1):  # noqa: S310  our own address from the settings
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"decile: nothing answered at {base_url} within {STARTUP_SECONDS} seconds.")


def _last_line(role: str, runtime: Runtime) -> str:
    lines = _log_file(role, runtime).read_text(encoding="utf-8").splitlines()
    return f"decile: the {role} process did not start: {lines[-1] if lines else 'it said nothing'}"


def _greet(runtime: Runtime) -> None:
    base_url = runtime.settings.base_url
    click.echo(f"\nDecile is up at {base_url}   (Ctrl-C stops it)")
    click.echo(f"Mail is in {runtime.settings.spool_directory or 'your mailbox'}, logs are in {runtime.settings.data}\n")
    click.echo("One-time sign-in links, each good for one sign-in within a day:")
    with runtime.transaction() as session:
        for who, email, roles in TRY_OUT_PEOPLE:
            link = make_sign_in_link(
                email, roles=roles, session=session, clock=runtime.clock, entropy=runtime.entropy, links=runtime.links
            )
            click.echo(f"  as {who:16} {base_url}{link}")
    click.echo(f"\nLook first at {base_url}/  {base_url}/skills/collaboration  {base_url}/verify\n")


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
