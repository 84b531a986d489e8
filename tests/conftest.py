"""Fixtures shared by all tests: a database of each kind, a clock, chance, a runtime and a web client."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Connection, Dialect, Engine, event, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.orm import Session
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule
from xdist.scheduler import LoadScopeScheduling

from app.accounts.keeping_mailer import KeepingMailer
from app.factory import create_app
from app.foundation.db import Base, Database
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock
from tests.postgres_server import fresh_postgres_database

LONGEST_FIRST = ("test_real_respondents", "test_every_page", "test_kill_minus_nine", "tests/journeys", "tests/browser")
SAME_ON_BOTH = tuple(  # pages, files and commands: what they show comes from queries that have tests on both databases
    f"tests/{place}"
    for place in (
        "app/accounts/test_commands", "app/accounts/test_views", "app/assessment/test_views",
        "app/credentials/test_set_visibility", "app/demo/", "app/verification/test_files",
        "app/verification/test_printed", "app/verification/test_views", "journeys/test_the_shipped_policy",
    )
)  # fmt: skip
IN_ONE_INSTALLATION = tuple(
    f"tests/browser/test_{name}" for name in ("autosave", "candidate_flow", "disconnects", "passkeys", "sitting_screen")
)
# What is tested does not hang on the day or the machine; `make test-long` searches further, elsewhere each time.
hypothesis.settings.register_profile("every run", derandomize=True, deadline=None)
hypothesis.settings.register_profile("campaign", max_examples=20_000, deadline=None)
hypothesis.settings.load_profile("every run")
SHARED = Path(os.environ.get("DECILE_TEST_SHARED", Path(__file__).resolve().parents[1].parent / "shared"))


def shared_file(name: str) -> Path:
    """A file of the test-only material beside the repository, or a skip that says what is missing."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"needs the test-only file shared/{name}, which is not present beside the repository")
    return path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-verifiers", action="store_true", help="write docs/verifiers.md anew")


class CompiledOnce(BytecodeCache):
    """Templates as compiled by the first application of this process: each of the thousands made here has its own."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


class CompiledRoute(Rule):
    """A route compiled for the first application of this process, as templates are; the others share what it made."""

    _compiled: ClassVar[dict[tuple[Any, ...], dict[str, Any]]] = {}
    _made = ("_parts", "_trace", "_converters", "arguments")

    def compile(self) -> None:
        key = (self.rule, repr(self.defaults), tuple(sorted(self.map.converters)))
        if key not in self._compiled:
            super().compile()
            builders = {name: getattr(self, name).__func__ for name in ("_build", "_build_unknown")}
            self._compiled[key] = {name: getattr(self, name) for name in self._made} | {"builders": builders}
            return
        made = dict(self._compiled[key])
        for name, function in made.pop("builders").items():
            setattr(self, name, function.__get__(self, None))
        for name, value in made.items():
            setattr(self, name, value)


def _same_kind(one: Dialect, other: object) -> bool:
    return type(one) is type(other)


for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):  # statements are kept by dialect: each engine has its own
    dialect.__eq__, dialect.__hash__ = _same_kind, lambda one: hash(type(one))
STATEMENTS = LRUCache(2000)


@event.listens_for(Engine, "engine_connect")
def _compile_once(connection: Connection) -> None:
    """Statements as compiled for the first engine of this process, as one process of Decile has them."""
    connection.execution_options(compiled_cache=STATEMENTS)


Flask.jinja_options = {"bytecode_cache": CompiledOnce()}
Flask.url_rule_class = CompiledRoute


@pytest.hookimpl(tryfirst=True)  # before marks choose what runs
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker ends alone; leave to long campaigns what SQLite shows too."""
    for item in items:
        if "postgresql" in item.nodeid.partition("[")[2] and item.nodeid.startswith(SAME_ON_BOTH):
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: next((n for n, part in enumerate(LONGEST_FIRST) if part in item.nodeid), 99))


def pytest_collection_finish() -> None:
    """What was collected lives to the end: no later look for garbage need pass through it."""
    gc.freeze()


class ByWorld(LoadScopeScheduling):
    """Tests that share a costly world go to one worker together, so that it is made once; the rest module by module."""

    def _split_scope(self, nodeid: str) -> str:
        kind = "postgresql" if "postgresql" in nodeid.partition("[")[2] else ""
        if nodeid.startswith("tests/app/demo/"):
            return f"demonstration {kind}"
        if nodeid.startswith(IN_ONE_INSTALLATION):
            return "installation"
        if nodeid.startswith("tests/journeys/"):
            return f"{nodeid.partition('::')[0]} {kind}"
        if "test_every_page" in nodeid:  # each language has an exhibition of its own
            return f"exhibition {nodeid.partition('[')[2][:2]}"
        return str(super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByWorld:
    return ByWorld(config, log)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, once for each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.sqlite3'}"
    else:
        with fresh_postgres_database() as url:
            yield url


@pytest.fixture(scope="session")
def sqlite_file_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every table of ours, made once; tests copy the file."""
    file = tmp_path_factory.mktemp("tables") / "tables.sqlite3"
    _create_tables(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_database_with_tables() -> Iterator[str]:
    """The name of a database with every table of ours, made once; tests copy it."""
    with fresh_postgres_database() as url:
        _create_tables(url)
        yield str(make_url(url).database)


def _create_tables(url: str) -> None:
    database = Database(url)
    Base.metadata.create_all(database.writing)
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with every table of ours, once for each kind."""
    with ExitStack() as cleanup:
        if request.param == "sqlite":
            file = shutil.copy(request.getfixturevalue("sqlite_file_with_tables"), tmp_path / "test.sqlite3")
            url = f"sqlite:///{file}"
        else:
            template = request.getfixturevalue("postgres_database_with_tables")
            url = cleanup.enter_context(fresh_postgres_database(template))
        database = Database(url)
        cleanup.callback(database.dispose)
        yield database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session in one transaction, committed at the end if nothing was raised."""
    with database.transaction() as session:
        yield session


@pytest.fixture
def machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone of the machine itself, for this test alone: what a naive instant would be taken for."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def entropy() -> CountingEntropy:
    return CountingEntropy()


@pytest.fixture
def jobs() -> CollectedJobs:
    return CollectedJobs()


@pytest.fixture
def runtime(
    database: Database, clock: FrozenClock, entropy: CountingEntropy, jobs: CollectedJobs, tmp_path: Path
) -> Runtime:
    """A runtime over the test database; mail goes to a real spool directory."""
    settings = Settings(data=tmp_path, secret_keys=("k" * 40,), base_url="http://localhost")
    spool = SpoolMailer(tmp_path / "mail", sender=settings.mail_sender, clock=clock)
    return Runtime(
        settings=settings,
        database=database,
        clock=clock,
        entropy=entropy,
        jobs=jobs,
        links=Links(settings.secret_keys),
        mailer=KeepingMailer(spool, database, clock),
    )


@pytest.fixture
def app(runtime: Runtime):
    """The real application over the test runtime."""
    return create_app(runtime)


@pytest.fixture
def client(app):
    """A browser without a page: it keeps cookies, and CSRF tokens are read from the real forms."""
    return app.test_client()
