"""An installation of files and a migrated database, from which a backup is made, and an empty place for a restore."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app import composition
from app.foundation import schema
from app.foundation.db import Database
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.operations import sealed_file
from tests.app.credentials.awards import keep_key_files
from tests.postgres_server import fresh_postgres_database

PASSPHRASE = "a long passphrase of tests"


@pytest.fixture(autouse=True)
def _quick_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "SCRYPT_N", 2)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our tables and the library's as `decile db upgrade` makes them; tests copy the file."""
    file = tmp_path_factory.mktemp("migrated") / "decile.sqlite3"
    _upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_postgres() -> Iterator[str]:
    """The name of such a database; tests copy it."""
    with fresh_postgres_database() as url:
        _upgrade(url)
        yield str(make_url(url).database)


def _upgrade(url: str) -> None:
    database = Database(url)
    schema.upgrade(database)
    database.dispose()


def settings_for(data: Path, url: str) -> Settings:
    return Settings(
        data=data,
        database_url=url,
        secret_keys=() if not url else ("k" * 40,),
        key_passphrase="" if not url else "the passphrase of the keys",
        backup_passphrase=PASSPHRASE,
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Runtime]:
    """The real runtime over a data directory with keys and a database with tables."""
    data = tmp_path / "data"
    data.mkdir()
    with ExitStack() as cleanup:
        url = ""
        if request.param == "sqlite":
            shutil.copy(request.getfixturevalue("migrated_sqlite"), data / "decile.sqlite3")
        else:
            template = request.getfixturevalue("migrated_postgres")
            url = cleanup.enter_context(fresh_postgres_database(template))
        runtime = composition.build_runtime(settings_for(data, url))
        cleanup.callback(runtime.database.dispose)
        keep_key_files(data / "keys")
        yield runtime


@pytest.fixture
def elsewhere(installation: Runtime, tmp_path: Path) -> Iterator[Settings]:
    """Settings of another machine, where nothing is yet."""
    with ExitStack() as cleanup:
        url = "" if installation.database.is_sqlite else cleanup.enter_context(fresh_postgres_database())
        yield settings_for(tmp_path / "elsewhere", url)
