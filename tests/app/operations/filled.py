"""A small installation with everything in it, as files: people who sat, a norm, credentials, both logs, a backup."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import composition, worker
from app.accounts.grant_role import grant_role
from app.credentials.keys import FileKeyStore, FileSigners
from app.credentials.models import Credential
from app.foundation import policies, trigger_guards
from app.foundation.access import operator
from app.foundation.db import Database
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.norming import guards
from app.operations.make_backup import make_backup
from app.results.models import SkillResult
from app.transparency.published_copy import write_copy
from app.verification.policy import VerificationPolicy
from tests.app.assessment.builders import Place, SimulatedPerson, a_person, take, the_collaboration_bank
from tests.app.operations.conftest import settings_for
from tests.browser.normed_bank import adopt_a_norm, give_it_its_hash
from tests.fakes import NOON, CollectedJobs, FrozenClock
from tests.journeys.at_a_standstill import SMALL_SCRYPT_N, run_jobs, with_signer

PASSPHRASE = "a passphrase for tests"
FILE, YESTERDAY, BACKUP, LOG_COPY = "decile.sqlite3", "yesterday.sqlite3", "night.backup", "log-copy"


@dataclass
class House:
    """The worker's runtime over a data directory, and the hands of somebody who may write anywhere in it."""

    runtime: Runtime
    clock: FrozenClock
    yesterday: str = ""  # the PostgreSQL database as it was then; with SQLite it is a file
    elsewhere: Callable[[], str] = str  # an empty PostgreSQL database to restore into; with SQLite there is no need

    @property
    def data(self) -> Path:
        return self.runtime.settings.data

    @property
    def is_sqlite(self) -> bool:
        return self.runtime.database.is_sqlite

    @contextmanager
    def unguarded(self) -> Iterator[Session]:
        """As a superuser of the database would write: triggers and references are there again afterwards."""
        with self.runtime.database.writing.connect() as connection:
            if self.is_sqlite:
                connection.connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[attr-defined]
            with Session(connection) as session, session.begin():
                guards_of_sqlite = self._taken_away(session)
                yield session
                session.flush()
                for trigger in guards_of_sqlite:
                    session.execute(text(trigger))
            connection.invalidate()

    def _taken_away(self, session: Session) -> list[str]:
        if not self.is_sqlite:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            return []
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE '%no_%'")
        triggers = session.execute(query).all()
        for trigger in triggers:
            session.execute(text(f"DROP TRIGGER {trigger.name}"))
        return [trigger.sql for trigger in triggers]

    def sql(self, statement: str, **values: Any) -> None:
        with self.unguarded() as session:
            session.execute(text(statement), values)

    def execute(self, statement: str) -> None:
        """With the guards in place."""
        with self.runtime.database.transaction() as session:
            session.connection().exec_driver_sql(statement)

    def put_back_yesterday(self) -> None:
        """The database as it was then, under everything else as it is now."""
        self.runtime.database.dispose()
        if not self.is_sqlite:
            self.runtime = replace(self.runtime, database=Database(self.yesterday))
            return
        for name in ("-wal", "-shm"):
            (self.data / f"{FILE}{name}").unlink(missing_ok=True)
        (self.data / YESTERDAY).replace(self.data / FILE)

    def work(self, *jobs: str) -> None:
        for job in jobs:
            worker.JOBS[job](self.runtime)

    def codes(self) -> list[str]:
        with self.runtime.reading() as session:
            issued = select(Credential.code).where(Credential.signed_document.is_not(None))
            return list(session.scalars(issued.order_by(Credential.code)))


def _settings(data: Path, url: str) -> Settings:
    return settings_for(data, url).model_copy(update={"base_url": "http://localhost"})  # as the keys' names say


def fill_files(data: Path, migrated: Path) -> None:
    """On SQLite, from a database with tables."""
    data.mkdir()
    shutil.copy(migrated, data / FILE)
    fill(data, "", lambda: shutil.copy(data / FILE, data / YESTERDAY))


def fill(data: Path, url: str, keep_yesterday: Callable[[], object]) -> None:
    """Make it there: four results, of which some earn specimens, and a day later one more."""
    clock = FrozenClock()
    bare = replace(composition.build_runtime(_settings(data, url)), clock=clock, jobs=CollectedJobs())
    house = House(with_signer(bare, data), clock)
    runtime = house.runtime
    place = Place(runtime.database, clock, runtime.entropy, runtime.jobs)
    the_collaboration_bank(place)
    give_it_its_hash(adopt_a_norm(place), place)
    with runtime.transaction() as session:
        session.execute(text((guards.SQLITE_IMMUTABLE if house.is_sqlite else guards.POSTGRESQL_IMMUTABLE[1:])[0]))
        assert trigger_guards.missing_guards(session.connection()) == ()
        policies.set_policy(
            VerificationPolicy, {"most_open_shares": 7}, session=session, at=clock.now(), actor=operator()
        )
    for theta in (3.0, 3.2):
        _sit(house, place, theta)
    house.work("seal_audit", "sign_checkpoint")
    runtime.database.dispose()
    keep_yesterday()
    clock.advance(timedelta(days=1))
    person = _sit(house, place, 3.4)
    with runtime.transaction() as session:
        grant_role(person, "norm_editor", session=session, clock=clock, actor=operator())
        session.execute(text("UPDATE credential SET visibility = 'unlisted'"))
    _revoke_one(house)
    run_jobs(runtime)
    house.work("seal_audit", "sign_checkpoint")
    make_backup(data / BACKUP, runtime=runtime)
    with runtime.reading() as session:
        write_copy(data / LOG_COPY, session=session)
        assert session.scalar(select(SkillResult.id).limit(1))
    runtime.database.dispose()


def _sit(house: House, place: Place, theta: float) -> Any:
    person = a_person(place)
    take(place, person, SimulatedPerson(place, theta, theta).answer)
    run_jobs(house.runtime)
    return person


def _revoke_one(house: House) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from app.credentials.commands import credential  # noqa: PLC0415

    done = CliRunner().invoke(
        credential, ["revoke", house.codes()[-1], "--reason", "issued-in-error"], obj=house.runtime
    )
    assert done.exit_code == 0, done.output


@contextmanager
def opened(data: Path, url: str = "", *, yesterday: str = "", elsewhere: Callable[[], str] = str) -> Iterator[House]:
    """The worker's runtime over such files, an hour after the last thing that happened in them."""
    clock = FrozenClock(NOON + timedelta(days=1, hours=1))
    store = FileKeyStore(data / "keys", scrypt_n=SMALL_SCRYPT_N)
    bare = composition.build_runtime(_settings(data, url))
    signers = FileSigners(store, "did:web:localhost", PASSPHRASE, clock)
    runtime = replace(bare, clock=clock, jobs=CollectedJobs(), signers=signers)
    try:
        yield House(runtime, clock, yesterday, elsewhere)
    finally:
        runtime.database.dispose()
