"""A backup still holds whom somebody erased after it was made; a restore is told, and erases them again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from app import composition
from app.accounts.grant_role import grant_role
from app.accounts.models import Person
from app.accounts.revoke_role import revoke_role
from app.cli import main
from app.foundation import schema
from app.foundation.access import operator
from app.foundation.jobs import migrate_jobs
from app.foundation.links import Links
from app.foundation.runtime import Runtime
from app.foundation.settings import Settings
from app.operations import sealed_file
from app.operations.make_backup import make_backup
from app.privacy.erased_people import FORMAT, read_erased, write_erased
from app.privacy.errors import ErasedListUnreadable
from app.privacy.models import Certificates, ErasedPerson
from app.worker import JOBS
from tests.app.api.world import OTHER, OWNER, World
from tests.app.privacy.merging import merged
from tests.app.privacy.test_erase_person import RECORD, erase
from tests.app.privacy.traces import EMAIL, found_again, strings_of

PASSPHRASE = "a long passphrase of tests"
LINE = {"subject": "a", "certificates": "keep", "erased_on": "2026-11-29"}


@pytest.fixture(autouse=True)
def _quick_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_file, "SCRYPT_N", 2)


def back_up(world: World, path: Path) -> Path:
    """A backup in which everybody still is, and the worker's keys."""
    shutil.copytree(world.template.parent / "keys", world.runtime.settings.key_directory)
    with world.runtime.database.writing.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": schema.head()})
    migrate_jobs(world.runtime.database.url)
    settings = world.runtime.settings.model_copy(update={"backup_passphrase": PASSPHRASE})
    make_backup(path, runtime=replace(world.runtime, settings=settings))
    return path


@pytest.fixture
def backed_up(world: World, tmp_path: Path) -> Path:
    """The world as it is at first."""
    return back_up(world, tmp_path / "x.backup")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Another machine with the same settings."""
    keys = ("k" * 40,)
    monkeypatch.setenv("DECILE_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("DECILE_BACKUP_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("DECILE_SECRET_KEYS", ",".join(keys))
    monkeypatch.setenv("DECILE_BASE_URL", "http://localhost")
    return Settings(
        data=tmp_path / "elsewhere", secret_keys=keys, backup_passphrase=PASSPHRASE, base_url="http://localhost"
    )


def listed(world: World, path: Path) -> Path:
    with world.runtime.reading() as session:
        write_erased(path, session=session, clock=world.runtime.clock, links=world.runtime.links)
    return path


def run(*words: object):
    return CliRunner().invoke(main, [str(word) for word in words])


def there(world: World, settings: Settings) -> World:
    """The world that was restored."""
    return replace(world, runtime=composition.build_runtime(settings), directory=settings.data)


def people_of(runtime: Runtime) -> set[UUID]:
    with runtime.reading() as session:
        return set(session.scalars(select(Person.id)))


def test_case_057_a_restore_of_an_older_backup_erases_again_whom_the_list_names(world, backed_up, elsewhere, tmp_path):
    strings, everybody = strings_of(world), people_of(world.runtime)
    erase(world, Certificates.KEEP)
    file = listed(world, tmp_path / "erased.json")

    done = run("restore", backed_up, "--erased", file)

    assert done.exit_code == 0, done.output
    assert "Erased again: 1." in done.output
    restored = there(world, elsewhere)
    assert found_again(restored, strings, but=RECORD) == []
    assert people_of(restored.runtime) == everybody - {world.facts.people[OWNER]}
    assert listed(restored, tmp_path / "again.json").read_bytes().count(b"subject") == 1  # the next restore knows too
    words = {word.encode() for word in strings if "@" in word or " " in word}
    assert not any(word in file.read_bytes() for word in words for file in elsewhere.data.rglob("*") if file.is_file())


def test_a_list_made_with_other_keys_is_refused_by_name_before_anything_is_restored(
    world, backed_up, elsewhere, tmp_path, monkeypatch
):
    erase(world)
    file = listed(world, tmp_path / "erased.json")
    monkeypatch.setenv("DECILE_SECRET_KEYS", "n" * 40)
    done = run("restore", backed_up, "--erased", file)
    assert done.exit_code == 1
    assert "made with other DECILE_SECRET_KEYS" in done.output
    assert not elsewhere.data.exists()
    former = json.loads(file.read_text())
    del former["checks"]
    file.write_text(json.dumps(former))  # as a release before wrote it
    assert "Erased again: 0." in run("restore", backed_up, "--erased", file).output


def test_a_list_of_which_one_key_is_lacking_says_so(world, backed_up, elsewhere, tmp_path, monkeypatch):
    erase(world)
    both = replace(world, runtime=replace(world.runtime, links=Links(("n" * 40, *elsewhere.secret_keys))))
    file = listed(both, tmp_path / "erased.json")
    done = run("restore", backed_up, "--erased", file)
    assert done.exit_code == 1
    assert "Erased again: 1." in done.output
    assert "1 of the keys that the list was made with" in done.output
    monkeypatch.setenv("DECILE_SECRET_KEYS", ",".join(("n" * 40, *elsewhere.secret_keys)))
    assert run("person", "erase-again", file).output == "Erased again: 0.\n"


def test_planted_without_the_list_the_person_is_back_and_the_command_says_so(world, backed_up, elsewhere):
    erase(world)
    done = run("restore", backed_up)
    assert done.exit_code == 0, done.output
    assert "people erased, since then are back" in done.output
    assert {table for table, _, _ in found_again(there(world, elsewhere), {EMAIL})} >= {"person"}


def test_the_list_names_nobody(world, tmp_path):
    strings = strings_of(world)
    erase(world)
    content = listed(world, tmp_path / "erased.json").read_text()
    assert [string for string in strings if string in content] == []
    assert json.loads(content)["erased"][0]["certificates"] == "revoke"
    assert (tmp_path / "erased.json").stat().st_mode & 0o077 == 0


def test_both_accounts_of_a_person_who_merged_them_are_erased_again(tidy_world, elsewhere, tmp_path):
    world, both = tidy_world, {tidy_world.facts.people[OWNER], tidy_world.facts.people[OTHER]}
    path = back_up(world, tmp_path / "x.backup")
    merged(world)
    erase(world)
    done = run("restore", path, "--erased", listed(world, tmp_path / "erased.json"))
    assert "Erased again: 2." in done.output
    assert not people_of(there(world, elsewhere).runtime) & both


def test_what_stands_against_one_is_told_and_nobody_else_stays(world, elsewhere, tmp_path):
    """At the hour of the backup somebody held a role that was taken back before the erasure."""
    here, other, strings = world.runtime, world.facts.people[OTHER], strings_of(world)
    with here.transaction() as session:
        email = session.get_one(Person, other).email
        grant_role(other, "reviewer", session=session, clock=here.clock, actor=operator())
    path = back_up(world, tmp_path / "x.backup")
    with here.transaction() as session:
        revoke_role(other, "reviewer", session=session, clock=here.clock, actor=operator())
    erase(world)
    erase(world, role=OTHER)
    file = listed(world, tmp_path / "erased.json")

    done = run("restore", path, "--erased", file)

    assert done.exit_code == 1
    assert "Erased again: 1." in done.output
    assert (
        f"Not erased: {other}. {email} holds a staff role: `decile person revoke-role {email} reviewer`" in done.output
    )
    restored = there(world, elsewhere)
    assert found_again(restored, strings, but=RECORD) == []
    with restored.runtime.transaction() as session:
        revoke_role(other, "reviewer", session=session, clock=here.clock, actor=operator())
    done = run("person", "erase-again", file)
    assert (done.exit_code, done.output) == (0, "Erased again: 1.\n")
    assert other not in people_of(restored.runtime)
    assert run("person", "erase-again", file).output == "Erased again: 0.\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "it is not JSON"),
        ("[]", "its format is not decile-erased-people-1"),
        (json.dumps({"format": FORMAT, "erased": {}}), "its format is not"),
        (json.dumps({"format": FORMAT, "erased": [LINE, {"subject": "a"}]}), "entry 2 lacks"),
        (json.dumps({"format": FORMAT, "erased": [LINE | {"certificates": "burn"}]}), "entry 1 lacks"),
        (json.dumps({"format": FORMAT, "erased": [LINE | {"erased_on": 3}]}), "entry 1 lacks"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused_before_anything_is_restored(
    world, backed_up, elsewhere, tmp_path, content, told
):
    (tmp_path / "erased.json").write_text(content)
    with pytest.raises(ErasedListUnreadable, match=told):
        read_erased(tmp_path / "erased.json")
    done = run("restore", backed_up, "--erased", tmp_path / "erased.json")
    assert done.exit_code == 1
    assert told in done.output + str(done.exception)
    assert not elsewhere.data.exists()


def test_after_the_time_for_which_backups_are_kept_nobody_is_listed(world):
    erase(world)
    world.runtime.clock.advance(timedelta(days=730))
    JOBS["forget_traces"](world.runtime)
    assert rows(world) == 1
    world.runtime.clock.advance(timedelta(days=1))
    JOBS["forget_traces"](world.runtime)
    assert rows(world) == 0


def rows(world: World) -> int:
    with world.runtime.reading() as session:
        return len(session.scalars(select(ErasedPerson)).all())
