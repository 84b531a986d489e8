"""`decile backup FILE --verify`: read where it is kept, on a machine that has nothing else, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.foundation import schema
from app.foundation.runtime import Runtime
from app.operations.make_backup import make_backup
from tests.app.operations.conftest import PASSPHRASE

pytestmark = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


@pytest.fixture
def kept(installation: Runtime, tmp_path: Path) -> Path:
    """A backup in a directory of its own."""
    place = tmp_path / "kept"
    place.mkdir()
    make_backup(place / "x.backup", runtime=installation)
    return place / "x.backup"


def verified(file: Path, *, passphrase: str = PASSPHRASE) -> Result:
    nowhere = file.parents[1] / "nowhere"
    environment = {"DECILE_DATA": str(nowhere), "DECILE_DATABASE_URL": "", "DECILE_BACKUP_PASSPHRASE": passphrase}
    before = {path: path.read_bytes() for path in file.parent.iterdir()}
    done = CliRunner().invoke(main, ["backup", str(file), "--verify"], env=environment)
    assert {path: path.read_bytes() for path in file.parent.iterdir()} == before
    assert not nowhere.exists()
    return done


def refusal(done: Result, file: Path) -> str:
    assert done.exit_code == 1
    assert done.output.startswith(f"Refused: {file} cannot be restored: ")
    assert done.output.count("\n") == 1
    return done.output


def test_a_whole_one_is_said_to_be_whole_with_what_it_holds(kept: Path):
    done = verified(kept)
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{kept} is whole, and this passphrase opens it: the state of 20")
    assert " tables of sqlite, " in done.output
    assert "every part was read and compared" in done.output
    assert done.output.endswith(f"Its schema is {schema.head()}, that of this release, which can restore it.\n")


def test_the_option_may_stand_first(kept: Path):
    environment = {"DECILE_DATA": str(kept.parent / "nowhere"), "DECILE_BACKUP_PASSPHRASE": PASSPHRASE}
    assert CliRunner().invoke(main, ["backup", "--verify", str(kept)], env=environment).exit_code == 0


def test_one_of_another_release_is_said_to_need_it(kept: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(schema, "head", lambda: "another")
    done = verified(kept)
    assert done.exit_code == 0
    assert "this release has another: restore it with the release that made it." in done.output


def test_another_passphrase_does_not_open_it(kept: Path):
    refusal(verified(kept, passphrase="another passphrase altogether"), kept)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.999])
def test_a_changed_byte_is_found_wherever_it_is(kept: Path, place: float):
    content = bytearray(kept.read_bytes())
    content[int(len(content) * place)] ^= 1
    kept.write_bytes(content)
    refusal(verified(kept), kept)


def test_one_that_was_cut_short_is_refused(kept: Path):
    kept.write_bytes(kept.read_bytes()[:-20])
    refusal(verified(kept), kept)


def test_one_that_is_not_there_is_refused(kept: Path):
    other = kept.with_name("y.backup")
    assert "there is no such file" in refusal(verified(other), other)


def test_without_a_passphrase_it_says_which_is_needed(kept: Path):
    done = verified(kept, passphrase="")
    assert (done.exit_code, "Set DECILE_BACKUP_PASSPHRASE" in done.output) == (1, True)
