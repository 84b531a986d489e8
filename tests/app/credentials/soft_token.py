"""A PKCS #11 device in software: SoftHSM, where it is installed. One token serves the whole process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from app.credentials.token_keys import Token, TokenSigners, open_session
from app.foundation.clock import Clock

LIBRARIES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)
LABEL, PIN, DID = "decile-tests", "4711-4711", "did:web:localhost"


def library() -> str:
    """Where SoftHSM's library is; skips where there is none."""
    pytest.importorskip("pkcs11", reason="the extra `pkcs11` is not installed (python-pkcs11)")
    found = [path for path in LIBRARIES if Path(path).is_file()]
    if not found or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM is not installed, so there is no device to try the PKCS #11 signer with")
    return found[0]


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The library, its one token made. It reads its configuration once in a process."""
    found, directory = library(), tmp_path_factory.mktemp("softhsm")
    (directory / "tokens").mkdir()
    configuration = directory / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {directory / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", "0815-0815"]
    subprocess.run(command, check=True, capture_output=True)
    yield found
    del os.environ["SOFTHSM2_CONF"]


def empty(module: str) -> None:
    """Delete everything in the token."""
    with open_session(module, LABEL, PIN) as session:
        for one in list(session.get_objects()):
            one.destroy()


def signers_of(module: str, clock: Clock) -> TokenSigners:
    """The worker's signers over the token, as after a start."""
    return TokenSigners(Token(partial(open_session, module, LABEL, PIN)), DID, clock)
