"""A whole Decile as an operator runs it: real processes, a real database, a real port, mail in a spool."""

from __future__ import annotations

import email
import email.policy
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (sys.executable, "-m", "app.cli")
STARTUP_SECONDS = 60
PATIENCE_SECONDS = 60
NOT_HANDED_ON = ("DECILE_", "PYTHONDONTWRITEBYTECODE")  # an installed program is compiled once, not at every start

UNLIMITED_RATES = """
[rates]
all_pages_per_minute = 1000000
sign_in_requests_per_hour = 1000000
sign_in_confirmations_per_hour = 1000000
verifications_per_minute = 1000000
not_found_per_minute = 1000000
beginnings_per_day = 1000000
"""  # for tests that are about something else


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Installation:
    """Web and worker over one data directory; use as a context manager."""

    def __init__(self, data: Path, *, database_url: str = "", policy: str = "", workers: int = 1) -> None:
        self.data = data
        self.port = free_port()
        self.base_url = f"http://localhost:{self.port}"
        self.spool = data / "mail"
        self.tree, self.program = ROOT, PROGRAM  # another release, or an installed one, has its own
        self._workers = workers
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._mails: dict[str, dict[str, email.message.EmailMessage]] = {}
        data.mkdir(parents=True, exist_ok=True)
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(NOT_HANDED_ON)},
            "DECILE_DATA": str(data),
            "DECILE_BASE_URL": self.base_url,
            "DECILE_PORT": str(self.port),
            "OMP_NUM_THREADS": "1",
        }
        if database_url:
            self.environment |= {
                "DECILE_DATABASE_URL": database_url,
                "DECILE_SECRET_KEYS": "s" * 40,
                "DECILE_KEY_PASSPHRASE": "a passphrase for the tests",
            }
        if policy:
            (data / "policy.toml").write_text(policy, encoding="utf-8")
            self.environment["DECILE_POLICY_FILE"] = str(data / "policy.toml")

    def cli(self, *arguments: str, code: int = 0) -> str:
        """Run one `decile` command; its standard output."""
        done = subprocess.run(
            [*self.program, *arguments],
            cwd=self.tree,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"decile {' '.join(arguments)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout if code == 0 else done.stderr

    def start(self, role: str, name: str | None = None) -> None:
        """Start `web` or `worker`, logs beside the data."""
        with (self.data / f"{name or role}.log").open("ab") as log:
            self.processes[name or role] = subprocess.Popen(
                [*self.program, *role.split()],
                cwd=self.tree,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_all(self) -> None:
        self.start("web")
        for number in range(self._workers):
            self.start("worker", f"worker-{number}")
        self.wait_until_up()

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + STARTUP_SECONDS
        while time.monotonic() < deadline:
            if self.processes["web"].poll() is not None:
                raise AssertionError((self.data / "web.log").read_text()[-3000:])
            try:
                with urlopen(f"{self.base_url}/healthz", timeout=1):
                    return
            except (URLError, OSError):
                time.sleep(0.05)
        raise AssertionError("the web process did not come up")

    def kill(self, name: str) -> None:
        """kill -9 of the whole process group."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes.clear()

    def mail_to(self, address: str, *, not_in: frozenset[str] = frozenset()) -> tuple[str, email.message.EmailMessage]:
        """The name and content of a mail to `address` that is not in `not_in`, waited for."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self._read_spool()
            fresh = {name: mail for name, mail in self._mails.get(address, {}).items() if name not in not_in}
            if fresh:
                return next(iter(fresh.items()))
            time.sleep(0.02)
        raise AssertionError(f"no mail to {address} came within {PATIENCE_SECONDS} seconds")

    def mails_so_far(self, address: str) -> frozenset[str]:
        self._read_spool()
        return frozenset(self._mails.get(address, {}))

    def _read_spool(self) -> None:
        known = {name for mails in list(self._mails.values()) for name in list(mails)}
        for path in self.spool.glob("*.eml"):
            if path.name not in known:
                mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                self._mails.setdefault(str(mail["To"]), {})[path.name] = mail

    def jobs(self) -> list[dict[str, object]]:
        return json.loads(self.cli("jobs", "list", "--json"))

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
