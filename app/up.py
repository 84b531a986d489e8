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
from sqlalchemy.orm import Session

from app import composition
from app.accounts.make_sign_in_link import make_sign_in_link
from app.assessment.open_pilot import open_pilot
from app.demo import queries as demo
from app.demo.cast import APPROVER, EDITOR, HOLDER, NEAR_MISS, NEWCOMER, RECRUITER, Part
from app.demo.stage import SKILL
from app.foundation import running, schema
from app.foundation.access import operator
from app.foundation.runtime import Runtime
from app.foundation.shipped import ITEM_BANKS
from app.item_bank.release_bank import release_bank
from app.item_bank.release_skills import release_skills

STARTUP_SECONDS = 60
STOP_SECONDS = 10
TRY_OUT_PEOPLE = (
    ("a candidate", "candidate@try.decile.invalid", ()),
    ("a norm editor", "editor@try.decile.invalid", ("norm_editor",)),
    ("a norm approver", "approver@try.decile.invalid", ("norm_approver",)),
)


def up(runtime: Runtime, *, with_demo: bool = True) -> int:
    """Prepare, start web and worker, load the demo, wait for Ctrl-C; the exit code says whether all ended cleanly."""
    with running.marked_as_running(runtime.settings.data):
        prepare(runtime)
    children = {role: _start(role, runtime) for role in ("web", "worker")}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _wait_until_up(runtime, children)
        _say_it_is_up(runtime)
        if with_demo:
            _load_demo(runtime, children)
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
    composition.init_signing_keys(runtime)
    composition.load_policy_file(runtime)
    load_item_banks(runtime)


def load_item_banks(runtime: Runtime) -> None:
    """Release every bank that came with the program and open a pilot for each skill that has no norm yet."""
    with runtime.transaction() as session:
        release_skills(ITEM_BANKS / "skills.yaml", session=session)
        for path in sorted(ITEM_BANKS.glob("*/v*/bank.yaml"), key=_skill_and_version):
            release = release_bank(
                path.parent, session=session, clock=runtime.clock, entropy=runtime.entropy, actor=operator()
            )
            open_pilot(release.id, session=session, clock=runtime.clock)


def _skill_and_version(path: Path) -> tuple[str, int]:
    return path.parent.parent.name, int(path.parent.name.removeprefix("v"))  # v10 comes after v9


def _start(role: str, runtime: Runtime, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "app.cli", role, *arguments]
    environment = dict(os.environ)
    if role == "worker" and runtime.settings.metrics_port:
        environment["DECILE_METRICS_PORT"] = str(runtime.settings.metrics_port + 1)  # the web process has the first
    with _log_file(role, runtime).open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, env=environment)


def _log_file(role: str, runtime: Runtime) -> Path:
    return runtime.settings.data / f"{role}.log"


def _wait_until_up(runtime: Runtime, children: dict[str, subprocess.Popen[bytes]]) -> None:
    base_url, deadline = runtime.settings.base_url, time.monotonic() + STARTUP_SECONDS
    while time.monotonic() < deadline:
        for role, child in children.items():
            if child.poll() is not None:
                raise SystemExit(_last_line(role, runtime))
        try:
            with urlopen(f"{base_url}/healthz", timeout=1):  # noqa: S310  our own address  # nosec B310
                return
        except (URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"decile: nothing answered at {base_url} within {STARTUP_SECONDS} seconds.")


def _last_line(role: str, runtime: Runtime) -> str:
    lines = _log_lines(role, runtime)
    return f"decile: the {role} process did not start: {lines[-1] if lines else 'it said nothing'}"


def _log_lines(role: str, runtime: Runtime) -> list[str]:
    return _log_file(role, runtime).read_text(encoding="utf-8").splitlines()


def _say_it_is_up(runtime: Runtime) -> None:
    settings = runtime.settings
    click.echo(f"\nDecile is up at {settings.base_url}   (Ctrl-C stops it)")
    click.echo(f"Mail is in {settings.spool_directory or 'your mailbox'}, logs are in {settings.data}\n")


def _load_demo(runtime: Runtime, children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Once, in a process of its own: the pages are there already, and its memory is given back."""
    with runtime.reading() as session:
        if demo.is_loaded(session=session):
            return
        real = demo.real_content(session=session)
    if real is not None:
        click.echo(f"No demonstration: there is {real} here, and simulated people are never put beside real ones.\n")
        return
    click.echo("The pages work already. Loading the demonstration, once: 5,000 simulated people, labelled everywhere…")
    began, others = time.monotonic(), list(children.values())
    children["demo"] = child = _start("demo", runtime, "load")
    while child.poll() is None and all(other.poll() is None for other in others):
        time.sleep(0.05)
    if child.poll() is not None:
        del children["demo"]
        said = _log_lines("demo", runtime)
        failed = (
            f"The demonstration was not loaded; {_log_file('demo', runtime)} says why: {said[-1] if said else ''}\n"
        )
        click.echo(failed if child.returncode else f"Loaded in {time.monotonic() - began:.0f} seconds.\n")


def _greet(runtime: Runtime) -> None:
    with runtime.transaction() as session:
        if demo.is_loaded(session=session):
            _greet_with_demo(runtime, session)
        else:
            _greet_without_demo(runtime, session)


def _greet_with_demo(runtime: Runtime, session: Session) -> None:
    sights, base_url = demo.sights(session=session), runtime.settings.base_url
    certificate = f"/c/{sights.certificate_code}" if sights.certificate_code else "/verify"
    norm = f"/norms/{sights.norm_id}" if sights.norm_id else "/norms"
    pending = f"/desk/norms/{sights.pending_norm_id}" if sights.pending_norm_id else "/desk/norms"
    click.echo("Look first at:")
    click.echo(f"  a demo certificate   {base_url}{certificate}")
    click.echo(f"  the skill            {base_url}/skills/{SKILL}")
    click.echo(f"  the norm behind it   {base_url}{norm}\n")
    click.echo("Or be somebody else. Each link signs in once, within a day; staff set up a second factor first:")
    near = f"/results/{sights.near_miss_sitting}" if sights.near_miss_sitting else "/me"
    visits: tuple[tuple[Part, str], ...] = (
        (HOLDER, "/me"),
        (NEAR_MISS, near),
        (NEWCOMER, f"/skills/{SKILL}"),
        (RECRUITER, certificate),
        (EDITOR, "/desk/norms"),
        (APPROVER, pending),
    )
    for part, path in visits:
        who = f"{part.display_name}, {part.life}"
        click.echo(f"  {who:50} {_link(part.email, (), path, runtime, session)}")
    click.echo()


def _greet_without_demo(runtime: Runtime, session: Session) -> None:
    base_url = runtime.settings.base_url
    click.echo("One-time sign-in links, each good for one sign-in within a day:")
    for who, email, roles in TRY_OUT_PEOPLE:
        click.echo(f"  as {who:16} {_link(email, roles, '/', runtime, session)}")
    click.echo(f"\nLook first at {base_url}/  {base_url}/skills/{SKILL}  {base_url}/verify\n")


def _link(email: str, roles: tuple[str, ...], return_path: str, runtime: Runtime, session: Session) -> str:
    path = make_sign_in_link(
        email,
        roles=roles,
        return_path=return_path,
        session=session,
        clock=runtime.clock,
        entropy=runtime.entropy,
        links=runtime.links,
    )
    return runtime.settings.base_url + path


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
