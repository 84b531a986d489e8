"""The demonstration, loaded once for all tests that look at it, and cut off twice on the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from sqlalchemy.orm import Session

from app.demo.load_demo import Loaded, load_demo
from app.foundation.db import Database
from app.foundation.entropy import SystemEntropy
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from tests.fakes import CollectedJobs, FrozenClock
from tests.journeys.at_a_standstill import with_signer
from tests.postgres_server import fresh_postgres_database

CANDIDATES = 1000  # the fewest that the norm policy lets award anything


class CutOff(Exception):
    """The machine was switched off."""


def until(scene: str) -> Callable[[str], None]:
    """Somebody who pulls the plug when this scene begins."""

    def told(what: str) -> None:
        if scene in what:
            raise CutOff

    return told


def never(_: str) -> None:
    """Somebody who lets it finish."""


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def stage_runtime(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """The worker's runtime over an empty database, once for each kind."""
    directory = tmp_path_factory.mktemp("demo")
    with ExitStack() as cleanup:
        if request.param == "sqlite":
            template = request.getfixturevalue("sqlite_file_with_tables")
            url = f"sqlite:///{shutil.copy(template, directory / 'test.sqlite3')}"
        else:
            template = request.getfixturevalue("postgres_database_with_tables")
            url = cleanup.enter_context(fresh_postgres_database(template))
        database, clock = Database(url), FrozenClock()
        cleanup.callback(database.dispose)
        settings = Settings(data=directory, secret_keys=("k" * 40,), base_url="http://localhost")
        runtime = Runtime(
            settings=settings,
            database=database,
            clock=clock,
            entropy=SystemEntropy(),
            jobs=CollectedJobs(),
            links=Links(settings.secret_keys),
            mailer=SpoolMailer(directory / "mail", sender=settings.mail_sender, clock=clock),
        )
        yield with_signer(runtime, directory)


@pytest.fixture(scope="session")
def loaded(stage_runtime: Runtime) -> Loaded:
    """What there is after a load that was cut off in its norms, again among its people, and then finished."""
    for scene in ("Norm 2", "Paula"):
        with pytest.raises(CutOff):
            load_demo(CANDIDATES, runtime=stage_runtime, told=until(scene))
    return load_demo(CANDIDATES, runtime=stage_runtime, told=never)


@pytest.fixture
def session(stage_runtime: Runtime, loaded: Loaded) -> Iterator[Session]:
    """Reading what was loaded."""
    with stage_runtime.reading() as session:
        yield session
