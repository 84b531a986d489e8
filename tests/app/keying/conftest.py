"""Panels made once for the whole run; each test works on a copy. What depends on the engine makes its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from app.foundation.db import Base, Database
from app.foundation.links import Links
from app.foundation.mail import SpoolMailer
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from tests.app.keying.builders import JUDGES, Judging, a_panel
from tests.fakes import CollectedJobs, CountingEntropy, FrozenClock

LATER_IDS = 1_000_000  # chance of a copy begins where the file's own never came


def _runtime(file: Path, *, first_id: int = 1) -> Runtime:
    settings = Settings(data=file.parent, secret_keys=("k" * 40,), base_url="http://localhost")
    clock = FrozenClock()
    return Runtime(
        settings=settings,
        database=Database(f"sqlite:///{file}"),
        clock=clock,
        entropy=CountingEntropy(first_id),
        jobs=CollectedJobs(),
        links=Links(settings.secret_keys),
        mailer=SpoolMailer(file.parent / "mail", sender=settings.mail_sender, clock=clock),
    )


@pytest.fixture(scope="session")
def panels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judging]:
    """A panel that is open, and one whose ten judges have signed; each in a file of its own."""
    folder = tmp_path_factory.mktemp("panels")
    here = _runtime(folder / "open.sqlite3")
    Base.metadata.create_all(here.database.writing)
    judging = a_panel(here)
    here.database.dispose()
    signed = _runtime(shutil.copy(folder / "open.sqlite3", folder / "signed.sqlite3"), first_id=LATER_IDS)
    replace(judging, runtime=signed).judge(JUDGES)
    signed.database.dispose()
    return {"open": judging, "signed": replace(judging, runtime=signed)}


@pytest.fixture
def copy_of(panels, tmp_path) -> Iterator[Callable[[str], Judging]]:
    with ExitStack() as cleanup:

        def copied(name: str) -> Judging:
            made = panels[name]
            source = made.runtime.settings.data / f"{name}.sqlite3"
            runtime = _runtime(Path(shutil.copy(source, tmp_path)), first_id=2 * LATER_IDS)
            cleanup.callback(runtime.database.dispose)
            return replace(made, runtime=runtime)

        yield copied


@pytest.fixture
def judging(copy_of) -> Judging:
    """An open panel without a judge."""
    return copy_of("open")


@pytest.fixture
def judged(copy_of) -> Judging:
    """A panel whose ten judges are of one mind and have signed."""
    return copy_of("signed")
