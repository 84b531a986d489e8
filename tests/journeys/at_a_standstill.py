"""The whole pipeline in one process under a clock that stands still: jobs are run by the worker's own table."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from app import worker
from app.credentials.did import ED25519, LOG, RS256
from app.credentials.keys import FileKeyStore, FileSigner, FileSigners
from app.credentials.publish_key import publish_key
from app.foundation.access import system
from app.foundation.clock import Clock
from app.foundation.runtime import Runtime
from tests.fakes import FrozenClock

SMALL_SCRYPT_N = 2**10  # the cost of guessing a passphrase is tested elsewhere
DID, PASSPHRASE = "did:web:localhost", "a passphrase for tests"


@cache
def _made_keys(at: datetime) -> tuple[TemporaryDirectory[str], dict[str, FileSigner]]:
    """A store with a key of each algorithm, and these opened; once for this process, since an RSA key takes a while."""
    place, opened = TemporaryDirectory(), dict[str, FileSigner]()
    signers = _signers(Path(place.name), FrozenClock(at), opened)
    for algorithm in (ED25519, RS256, LOG):
        signers.make(algorithm, "the first")
    return place, opened


def _signers(directory: Path, clock: Clock, opened: dict[str, FileSigner]) -> FileSigners:
    return FileSigners(FileKeyStore(directory, scrypt_n=SMALL_SCRYPT_N), DID, PASSPHRASE, clock, opened)


def with_keys(runtime: Runtime, directory: Path) -> Runtime:
    """The runtime with keys that nobody has published yet."""
    place, opened = _made_keys(runtime.clock.now())
    shutil.copytree(place.name, directory / "keys")
    return replace(runtime, signers=_signers(directory / "keys", runtime.clock, dict(opened)))


def with_signer(runtime: Runtime, directory: Path) -> Runtime:
    """The runtime as the worker has it, its public keys published."""
    runtime = with_keys(runtime, directory)
    with runtime.transaction() as session:
        for signer in filter(None, (runtime.signer, runtime.jwt_signer)):
            publish_key(signer, session=session, clock=runtime.clock, actor=system())
    return runtime


def run_jobs(runtime: Runtime) -> int:
    """Run what was enqueued, and what that enqueues, each once; how many ran."""
    done: set[str] = set()
    while waiting := [key for key in runtime.jobs.enqueued if key not in done]:
        for key in waiting:
            name, arguments = runtime.jobs.enqueued[key]
            worker.JOBS[name](runtime, **arguments)
            done.add(key)
    return len(done)
