"""When the issuer is gone: a small archive verifies by itself, in a process that cannot open a socket."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.credentials.commands import credential
from app.credentials.revoke_credential import revoke_credential
from app.credentials.states import RevocationReason
from app.foundation.access import operator
from app.verification.bundle_credential import LARGEST_BYTES
from app.verification.commands import bundle
from app.verification.errors import NotLoggedYet
from tests.app.credentials.worker_house import issue, stored
from tests.app.transparency.copy_of_log import sign
from tests.journeys.at_a_standstill import run_jobs

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

WITHOUT_NETWORK = """
import runpy, sys
def refuse(event, _arguments):
    if event.startswith(("socket.", "urllib.", "subprocess.")):
        raise RuntimeError(event)
sys.addaudithook(refuse)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def unpacked(house, code: str, folder: Path) -> Path:
    archive = folder / "certificate.zip"
    done = CliRunner().invoke(bundle, [code, "-o", str(archive)], obj=house)
    assert done.exit_code == 0, done.output
    assert archive.stat().st_size <= LARGEST_BYTES
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "bundle")
    return folder / "bundle"


def verified(place: Path) -> tuple[int, str]:
    command = [sys.executable, "-I", "-S", "-c", WITHOUT_NETWORK, str(place / "verify.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=place, env={})
    return done.returncode, done.stdout + done.stderr


def now_issued(house, clock, **award: object) -> str:
    clock.instant = datetime.now(UTC).replace(microsecond=0)  # the script reads the machine's own clock
    (code,) = issue(house, **award)
    sign(house)
    return code


def revoke(house, clock, code: str) -> None:
    house.jobs.enqueued.clear()
    with house.transaction() as session:
        revoke_credential(
            stored(session, code).id,
            RevocationReason.ISSUED_IN_ERROR,
            session=session,
            clock=clock,
            jobs=house.jobs,
            actor=operator(),
        )
    run_jobs(house)


def test_edge_057_a_bundle_verifies_without_network_and_any_change_is_found(house, clock, tmp_path: Path) -> None:
    place = unpacked(house, now_issued(house, clock), tmp_path)
    code, said = verified(place)
    assert (code, said.count("yes  ")) == (0, 6), said
    for name, old, new in (
        ("certificate.json", "Collaboration", "Leadership"),
        ("certificate.jwt", ".", ".e"),
        ("status.jwt", ".", ".e"),
        ("log_proof.json", '\\"issue\\"', '\\"other\\"'),
        ("log_proof.json", "localhost/log", "otherhost/log"),
        ("did.json", '"AQAB"', '"AQAC"'),
    ):
        file = place / name
        kept = file.read_text()
        assert old in kept
        file.write_text(kept.replace(old, new, 1))
        assert verified(place)[0] == 1, name
        file.write_text(kept)
    assert verified(place)[0] == 0


def test_a_revocation_is_in_the_bundle(house, clock, tmp_path: Path) -> None:
    code = now_issued(house, clock)
    revoke(house, clock, code)
    exit_code, said = verified(unpacked(house, code, tmp_path))
    assert exit_code == 1
    assert "NO   not revoked" in said


def test_a_specimen_is_never_called_good(house, clock, tmp_path: Path) -> None:
    code = now_issued(house, clock, is_specimen=True, specimen_reasons=["demo-norm"])
    exit_code, said = verified(unpacked(house, code, tmp_path))
    assert (exit_code, said.count("yes  ")) == (1, 5), said
    assert "NO   no specimen, which would certify nothing" in said


def test_a_bundle_waits_for_its_entry_and_its_page_can_be_read(house, clock, tmp_path: Path) -> None:
    (code,) = issue(house)
    done = CliRunner().invoke(bundle, [code], obj=house)
    assert isinstance(done.exception, NotLoggedYet)
    sign(house)
    (tmp_path / "mine.zip").write_text("mine")
    done = CliRunner().invoke(bundle, [code, "-o", str(tmp_path / "mine.zip")], obj=house)
    assert isinstance(done.exception, FileExistsError), "it overwrites nothing"
    assert (tmp_path / "mine.zip").read_text() == "mine"
    place = unpacked(house, code, tmp_path)
    page = (place / "certificate.html").read_text()
    assert "Percentile rank" in page
    assert json.loads((place / "certificate.json").read_text())["id"].endswith(code)
    assert credential.commands.keys() >= {"list", "show", "issue", "revoke"}
