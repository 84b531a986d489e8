"""When an issuer closes: the register as files at the addresses of its pages, on any web server."""

from __future__ import annotations

import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from app.credentials import did, proof
from app.credentials.queries import public_key
from app.transparency.published_copy import read_copy
from app.verification.commands import export
from tests.app.credentials.worker_house import issue, stored
from tests.app.transparency.copy_of_log import sign
from tests.app.transparency.test_bundle_credential import now_issued, revoke, verified

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def exported(house, folder: Path) -> Result:
    return CliRunner().invoke(export, [str(folder)], obj=house)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A plain web server over the folder, which knows nothing of us."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_edge_057_after_the_issuer_closed_every_link_verifies_from_files_alone(house, clock, tmp_path: Path) -> None:
    shown = now_issued(house, clock)
    (private,) = issue(house)
    sign(house)
    with house.transaction() as session:
        stored(session, private).visibility = "private"
        document = stored(session, shown).signed_document
    house.jobs.enqueued.clear()
    done = exported(house, tmp_path / "closed")
    assert done.exit_code == 0, done.output
    assert "Wrote 1 certificates" in done.output
    with served(tmp_path / "closed") as site:
        page = requests.get(f"{site}/c/{shown}", timeout=10)
        assert page.status_code == 200
        assert ">VALID, as the register stood" in page.text
        assert requests.get(f"{site}/c/{shown}.json", timeout=10).text == document
        assert requests.get(f"{site}/c/{private}", timeout=10).status_code == 404
        keys = requests.get(f"{site}/.well-known/did.json", timeout=10).json()
        listed = json.loads(document)["credentialStatus"]["statusListCredential"]
        status = requests.get(site + re.sub(r"^https?://[^/]+", "", listed), timeout=10).json()
        archive = requests.get(f"{site}/c/{shown}.zip", timeout=10).content
    _, options = proof.split(status)
    assert options["verificationMethod"] in {one["id"] for one in keys["verificationMethod"]}
    with house.reading() as session:
        signed_by = public_key(options["verificationMethod"], did.ED25519, session=session)
    proof.verify(status, signed_by)
    (tmp_path / "certificate.zip").write_bytes(archive)
    with zipfile.ZipFile(tmp_path / "certificate.zip") as packed:
        packed.extractall(tmp_path / "bundle")
    assert verified(tmp_path / "bundle")[0] == 0
    log_keys = (tmp_path / "closed/log/keys").read_text().splitlines()
    assert len(read_copy(tmp_path / "closed", log_keys).entries) >= 2
    assert not [
        file for file in (tmp_path / "closed").rglob("*") if file.is_file() and private in file.read_text("latin1")
    ]


def test_edge_057_what_was_revoked_is_exported_as_revoked(house, clock, tmp_path: Path) -> None:
    code = now_issued(house, clock)
    revoke(house, clock, code)
    sign(house)
    assert exported(house, tmp_path / "closed").exit_code == 0
    assert ">REVOKED, as the register stood" in (tmp_path / f"closed/c/{code}/index.html").read_text()


def test_what_cannot_be_bundled_is_named_and_still_exported(house, clock, tmp_path: Path) -> None:
    code = now_issued(house, clock)
    with house.transaction() as session:
        stored(session, code).signed_jwt = None
    done = exported(house, tmp_path / "closed")
    assert "1 have no bundle" in done.output
    assert not (tmp_path / f"closed/c/{code}.zip").exists()
    assert (tmp_path / f"closed/c/{code}.json").is_file()


def test_a_folder_in_use_and_a_log_that_was_never_signed_are_refused(house, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    refused = exported(house, tmp_path)
    assert "empty" in str(refused.exception)
    assert (tmp_path / "mine").read_text() == "kept"
    assert "no signed checkpoint" in str(exported(house, tmp_path / "closed").exception)
    assert not (tmp_path / "closed").exists()
