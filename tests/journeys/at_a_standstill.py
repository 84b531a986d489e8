"""The whole pipeline in one process under a clock that stands still: jobs are run by the worker's own table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app import worker
from app.credentials.did import ED25519, LOG, RS256
from app.credentials.keys import FileKeyStore, FileSigners
from app.credentials.publish_key import publish_key
from app.foundation.access import system
from app.foundation.runtime import Runtime

SMALL_SCRYPT_N = 2**10  # the cost of guessing a passphrase is tested elsewhere


def with_signer(runtime: Runtime, directory: Path) -> Runtime:
    """The runtime as the worker has it, its public keys published."""
    store = FileKeyStore(directory / "keys", scrypt_n=SMALL_SCRYPT_N)
    signers = FileSigners(store, "did:web:localhost", "a passphrase for tests", runtime.clock)
    runtime = replace(runtime, signers=signers)
    with runtime.transaction() as session:
        for algorithm in (ED25519, RS256):
            made = signers.make(algorithm, "the first")
            publish_key(made, session=session, clock=runtime.clock, actor=system())
    signers.make(LOG, "the first")
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
