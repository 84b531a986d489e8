"""Whoever writes past the program, into the database or its files, is noticed; each program by the place it names."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from app.foundation import audit
from app.foundation.access import operator
from app.foundation.trigger_guards import missing_guards
from app.operations import sealed_file
from app.operations.errors import RecordsAltered
from app.operations.restore_backup import restore_backup
from app.transparency import queries as log
from app.transparency.published_copy import write_copy
from app.worker import PERIODIC
from tests.app.operations.conftest import settings_for
from tests.app.operations.filled import BACKUP, House, fill, fill_files, opened
from tests.app.operations.tamperings import (
    TABLE,
    TAMPERINGS,
    Tampering,
    a_reader_of_the_copy_refuses,
    a_restore_refuses,
    doctor_says,
    records_say,
    rows,
    the_night_finds,
    the_page_shows,
    the_worker_refuses,
)
from tests.fakes import FrozenClock
from tests.postgres_server import fresh_postgres_database


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    data = tmp_path_factory.mktemp("filled") / "data"
    with _quick_seals():
        fill_files(data, migrated_sqlite)
    return data


@pytest.fixture(scope="module")
def filled_postgresql(tmp_path_factory: pytest.TempPathFactory, migrated_postgres: str):
    """The directory, the name of the database to copy, and the address of yesterday's."""
    data = tmp_path_factory.mktemp("filled") / "data"
    data.mkdir()
    with ExitStack() as cleanup, _quick_seals():
        url = cleanup.enter_context(fresh_postgres_database(migrated_postgres))
        name, yesterday = str(make_url(url).database), []
        fill(data, url, lambda: yesterday.append(cleanup.enter_context(fresh_postgres_database(name))))
        yield data, name, yesterday[0]


@contextmanager
def _quick_seals():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealed_file, "SCRYPT_N", 2)
        yield


@pytest.fixture
def house(filled: Path, tmp_path: Path):
    with opened(shutil.copytree(filled, tmp_path / "data")) as house:
        yield house


@pytest.fixture
def house_on_postgresql(filled_postgresql, tmp_path: Path):
    filled, name, yesterday = filled_postgresql
    data = shutil.copytree(filled, tmp_path / "data")
    with ExitStack() as cleanup:
        url = cleanup.enter_context(fresh_postgres_database(name))
        other = {"yesterday": yesterday, "elsewhere": lambda: cleanup.enter_context(fresh_postgres_database())}
        yield cleanup.enter_context(opened(data, url, **other))


@pytest.mark.parametrize("house_on", ["house", "house_on_postgresql"])
def test_what_nobody_touched_is_in_order(request, house_on):
    house = request.getfixturevalue(house_on)
    assert records_say(house) == doctor_says(house) == the_night_finds(house) == the_worker_refuses(house) == set()
    assert a_restore_refuses(house) == a_reader_of_the_copy_refuses(house) == set()
    assert the_page_shows(house) == {"specimen", "revoked"}


OFTEN = {  # one for each thing that the records say
    "lower_the_cut", "undo_a_revocation", "issue_past_the_flow", "take_a_role", "edit_a_log_entry_with_its_hash",
    "edit_the_audit_record", "loosen_a_policy", "disarm_a_trigger", "publish_a_key_of_ones_own",
    "move_the_start_of_new_sittings",
}  # fmt: skip
OFTEN_ON_POSTGRESQL = {"lower_the_cut", "edit_the_audit_record"}


def programs(often: set[str]) -> pytest.MarkDecorator:
    """Some in every run, all in a campaign."""
    chosen = [
        pytest.param(one, marks=() if one.alter.__name__ in often else pytest.mark.long, id=one.alter.__name__)
        for one in TAMPERINGS
    ]
    return pytest.mark.parametrize("tampering", chosen)


@programs(OFTEN)
def test_case_055_what_is_altered_by_hand_is_noticed(house, tampering: Tampering):
    tampering.alter(house)
    assert tampering.saying in tampering.noticed_by(house)


@programs(OFTEN_ON_POSTGRESQL)
def test_case_055_what_is_altered_by_hand_on_postgresql_is_noticed(house_on_postgresql, tampering: Tampering):
    tampering.alter(house_on_postgresql)
    assert tampering.saying in tampering.noticed_by(house_on_postgresql)


def test_the_page_lists_these_programs():
    assert f"---|\n{rows()}\n\n" in TABLE.read_text(encoding="utf-8"), "run python -m tests.app.operations.tamperings"


DISARMED = {
    "function": "CREATE OR REPLACE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN coalesce(NEW, OLD); END $$",
    "removed": "DROP TRIGGER audit_entry_append_only ON audit_entry",
    "disabled": "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only",
    "of a replica": "ALTER TABLE audit_entry ENABLE REPLICA TRIGGER audit_entry_append_only",
    "fewer acts": "BEFORE UPDATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()",
    "as a replica": "ALTER DATABASE {database} SET session_replication_role = replica",
    "condition": "BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry FOR EACH STATEMENT WHEN (false) "
    "EXECUTE FUNCTION refuse_audit_change()",
    "another table": "BEFORE UPDATE OR DELETE OR TRUNCATE ON consent FOR EACH STATEMENT "
    "EXECUTE FUNCTION refuse_audit_change()",
}


@pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
@pytest.mark.parametrize("way", DISARMED)
def test_a_guard_of_the_audit_record_that_is_disarmed_on_postgresql_is_noticed(installation, way):
    house = House(installation, FrozenClock())
    assert "triggers" not in records_say(house)
    with installation.transaction() as session:
        if DISARMED[way].startswith("BEFORE"):
            session.execute(text(DISARMED["removed"]))
            session.execute(text(f"CREATE TRIGGER audit_entry_append_only {DISARMED[way]}"))
        else:
            session.execute(text(DISARMED[way].format(database=make_url(installation.database.url).database)))
    installation.database.dispose()  # what holds for a database holds for whoever connects from now on
    assert "triggers" in records_say(house)
    with installation.reading() as session:
        assert "audit_entry_append_only" in missing_guards(session.connection())


def test_every_night_a_record_that_was_altered_fails_a_job(house):
    house.work("examine_records")
    house.sql("DELETE FROM audit_entry WHERE sequence = 7")
    with pytest.raises(RecordsAltered, match=r"audit record: .*entries 1 to"):
        house.work("examine_records")
    assert {"seal_audit", "examine_records"} <= {job.name for job in PERIODIC}


def test_after_a_restore_the_seals_go_on_from_the_backup_and_those_made_since_are_passed_over(house, tmp_path: Path):
    house.clock.advance(timedelta(hours=1))
    _act(house)
    house.work("seal_audit", "sign_checkpoint")
    with house.runtime.reading() as session:
        write_copy(tmp_path / "newer", session=session)
    restore_backup(
        house.data / BACKUP,
        settings=settings_for(tmp_path / "restored", ""),
        clock=house.clock,
        log_copy=tmp_path / "newer",
    )
    with opened(tmp_path / "restored") as restored:
        restored.clock.advance(timedelta(hours=5))
        assert records_say(restored) == set()
        _act(restored)
        restored.work("seal_audit", "sign_checkpoint")
        with restored.runtime.reading() as session:
            assert len(log.entries("audit", session=session)) == 4
        assert records_say(restored) == set()
        restored.sql("UPDATE audit_entry SET kind = 'x' WHERE sequence = 12")
        assert records_say(restored) == {"audit record"}


def _act(house: House) -> None:
    with house.runtime.transaction() as session:
        audit.record("an.act", "x", actor=operator(), at=house.clock.now(), session=session)
