"""The operator answers requests that come by letter."""

from __future__ import annotations

import json
import stat
import zipfile

from click import Context
from click.testing import CliRunner

from app.cli import main
from tests.app.api.world import World
from tests.app.privacy.test_erase_person import RECORD
from tests.app.privacy.traces import EMAIL, found_again, owner_id, person_of, strings_of


def run(world: World, *words: str, typed: str | None = None):
    person = main.get_command(Context(main), "person")
    assert person is not None
    return CliRunner().invoke(person, list(words), obj=world.runtime, input=typed)


def test_export_writes_a_file_that_only_its_owner_reads(world: World):
    file = world.directory / "olivia.zip"
    done = run(world, "export", "Olivia@Owner.example.org", str(file))
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(zipfile.ZipFile(file).read("data.json"))["tables"]["person"][0]["email"] == EMAIL


def test_erase_asks_first_and_then_leaves_nothing(world: World):
    strings = strings_of(world)
    assert run(world, "erase", EMAIL, "--certificates", "revoke", typed="n\n").exit_code == 1
    assert person_of(world, owner_id(world)) is not None
    done = run(world, "erase", EMAIL, "--certificates", "revoke", "--yes")
    assert done.exit_code == 0, done.output
    assert found_again(world, strings, but=RECORD) == []


def test_the_choice_about_certificates_has_no_default(world: World):
    assert run(world, "erase", EMAIL, "--yes").exit_code == 2
    assert person_of(world, owner_id(world)) is not None
